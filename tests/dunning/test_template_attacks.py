"""A text that was written to break in is refused, or read as the plain words it is."""

import html
import random
import re
import time
from dataclasses import replace

import pytest

from dunning import linting, placeholders, wording, writing
from dunning.placeholders import BadTemplate
from dunning.wording import TextKey
from tests.dunning.facts import facts

# What is tried on engines of templates: none of them reads a text here.
PAYLOADS = [
    "{{ 7*7 }}", "{{7*'7'}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{= 7*7 }}", "[[${7*7}]]",
    "@(7*7)", "{7*7}", "{{{7*7}}}", "{% debug %}", "{% load log %}{% get_admin_log 10 as log %}",
    "{{ settings.SECRET_KEY }}", "{{ request.user.password }}",
    "{{ messages.storages.0.signer.key }}",
    "{% include '/etc/passwd' %}", "{% extends 'admin/base.html' %}", "{% csrf_token %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ config.items() }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}", "{{ total|attr('__class__') }}",
    "{{ total.__class__ }}", "{{ total() }}", "{{ total[0] }}", "{{ creditor.__dict__ }}",
    "{% for i in (1..99999999) %}x{% endfor %}", "{{ 'x' | times: 999999 }}",
    "{% assign a = total %}{{ a }}", "{%- capture x -%}y{%- endcapture -%}",
    "<%= system('id') %>", "<% `id` %>", "#{ %x|id| }", "${T(java.lang.Runtime).getRuntime()}",
    "{{constructor.constructor('alert(1)')()}}", "{{ toString.constructor }}", "`${process.env}`",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "{{ total }", "{ { total } }", "{{ total", "}}{{", "{{{{ total }}}}", "{{\ntotal\n}}",
    "{# comment #}", "%(total)s", "{0.__class__}", "{total!r}", "$total", "%s%n%x",
]  # fmt: skip
TOKENS = [
    "{{", "}}", "{", "}", "{{ total }}", "{{number}}", "{{ customer.name }}", "{{ totl }}", "{%",
    "%}", "total", "number", ".", "__class__", "|", "\n", "\n\n", " ", "\x00", "\u202e", "é", "😀",
    "'", '"', "<b>", "&amp;", "${", "a" * 50, "{{ " + "x" * 80 + " }}", "\\", "%s",
    "mise en demeure",
]  # fmt: skip
ALLOWED = wording.ALWAYS | wording.SOMETIMES
VALUES = {name: f"⟦{name}⟧" for name in ALLOWED}
KEY = TextKey("email", "friendly", "friendly")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_refused_or_stays_plain_text(payload: str) -> None:
    source = {**wording.source(KEY, language="fr", several=False), "opening": payload}
    try:
        text = wording.read(source, kind="friendly", language="fr")
    except BadTemplate:
        return

    email = writing.write_email(facts("friendly"), texts=wording.Texts(text, text))

    total = writing.values_of(facts("friendly"))["total"]
    said = wording.typeset(re.sub(r"\{\{\s*total\s*\}\}", total, payload), language="fr")
    assert said.strip() in email.text
    body = email.html.split("<body")[1]
    assert html.unescape(body).count(said.strip().split("\n")[0]) >= 1
    assert not re.search(r"<script|<img|49(?!\d)|7777777", body.replace(payload, ""))


def test_a_value_that_is_a_template_is_never_read() -> None:
    about = facts("friendly")
    trapped = replace(
        about, debtor=replace(about.debtor, contact_name="{{ creditor.siren }} {% x %}")
    )

    email = writing.write_email(trapped)

    assert "{{ creditor.siren }} {% x %}" in email.text


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_fuzzed_texts_break_nothing(seed: int) -> None:
    assert fuzzed(seed, count=1_000) > 50


@pytest.mark.full
def test_a_hundred_thousand_fuzzed_texts_break_nothing() -> None:
    assert fuzzed(2026, count=100_000) > 5_000


def fuzzed(seed: int, *, count: int) -> int:
    """Read and lint texts drawn at random; return how many of them could be read."""
    chance = random.Random(seed)  # noqa: S311  # drawn again alike
    read = 0
    for _ in range(count):
        text = "".join(chance.choices(TOKENS, k=chance.randint(0, 25)))
        began = time.thread_time()
        try:
            template = placeholders.parse(text, allowed=ALLOWED)
        except BadTemplate:
            template = None
        linting.lint({"opening": text, "subject": text}, key=KEY, language="fr", values=VALUES)
        assert time.thread_time() - began < 0.05, text
        if template is not None:
            read += 1
            assert template.render(VALUES) == by_hand(text), text
    return read


def by_hand(text: str) -> str:
    """Put the values in by another way than the product's: split at the marks."""
    first, *rest = text.split("{{")
    parts = [first]
    for piece in rest:
        name, plain = piece.split("}}", 1)
        parts += [VALUES[name.strip()], plain]
    return "".join(parts)


def test_the_longest_text_of_a_hostile_kind_is_read_within_its_time() -> None:
    for text in ("{" * 50_000, "{{ " * 16_000, "{{ total }}" * 4_500, "}" * 50_000, "\n" * 50_000):
        began = time.thread_time()
        found = linting.lint({"opening": text, "subject": "x"}, key=KEY, language="fr")
        took = time.thread_time() - began

        assert found
        assert took < 0.5, (text[:10], took)

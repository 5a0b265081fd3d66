"""The linter refuses what does harm, warns of what reads badly, and finds the house in order."""

import re
from pathlib import Path
from typing import Any

import pytest

from dunning import linting, remarks, wording, writing
from dunning.linting import Finding
from dunning.wording import Language, TextKey
from tests.dunning.facts import facts

FRIENDLY = TextKey("email", "friendly", "friendly")
PREVENTIVE = TextKey("email", "preventive", "friendly")
NOTICE = TextKey("letter", "formal_notice", "formal")
FIRM = TextKey("email", "firm", "firm")


def linted(
    key: TextKey, *, language: Language = "fr", several: bool = False, **parts: str
) -> dict[str, Finding]:
    """Return what is found in a text of the house with some parts changed, by code."""
    source = {**wording.source(key, language=language, several=several), **parts}
    kind = key.kind if key.family != "call" else "courteous"
    about = facts(kind, language=language, invoices=2 if several else 1)  # type: ignore[arg-type]
    values = writing.values_of(about)
    found = linting.lint(source, key=key, language=language, several=several, values=values)
    return {one.code: one for one in found}


def as_parts(parts: dict[str, str]) -> dict[str, Any]:
    """Return parts as keywords that are none of the others."""
    return parts


@pytest.mark.parametrize("key", wording.library(), ids=str)
def test_the_house_has_nothing_to_mend(key: TextKey) -> None:
    for language in wording.LANGUAGES:
        for several in (False, True):
            assert linted(key, language=language, several=several) == {}, (language, several)


@pytest.mark.parametrize(
    ("key", "parts", "code", "place"),
    [
        (FRIENDLY, {"opening": "a\n{{ totl }}"}, "unknown_name", ("opening", 2, 1)),
        (FRIENDLY, {"opening": "a } b"}, "stray_brace", ("opening", 1, 3)),
        (FRIENDLY, {"subject": "{{ earlier }} {{ number }}"}, "name_elsewhere", ("subject", 1, 1)),
        (FRIENDLY, {"subject": "A\r\nBcc: x@y.example"}, "line_break", ("subject", 1, 2)),
        (FRIENDLY, {"title": "A\x00B"}, "control_sign", ("title", 1, 2)),
        (FRIENDLY, {"opening": "A \u202e B"}, "control_sign", ("opening", 1, 3)),
        (FRIENDLY, {"opening": ""}, "empty", ("opening", 0, 0)),
        (FRIENDLY, {"closing": "Voir TODO ici."}, "leftover", ("closing", 1, 6)),
        (FRIENDLY, {"subject": "Bonjour", "title": "Bonjour"}, "names_nothing", ("", 0, 0)),
        (PREVENTIVE, {"opening": "Vos\nIMPAYÉS"}, "speaks_of_debt", ("opening", 2, 1)),
        (PREVENTIVE, {"closing": "ni pénalité"}, "speaks_of_debt", ("closing", 1, 4)),
        (PREVENTIVE, {"closing": "la mise  en\ndemeure"}, "speaks_of_debt", ("closing", 1, 4)),
        (PREVENTIVE, {"closing": "{{ interest }}"}, "speaks_of_debt", ("closing", 1, 1)),
        (NOTICE, {"opening": "Payez {{ claim }} {{ deadline }}."}, "formal_unnamed",
         ("opening", 0, 0)),
        (NOTICE, {"opening": "Mise en demeure, 1344, {{ claim }}"}, "formal_without_deadline",
         ("opening", 0, 0)),
        (NOTICE, {"opening": "Mise en demeure, 1344, {{ deadline }}"}, "formal_without_claim",
         ("opening", 0, 0)),
        (NOTICE, {"opening": "Mise en demeure, {{ claim }} {{ deadline }}"},
         "formal_without_basis", ("opening", 0, 0)),
        (TextKey("sms", "firm"), {"text": "{{ creditor.name }} : payez."}, "names_nothing",
         ("", 0, 0)),
        (TextKey("sms", "firm"), {"text": "{{ total }} {{ number }}"}, "sms_from_nobody",
         ("", 0, 0)),
        (TextKey("sms", "firm"),
         {"text": "{{ creditor.name }} {{ total }} {{ number }} " + "a" * 300}, "sms_too_long",
         ("text", 0, 0)),
    ],
)  # fmt: skip
def test_what_does_harm_is_refused_where_it_stands(
    key: TextKey, parts: dict[str, str], code: str, place: tuple[str, int, int]
) -> None:
    found = linted(key, **as_parts(parts))[code]

    assert found.is_error
    assert (found.part, found.line, found.column) == place
    assert remarks.sentence(found)


@pytest.mark.parametrize(
    ("key", "parts", "code"),
    [
        (FRIENDLY, {"subject": "Facture {{ number }} " + "mot " * 20}, "subject_long"),
        (FRIENDLY, {"subject": "URGENT : {{ number }}"}, "urgent"),
        (FRIENDLY, {"title": "PAYEZ la facture {{ number }}"}, "capitals"),
        (FRIENDLY, {"closing": "Merci !!"}, "exclamations"),
        (FRIENDLY, {"closing": "Nous saisirons vos comptes."}, "threat"),
        (FIRM, {"closing": "Merci."}, "without_indemnity"),
        (FIRM, {"closing": "Une indemnité de 40 € est due."}, "indemnity_for_everyone"),
        (FIRM, {"opening": "Payez {{ total }}."}, "without_deadline"),
        (NOTICE, {"closing": "Merci."}, "without_interest"),
        (
            FRIENDLY,
            {"opening": "We have not received your payment, thank you for it.", "closing": ""},
            "other_language",
        ),
        (
            TextKey("sms", "firm"),
            {"text": "{{ creditor.name }} {{ total }} {{ number }} Ω 你好"},
            "sms_unicode",
        ),
        (
            TextKey("sms", "firm"),
            {"text": "{{ creditor.name }} {{ total }} {{ number }} " + "a" * 140},
            "sms_long",
        ),
    ],
)
def test_what_reads_badly_is_said_and_may_stay(
    key: TextKey, parts: dict[str, str], code: str
) -> None:
    found = linted(key, **as_parts(parts))[code]

    assert not found.is_error
    assert remarks.sentence(found)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "retarder, endetté, la relancerie, tribunaux d’honneur, un court délai"),
        ("en", "the latest date, indebted, a platelet, a court, translate"),
    ],
)
def test_words_are_matched_whole(language: Language, words: str) -> None:
    assert "speaks_of_debt" not in linted(PREVENTIVE, language=language, closing=words)


def test_a_firm_text_may_speak_of_lateness() -> None:
    assert "speaks_of_debt" not in linted(FIRM, opening="Un retard, {{ total }} {{ deadline }}.")


def test_a_misspelt_name_is_answered_with_the_one_that_was_meant() -> None:
    found = linted(FRIENDLY, opening="{{ totl }}")["unknown_name"]

    assert (found.found, found.near) == ("totl", "total")


def test_every_code_has_a_sentence() -> None:
    source = Path(linting.__file__).read_text(encoding="utf-8")
    codes = {
        code
        for pair in re.findall(
            r'(?:Finding|_at|_error|_warning|=)\(\s*"([a-z_]+)"|"([a-z]+_without_[a-z]+)"', source
        )
        for code in pair
        if code
    }

    assert codes <= set(remarks.SENTENCES)
    assert len(codes) > 20

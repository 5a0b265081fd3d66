"""The words a debtor reads: one text per kind and language, and the names that may stand in it.

The default texts are data, in `texts/fr.toml` and `texts/en.toml`. A tenant's own text is read by
the same function. Debtors are addressed in their language whatever the language of the user, so
nothing here goes through the interface's translations.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from common.errors import DomainError
from dunning import placeholders
from dunning.placeholders import Template

Language = Literal["fr", "en"]
Kind = Literal[
    "preventive",
    "due",
    "friendly",
    "courteous",
    "firm",
    "last",
    "formal_notice",
    "thank_you",
]
KINDS: tuple[Kind, ...] = (
    "preventive", "due", "friendly", "courteous", "firm", "last", "formal_notice", "thank_you",
)  # fmt: skip

# Names whose value is always known, so that they may stand anywhere.
ALWAYS = frozenset({
    "claim", "count", "creditor.name", "creditor.signatory", "customer.contact", "customer.name",
    "date", "deadline", "due_date", "due_phrase", "issued_date", "number", "oldest_days_late",
    "reference", "total",
})  # fmt: skip
# Names whose value may be missing: a paragraph that uses one is then left out as a whole.
SOMETIMES = frozenset({
    "creditor.email", "creditor.phone", "customer.code", "earlier", "iban", "indemnity",
    "interest", "order_number", "rate", "remaining",
})  # fmt: skip

# Names for the phone alone: who calls, and what was promised in vain.
SPOKEN = ALWAYS | {"caller", "promised", "promised_day"}

_TEXTS = Path(__file__).parent / "texts"
_NO_BREAK = "\u00a0"
_BEFORE_SIGN = re.compile(r" (?=[:;!?»%€])")
_AFTER_QUOTE = re.compile(r"(?<=«) ")


class FormalNoticeUnnamed(DomainError):
    """A formal notice that does not call itself one would not be one."""

    code = "formal_notice_unnamed"


@dataclass(frozen=True, slots=True)
class Text:
    """What one message says: the invoices and amounts stand between opening and closing."""

    subject: Template
    preheader: Template
    title: Template
    opening: tuple[Template, ...]
    closing: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """The text for one invoice, and the one for several."""

    one: Text
    many: Text


@dataclass(frozen=True, slots=True)
class Script:
    """The three turns of a call, and the message to leave: who asks, what for, what is agreed.

    `who_unnamed` is for a caller whose name is not known.
    """

    who: Template
    who_unnamed: Template
    why: Template
    agree: Template
    voicemail: Template


def read(source: Mapping[str, str], *, kind: Kind, language: Language) -> Text:
    """Read the five parts of a text, as the default files or a tenant wrote them.

    Raises:
        BadTemplate: a part can't be kept as it is written.
        FormalNoticeUnnamed: a formal notice lacks the words « mise en demeure ».
    """
    parts = {name: typeset(source[name], language=language) for name in _PARTS}
    if kind == "formal_notice" and "mise en demeure" not in parts["opening"].lower():
        raise FormalNoticeUnnamed("The opening must contain the words “mise en demeure”.")
    everything = ALWAYS | SOMETIMES
    return Text(
        subject=_line(parts["subject"]),
        preheader=_line(parts["preheader"]),
        title=_line(parts["title"]),
        opening=placeholders.paragraphs(parts["opening"], allowed=everything),
        closing=placeholders.paragraphs(parts["closing"], allowed=everything),
    )


@cache
def default(kind: Kind, *, language: Language) -> Texts:
    """Return the texts of a kind as they come with the product."""
    source = _source(language)[kind]
    return Texts(
        one=read(source["one"], kind=kind, language=language),
        many=read(source["many"], kind=kind, language=language),
    )


@cache
def script(*, language: Language, several: bool, is_broken: bool = False) -> Script:
    """Return what to say on the phone about one invoice or several.

    Args:
        is_broken: whether a promise of them was broken, which the call then speaks of.
    """
    call = _source(language)["call"]
    source = {**call, **call["many" if several else "one"], **(call["broken"] if is_broken else {})}
    return Script(
        **{
            turn.name: _line(typeset(source[turn.name], language=language), allowed=SPOKEN)
            for turn in fields(Script)
        }
    )


@cache
def words(language: Language) -> Mapping[str, Any]:
    """Return the labels and small phrases around a text."""
    source = _source(language)["words"]
    return MappingProxyType(
        {
            name: typeset(value, language=language)
            if isinstance(value, str)
            else {key: typeset(phrase, language=language) for key, phrase in value.items()}
            for name, value in source.items()
        }
    )


def typeset(text: str, *, language: Language) -> str:
    """Set curly apostrophes and, in French, no-break spaces before high signs and in « ».

    They are U+00A0 everywhere: the narrow one is missing from some mail programs and fonts.
    """
    text = text.replace("'", "\u2019").replace("\u202f", _NO_BREAK)
    if language == "fr":
        text = _AFTER_QUOTE.sub(_NO_BREAK, _BEFORE_SIGN.sub(_NO_BREAK, text))
    return text


_PARTS = ("subject", "preheader", "title", "opening", "closing")


def _line(text: str, *, allowed: Collection[str] = ALWAYS) -> Template:
    return placeholders.parse(" ".join(text.splitlines()).strip(), allowed=allowed)


@cache
def _source(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((_TEXTS / f"{language}.toml").read_text(encoding="utf-8"))

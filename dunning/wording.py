"""The words a debtor reads or hears: the library of the house, and the names that may stand in it.

The house's texts are data, in `texts/fr.toml` and `texts/en.toml`: one per kind, and beside it only
what another tone or the paper says otherwise. A tenant's own text is read by the same functions.
Debtors are addressed in their language whatever the language of the user, so nothing here goes
through the interface's translations.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from common.errors import DomainError
from dunning import placeholders
from dunning.placeholders import Template

Language = Literal["fr", "en"]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
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
Tone = Literal["friendly", "courteous", "firm", "formal"]
Situation = Literal["first_call", "call_again", "broken_promise"]
Family = Literal["email", "letter", "sms", "call"]

# The tones that a kind is written in, its own first. Another is led back to the nearest.
TONES: Mapping[str, tuple[Tone, ...]] = {
    "preventive": ("friendly", "courteous"),
    "due": ("friendly", "courteous"),
    "friendly": ("friendly", "courteous"),
    "courteous": ("courteous", "friendly", "firm"),
    "firm": ("firm", "courteous", "formal"),
    "last": ("firm", "courteous", "formal"),
    "formal_notice": ("formal",),
    "thank_you": ("friendly", "courteous"),
}
CALL_TONES: tuple[Tone, ...] = ("courteous", "friendly", "firm")
SITUATIONS: tuple[Situation, ...] = ("first_call", "call_again", "broken_promise")
# A formal notice is proved by its paper.
BY_SMS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "formal_notice")

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


class NotBySms(DomainError):
    """A formal notice is no SMS."""

    code = "not_by_sms"


@dataclass(frozen=True, slots=True)
class TextKey:
    """Which text of the library: how it travels, what it is for, in which tone.

    An SMS has no tone of its own, "": its kind says enough in 160 signs.
    """

    family: Family
    kind: str  # a `Kind`, or the `Situation` of a call
    tone: str = ""

    def __str__(self) -> str:
        return "-".join(part for part in (self.family, self.kind, self.tone) if part)


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
class ShortTexts:
    """The same for an SMS: sentences, of which one whose value is missing is left out."""

    one: tuple[Template, ...]
    many: tuple[Template, ...]


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


MAIL_PARTS = ("subject", "preheader", "title", "opening", "closing")
LETTER_PARTS = ("title", "opening", "closing")
SMS_PARTS = ("text",)
CALL_PARTS = tuple(turn.name for turn in fields(Script))
# What is written of a text, in the order in which it is read.
PARTS: Mapping[str, tuple[str, ...]] = {
    "email": MAIL_PARTS,
    "letter": LETTER_PARTS,
    "sms": SMS_PARTS,
    "call": CALL_PARTS,
}
WITH_PARAGRAPHS = frozenset({"opening", "closing", "text"})


def allowed(family: str, part: str) -> frozenset[str]:
    """Return the names that may stand in a part: missing values only where a part can be left."""
    if family == "call":
        return SPOKEN
    return ALWAYS | SOMETIMES if part in WITH_PARAGRAPHS else ALWAYS


@cache
def library() -> tuple[TextKey, ...]:
    """Return every text that there is, in the order in which a debtor would meet them."""
    written = [
        TextKey(family, kind, tone)
        for family in ("email", "letter")
        for kind in KINDS
        for tone in TONES[kind]
    ]
    short = [TextKey("sms", kind) for kind in BY_SMS]
    spoken = [TextKey("call", case, tone) for case in SITUATIONS for tone in CALL_TONES]
    return (*written, *short, *spoken)


def key_of(family: Family, kind: str, tone: str) -> TextKey:
    """Return the text that a kind is written with in a tone: the nearest that there is.

    Raises:
        NotBySms: it is a formal notice.
    """
    if family == "sms":
        if kind not in BY_SMS:
            raise NotBySms("A formal notice is written on paper: it does not go by SMS.")
        return TextKey("sms", kind)
    return TextKey(family, kind, nearest(tone, CALL_TONES if family == "call" else TONES[kind]))


def nearest(tone: str, known: Sequence[Tone]) -> Tone:
    """Return a tone if it is known, else the one nearest to it; of two the gentler."""
    degrees = {"friendly": 0, "courteous": 1, "firm": 2, "formal": 3}
    return min(known, key=lambda one: (abs(degrees[one] - degrees.get(tone, 1)), degrees[one]))


@cache
def source(key: TextKey, *, language: Language, several: bool) -> Mapping[str, str]:
    """Return the parts of a text of the house as they are written, its paragraphs parted."""
    number = "many" if several else "one"
    known = _source(language)
    if key.family == "sms":
        return MappingProxyType({"text": known["sms"][key.kind][number].strip()})
    if key.family == "call":
        call = known["call"]
        layers = [call, call.get(key.tone, {})]
        if key.kind == "call_again":
            layers += [call["again"], call["again"].get(key.tone, {})]
        if key.kind == "broken_promise":
            layers += [call["broken"], call["broken"].get(key.tone, {})]
    else:
        text = known[key.kind]
        layers = [text, text.get(key.tone, {})]
        if key.family == "letter":
            layers += [layer.get("letter", {}) for layer in layers]
    parts: dict[str, str] = {}
    for layer in layers:
        flat = {name: value for name, value in layer.items() if isinstance(value, str)}
        parts |= flat | layer.get(number, {})
    return MappingProxyType({name: parts[name].strip() for name in PARTS[key.family]})


def read(source: Mapping[str, str], *, kind: str, language: Language) -> Text:
    """Read the parts of a text, as the house or a tenant wrote them; a letter has no preheader.

    Raises:
        BadTemplate: a part can't be kept as it is written.
        FormalNoticeUnnamed: a formal notice lacks the words « mise en demeure ».
    """
    parts = {name: typeset(source.get(name, ""), language=language) for name in MAIL_PARTS}
    if kind == "formal_notice" and "mise en demeure" not in parts["opening"].lower():
        raise FormalNoticeUnnamed("The opening must contain the words “mise en demeure”.")
    everything = ALWAYS | SOMETIMES
    return Text(
        subject=_line(parts["subject"] or parts["title"]),
        preheader=_line(parts["preheader"]),
        title=_line(parts["title"]),
        opening=placeholders.paragraphs(parts["opening"], allowed=everything),
        closing=placeholders.paragraphs(parts["closing"], allowed=everything),
    )


def read_short(source: Mapping[str, str]) -> tuple[Template, ...]:
    """Read the text of an SMS, whose sentences stand apart by an empty line.

    Raises:
        BadTemplate: it can't be kept as it is written.
    """
    return placeholders.paragraphs(source["text"], allowed=ALWAYS | SOMETIMES)


def read_script(source: Mapping[str, str], *, language: Language) -> Script:
    """Read the turns of a call.

    Raises:
        BadTemplate: a turn can't be kept as it is written.
    """
    return Script(
        **{
            name: _line(typeset(source[name], language=language), allowed=SPOKEN)
            for name in CALL_PARTS
        }
    )


@cache
def default(kind: Kind, *, language: Language, tone: str = "", family: Family = "email") -> Texts:
    """Return the texts of a kind as the house writes them, by default in the kind's own tone."""
    key = key_of(family, kind, tone or TONES[kind][0])
    one, many = (
        read(source(key, language=language, several=several), kind=kind, language=language)
        for several in (False, True)
    )
    return Texts(one=one, many=many)


@cache
def short(kind: Kind, *, language: Language) -> ShortTexts:
    """Return the SMS of a kind as the house writes it.

    Raises:
        NotBySms: it is a formal notice.
    """
    key = key_of("sms", kind, "")
    one, many = (
        read_short(source(key, language=language, several=several)) for several in (False, True)
    )
    return ShortTexts(one=one, many=many)


@cache
def script(
    *,
    language: Language,
    several: bool,
    is_broken: bool = False,
    is_again: bool = False,
    tone: str = "courteous",
) -> Script:
    """Return what to say on the phone about one invoice or several.

    Args:
        is_broken: whether a promise of them was broken, which the call then speaks of.
        is_again: whether somebody rang about them before.
    """
    key = key_of("call", situation(is_broken=is_broken, is_again=is_again), tone)
    return read_script(source(key, language=language, several=several), language=language)


def situation(*, is_broken: bool, is_again: bool) -> Situation:
    """Return which call it is: a broken promise is spoken of before anything else."""
    if is_broken:
        return "broken_promise"
    return "call_again" if is_again else "first_call"


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


def _line(text: str, *, allowed: Collection[str] = ALWAYS) -> Template:
    return placeholders.parse(" ".join(text.splitlines()).strip(), allowed=allowed)


@cache
def _source(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((_TEXTS / f"{language}.toml").read_text(encoding="utf-8"))

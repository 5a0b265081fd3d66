"""The small phrases of a message: days, lateness, deadlines, amounts, in the debtor's language."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from common import money
from common.money import Money
from dunning import wording
from dunning.wording import Language

NO_BREAK = "\u00a0"
WINDOW_LINES = 6
WINDOW_CHARACTERS = 38
SIREN_DIGITS = 9

_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_PATTERNS = {"fr": "#,##0{} ¤", "en": "¤#,##0{}"}
_PERCENT = {"fr": f"{NO_BREAK}%", "en": "%"}
_NOT_IN_AN_ADDRESS = re.compile(r"[\W_]+")
_NOT_IN_A_NUMBER = re.compile(r"[\s.\-()]+")
_FRENCH_NUMBER = re.compile(r"(?:0|(?P<country>\+33|0033)0?)(?P<first>[1-9])(?P<rest>\d{8})")
_POST_TOWN = re.compile(r"\d{5} +(?P<town>.+?)(?: +cedex.*)?", re.IGNORECASE)


def amount(value: Money | None, language: Language) -> str:
    """Return an amount as people write it; nothing when there is none."""
    if value is None:
        return ""
    places = money.decimals(value.currency)
    pattern = _PATTERNS[language].format("." + "0" * places if places else "")
    written = format_currency(
        Decimal(value.amount),
        value.currency,
        format=pattern,
        locale=_LOCALES[language],
        currency_digits=False,
    )
    return re.sub(r"[ \u202f]", NO_BREAK, written)


def day(on: date, language: Language) -> str:
    """Return a date in full, whose day and month no line break parts."""
    written = format_date(on, "d MMMM y", locale=_LOCALES[language])
    if language == "fr" and on.day == 1:
        written = f"1er{written[1:]}"
    return written.replace(" ", NO_BREAK, 1)


@dataclass(frozen=True, slots=True)
class Rate:
    """A fraction per year, and the last day on which it counted; None for the one of today."""

    value: Decimal
    until: date | None = None


def rates(known: Sequence[Rate], language: Language) -> str:
    """Return rates as they followed each other: "13,15 % jusqu’au 30 juin, puis 12,15 %"."""
    words = wording.words(language)
    parts = [
        _percent(rate.value, language)
        if rate.until is None
        else words["rate_until"].format(
            rate=_percent(rate.value, language), day=day(rate.until, language)
        )
        for rate in known
    ]
    return str(words["rate_then"]).join(parts)


def _percent(value: Decimal, language: Language) -> str:
    return format_decimal(value * 100, "0.##", locale=_LOCALES[language]) + _PERCENT[language]


def days(count: int, language: Language) -> str:
    """Return a count of days, "1 jour" or "14 jours"."""
    one = count == 1 or (count == 0 and language == "fr")
    said = str(wording.words(language)["day" if one else "days"].format(n=count))
    return said.replace(" ", NO_BREAK)


def lateness(days_late: int, language: Language) -> str:
    """Return how late an invoice is, or how near its due date: "14 jours de retard", "demain"."""
    words = wording.words(language)
    if days_late > 0:
        return str(words["day_late" if days_late == 1 else "days_late"].format(n=days_late))
    nearby = {0: words["due_today"], -1: words["due_tomorrow"]}
    return str(nearby.get(days_late, words["due_in"].format(n=-days_late)))


def settled(balance: Money, language: Language) -> str:
    """Return what a payment left of an invoice: nothing, or how much."""
    words = wording.words(language)
    if not balance:
        return str(words["settled"])
    return str(words["left_of"].format(amount=amount(balance, language)))


def due(due_on: date, days_late: int, language: Language) -> str:
    """Return when an invoice is or was to be paid, as one says it after its number."""
    words = wording.words(language)
    if days_late > 0:
        return str(words["due_late"].format(days=days(days_late, language)))
    if days_late == 0:
        return str(words["due_now"])
    return str(words["due_ahead"].format(date=day(due_on, language)))


def deadline(until: date | None, language: Language) -> str:
    """Return by when to pay: a day when it is set, five days when it is not."""
    words = wording.words(language)
    if until is None:
        return str(words["five_days"])
    return str(words["by_deadline"].format(date=day(until, language)))


def formal_deadline(until: date | None, language: Language, *, on: date) -> str:
    """Return the delay that a formal notice gives: eight days from receipt unless a day is set."""
    words = wording.words(language)
    if until is None:
        return str(words["formal_eight_days"])
    delay = days((until - on).days, language)
    return str(words["formal_deadline"].format(days=delay, date=day(until, language)))


def place_and_date(address_lines: Sequence[str], language: Language, *, on: date) -> str:
    """Return where and when a letter is written, the town read from the last postal line."""
    words = wording.words(language)
    for line in reversed(address_lines):
        if found := _POST_TOWN.fullmatch(line.strip()):
            return str(words["at_place"].format(place=found["town"], date=day(on, language)))
    return str(words["on_date"].format(date=day(on, language)))


def window(name: str, contact: str, address_lines: Sequence[str]) -> list[str]:
    """Return the recipient's lines as the post reads them through the window.

    At most 6 lines of 38 characters, from the street on in capitals without punctuation. When
    there is too much, the contact goes first, then what stands between name and the last lines.

    Source: La Poste's addressing rules, after AFNOR NF Z 10-011.
    """
    place = [_NOT_IN_AN_ADDRESS.sub(" ", line).upper() for line in address_lines]
    lines = _folded([name, contact, *place])
    if len(lines) > WINDOW_LINES:
        lines = _folded([name, *place])
    return [*lines[:1], *lines[1:][1 - WINDOW_LINES :]]


def fits_window(name: str, address_lines: Sequence[str]) -> bool:
    """Return whether a recipient's lines fit the window whole, none cut or left out."""
    lines = [" ".join(line.split()) for line in (name, *address_lines) if line.strip()]
    return len(lines) <= WINDOW_LINES and all(len(line) <= WINDOW_CHARACTERS for line in lines)


def iban(written: str) -> str:
    """Return an IBAN in groups of four, parted by plain spaces: banks refuse others when pasted."""
    plain = "".join(written.split())
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def siren(written: str) -> str:
    """Return a SIREN in three groups of three, as it is read out; anything else as it is."""
    plain = "".join(written.split())
    if not (plain.isdigit() and len(plain) == SIREN_DIGITS):
        return written
    return NO_BREAK.join(plain[start : start + 3] for start in range(0, SIREN_DIGITS, 3))


def phone(written: str) -> str:
    """Return a French number in pairs, as it is read out; a foreign one as it was written."""
    plain = _NOT_IN_A_NUMBER.sub("", written)
    if found := _FRENCH_NUMBER.fullmatch(plain):
        head = ["+33", found["first"]] if found["country"] else [f"0{found['first']}"]
        pairs = (found["rest"][start : start + 2] for start in range(0, 8, 2))
        return NO_BREAK.join([*head, *pairs])
    return written


def _folded(lines: Sequence[str]) -> list[str]:
    return [
        part
        for line in lines
        for part in textwrap.wrap(" ".join(line.split()), width=WINDOW_CHARACTERS)
    ]

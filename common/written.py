"""Amounts and dates as people and their programs write them. Pure.

What one value leaves open, its whole column may settle; what the column leaves open is asked,
never guessed.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

from common.money import LARGEST_MINOR, decimals, is_currency
from common.refusals import BadCell, UploadRefused

DateOrder = Literal["dmy", "mdy"]
DecimalSign = Literal[".", ","]
Written = tuple[int, str]  # a row and what is written there

# Amounts

_THOUSANDTHS = 3  # decimals, with which "1,234" is no question
LONGEST = 60  # characters; an amount is never longer
_SPACE = "[ \u00a0\u202f\u2009\u2007\u2008\u200a\u2002\u2003\u3000\t]"
_BLANKS = re.compile(_SPACE)
_MARKS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-", "\u2019": "'"})
_SIGNED = re.compile(
    r"(?P<open>\()?(?P<minus>[-+])?(?:€|\$|£|CHF|[A-Z]{3})?(?P<inner>[-+])?"
    r"(?P<body>[0-9.,' ]*[0-9])"
    r" ?(?:€|\$|£|[A-Z]{3})?(?P<after>[-+])?(?P<close>\))?",
    re.ASCII,
)
_GROUPED = {
    sign: re.compile(
        rf"(?:(?P<whole>[0-9]+)|(?P<grouped>[0-9]{{1,3}}(?P<by>[ '{other}])[0-9]{{3}}"
        rf"(?:(?P=by)[0-9]{{3}})*))?(?:{re.escape(sign)}(?P<fraction>[0-9]+))?"
    )
    for sign, other in ((".", ","), (",", "."))
}
_PLAIN = re.compile(r"-?[0-9]+\.[0-9]{2}", re.ASCII)
_EITHER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)


def decimal_sign(values: Iterable[Written], *, currency: str = "EUR") -> DecimalSign | None:
    """Return the decimal sign that the amounts of a file show, or None if none is needed.

    Raises:
        UploadRefused: inconsistent_decimal_separator, or ambiguous_amount when no value settles
            whether the sign in "1,234" is a decimal one.
    """
    shown: DecimalSign | None = None
    open_question: Written | None = None
    for row, text in values:
        if _PLAIN.fullmatch(text):
            sign: DecimalSign | None = "."
        else:
            body = _body(text)
            if decimals(currency) != _THOUSANDTHS and _EITHER.fullmatch(body):
                open_question = open_question or (row, text)
                continue
            sign = _sign_in(body)
        if sign and shown and sign != shown:
            raise UploadRefused("inconsistent_decimal_separator", value=text[:40], row=row)
        shown = shown or sign
    if open_question and not shown:
        row, text = open_question
        raise UploadRefused("ambiguous_amount", value=text[:40], row=row)
    return shown


def _body(text: str) -> str:
    found = _SIGNED.fullmatch(_spaced(text[:LONGEST]))
    return found["body"] if found else ""


def _spaced(text: str) -> str:
    """Return the text with plain spaces, none around a sign, and plain marks."""
    text = _BLANKS.sub(" ", text.translate(_MARKS)).strip()
    return re.sub(r"(?<=[-+(€$£A-Z]) +| +(?=[-+)€$£A-Z])", "", text)


def _sign_in(body: str) -> DecimalSign | None:
    """Return the decimal sign of an amount that settles it by itself."""
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if points > 1 or commas > 1:
        return "," if points else "."
    return "." if points else "," if commas else None


def parse_amount(text: str, *, decimal_sign: str | None, currency: str) -> int:
    """Return the minor units of a written amount; nothing is ever rounded.

    Signs may lead, trail or be parentheses; a currency sign and any kind of space is passed over.

    Args:
        decimal_sign: "." or ","; None reads whole amounts only.

    Raises:
        BadCell: bad_amount, too_many_decimals, amount_out_of_range.
    """
    found = _SIGNED.fullmatch(_spaced(text)) if len(text) <= LONGEST else None
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise BadCell("bad_amount", value=text)
    signs = [sign for sign in (found["minus"], found["inner"], found["after"]) if sign]
    if len(signs) + bool(found["open"]) > 1:
        raise BadCell("bad_amount", value=text)
    number = _GROUPED[decimal_sign or "."].fullmatch(found["body"])
    if number is None or (decimal_sign is None and number["fraction"]):
        raise BadCell("bad_amount", value=text)
    whole = number["whole"] or re.sub(r"[^0-9]", "", number["grouped"] or "")
    minor = _minor(whole, number["fraction"] or "", currency=currency, text=text)
    return -minor if found["open"] or signs == ["-"] else minor


def _minor(whole: str, fraction: str, *, currency: str, text: str) -> int:
    places = decimals(currency)
    if fraction[places:].strip("0"):
        raise BadCell("too_many_decimals", value=text)
    digits = (whole + fraction[:places].ljust(places, "0")).lstrip("0") or "0"
    if len(digits) > len(str(LARGEST_MINOR)) or int(digits) > LARGEST_MINOR:
        raise BadCell("amount_out_of_range", value=text)
    return int(digits)


# Dates

_TIME = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})" + _TIME, re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})" + _TIME, re.ASCII)
_MONTHS, _CENTURY = 12, 100
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 12, 31)


def date_order(values: Iterable[Written], *, french: bool) -> DateOrder | None:
    """Return which of day and month comes first in the dates of a file; None if none needs it.

    Args:
        french: whether the file's headers are French, where the day always comes first.

    Raises:
        UploadRefused: ambiguous_date when nothing settles it, or when both orders occur.
    """
    shown: set[DateOrder] = set()
    open_question: Written | None = None
    for row, text in values:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            continue
        order = _order_in(found)
        if order:
            shown.add(order)
        elif found[1] != found[3]:
            open_question = open_question or (row, text)
    if french:
        return "dmy"
    if len(shown) == 1:
        return shown.pop()
    if open_question:
        row, text = open_question
        raise UploadRefused("ambiguous_date", value=text[:40], row=row)
    return None


def _order_in(found: re.Match[str]) -> DateOrder | None:
    """Return the order of a date that settles it by itself; only days first are dotted."""
    first, second = int(found[1]), int(found[3])
    if found[2] == "." or first > _MONTHS >= second:
        return "dmy"
    return "mdy" if second > _MONTHS >= first else None


def parse_date(text: str, *, order: DateOrder | None) -> date:
    """Return the day that is written; a time beside it is passed over, whatever its zone.

    Args:
        order: None reads dates whose day and month are equal or told apart by their size.

    Raises:
        BadCell: bad_date, date_out_of_range.
    """
    text = text.strip()
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        found = _YEAR_LAST.fullmatch(text)
        if found is None:
            raise BadCell("bad_date", value=text)
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        if order == "mdy" or (order is None and month > _MONTHS):
            day, month = month, day
        year += 2000 if year < _CENTURY else 0
    try:
        read = date(year, month, day)
    except ValueError:
        raise BadCell("bad_date", value=text) from None
    if not _EARLIEST <= read <= _LATEST:
        raise BadCell("date_out_of_range", value=text)
    return read


# Currencies

_CURRENCY_SIGNS = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "US$": "USD", "£": "GBP"}


def parse_currency(text: str) -> str:
    """Return the ISO 4217 code of a written currency.

    Raises:
        BadCell: unknown_currency.
    """
    code = text.strip().upper()
    code = _CURRENCY_SIGNS.get(code, code)
    if not is_currency(code):
        raise BadCell("unknown_currency", value=text)
    return code

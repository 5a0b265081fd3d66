"""Money, numbers and dates as people read them, in French and English. Pure, on Babel.

Babel's French has a narrow no-break space in numbers. Some PDF fonts and old mail programs lack
it, so texts that leave the house ask for `wide_spaces`.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent

NARROW, WIDE, MINUS = "\u202f", "\u00a0", "\u2212"
LOCALES = {"fr": "fr_FR", "en": "en_GB"}
THOUSAND, MILLION = 1_000, 1_000_000


class Amount(Protocol):
    """What `common.money.Money` is."""

    @property
    def minor(self) -> int: ...

    @property
    def currency(self) -> str: ...

    @property
    def amount(self) -> str: ...


def money(value: Amount, language: str, *, wide_spaces: bool = False) -> str:
    """Return `1 234,50 €` or `€1,234.50`; a foreign currency always shows its code."""
    text = format_currency(Decimal(value.amount), value.currency, locale=_locale(language))
    return _spaced(text.replace("-", MINUS), wide=wide_spaces)


def amount(value: Amount, language: str) -> str:
    """Return `1 234,50` or `1,234.50`, all its decimals and no currency, as a field shows it.

    One without decimals is not grouped in English: `1,234` would be read as a little over one.
    """
    places = len(value.amount.partition(".")[2])
    grouped = places or language == "fr"
    pattern = ("#,##0" if grouped else "0") + ("." + "0" * places if places else "")
    return format_decimal(Decimal(value.amount), pattern, locale=_locale(language))


def money_whole(value: Amount, language: str) -> str:
    """Return an amount without its decimals, rounded half up, for overviews."""
    text = format_currency(
        Decimal(value.amount).quantize(Decimal(1), rounding="ROUND_HALF_UP"),
        value.currency,
        locale=_locale(language),
        format="#,##0 ¤" if language == "fr" else "¤#,##0",
        currency_digits=False,
    )
    return text.replace("-", MINUS).replace(" ", WIDE)


def money_compact(value: Amount, language: str) -> str:
    """Return `184,3 k€` or `€184.3k`."""
    amount = Decimal(value.amount)
    symbol = Locale.parse(_locale(language)).currency_symbols.get(value.currency, value.currency)
    for size, letter in ((MILLION, "M"), (THOUSAND, "k")):
        if abs(amount) >= size:
            text = format_decimal(amount / size, "#,##0.#", locale=_locale(language))
            text = text.replace("-", MINUS)
            return (
                f"{text}{WIDE}{letter}{symbol}" if language == "fr" else f"{symbol}{text}{letter}"
            )
    return money_whole(value, language)


def percent(value: Decimal, language: str) -> str:
    """Return 0.125 as `12,5 %` or `12.5%`."""
    pattern = f"#,##0.#{WIDE}%" if language == "fr" else "#,##0.#%"
    return format_percent(value, pattern, locale=_locale(language))


def day(value: date, language: str, *, today: date) -> str:
    """Return a date as lists have it: `27/11`, `27 Nov`; with the year when it is not this one."""
    this_year = value.year == today.year
    if language == "fr":
        return format_date(value, "dd/MM" if this_year else "dd/MM/yy", locale="fr_FR")
    return format_date(value, "d MMM" if this_year else "d MMM y", locale="en_GB")


def day_long(value: date, language: str) -> str:
    """Return `1er novembre 2026` or `1 November 2026`."""
    text = format_date(value, "d MMMM y", locale=_locale(language))
    return text.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else text


def weekday(value: date, language: str) -> str:
    """Return `mardi 24 novembre` or `Tuesday 24 November`."""
    text = format_date(value, "EEEE d MMMM", locale=_locale(language))
    return text.replace(" 1 ", " 1er ", 1) if language == "fr" else text


def weekday_short(value: date, language: str) -> str:
    """Return `ven. 27/11` or `Fri 27 Nov`."""
    pattern = "EEE dd/MM" if language == "fr" else "EEE d MMM"
    return format_date(value, pattern, locale=_locale(language))


def hour(value: datetime, language: str) -> str:
    """Return `9 h 42` or `09:42`, of a moment already in its zone."""
    if language == "fr":
        return format_time(value, f"H{WIDE}'h'{WIDE}mm", locale="fr_FR")
    return format_time(value, "HH:mm", locale="en_GB")


def offset(days: int, language: str) -> str:
    """Return days from the due date: `J+15`, `D-1`."""
    return f"{'J' if language == 'fr' else 'D'}{days:+d}"


def phone(number: str, *, country: str = "FR") -> str:
    """Return `01 40 44 71 20`; a foreign number in its international form; else as it is."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    home = phonenumbers.country_code_for_region(country) == parsed.country_code
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if home
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, form).replace(" ", WIDE)


def is_phone(number: str, *, country: str = "FR") -> bool:
    """Return whether a text is a number that can be dialled."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


def dialled(number: str, *, country: str = "FR") -> str:
    """Return a number as a `tel:` link wants it, `+33140447120`; as it is when it is none."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def iban(value: str) -> str:
    """Return an IBAN in groups of four."""
    return WIDE.join(value[place : place + 4] for place in range(0, len(value), 4))


def _locale(language: str) -> str:
    return LOCALES.get(language, "en_GB")


def _spaced(text: str, *, wide: bool) -> str:
    return text.replace(NARROW, WIDE) if wide else text

"""Money, days and numbers as each language prints them."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from common import formats
from common.money import Money

DAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("minor", "currency", "french", "english"),
    [
        (123_450, "EUR", "1\u202f234,50\u00a0€", "€1,234.50"),
        (-5, "EUR", "\u22120,05\u00a0€", "\u2212€0.05"),
        (0, "EUR", "0,00\u00a0€", "€0.00"),
        (123_450, "USD", "1\u202f234,50\u00a0$US", "US$1,234.50"),
        (1_500, "JPY", "1\u202f500\u00a0JPY", "JP¥1,500"),
    ],
)
def test_money_is_printed_as_each_language_does(
    minor: int, currency: str, french: str, english: str
) -> None:
    value = Money(minor, currency)

    assert formats.money(value, "fr") == french
    assert formats.money(value, "en") == english


@pytest.mark.parametrize(
    ("minor", "french"), [(149, "1\u00a0€"), (150, "2\u00a0€"), (123_450_00, "123\u202f450\u00a0€")]
)
def test_whole_money_is_rounded_half_up(minor: int, french: str) -> None:
    assert formats.money_whole(Money(minor, "EUR"), "fr") == french


def test_the_year_is_said_when_it_is_another_one() -> None:
    assert formats.day(DAY, "fr", today=DAY) == "01/11"
    assert formats.day(DAY, "fr", today=date(2027, 1, 1)) == "01/11/26"
    assert formats.day(DAY, "en", today=DAY) == "1 Nov"


def test_days_have_their_names_and_the_first_its_ordinal() -> None:
    assert formats.day_long(DAY, "fr") == "1er novembre 2026"
    assert formats.day_long(DAY, "en") == "1 November 2026"
    assert formats.weekday(DAY, "fr") == "dimanche 1er novembre"
    assert formats.day_long(date(2026, 11, 11), "fr") == "11 novembre 2026"


def test_hours_percents_and_offsets() -> None:
    assert formats.hour(datetime(2026, 2, 13, 9, 5), "fr") == "9\u00a0h\u00a005"  # noqa: DTZ001
    assert formats.percent(Decimal("0.125"), "fr") == "12,5\u00a0%"
    assert formats.offset(-1, "fr") == "J-1"
    assert formats.offset(15, "en") == "D+15"


@pytest.mark.parametrize(
    ("written", "shown", "dialled"),
    [
        ("+33140447120", "01\u00a040\u00a044\u00a071\u00a020", "+33140447120"),
        ("01 40 44 71 20", "01\u00a040\u00a044\u00a071\u00a020", "+33140447120"),
        ("+442079460000", "+44\u00a020\u00a07946\u00a00000", "+442079460000"),
        ("ask Paul", "ask Paul", "ask Paul"),
    ],
)
def test_a_number_is_shown_as_people_read_it_and_dialled_as_phones_do(
    written: str, shown: str, dialled: str
) -> None:
    assert formats.phone(written) == shown
    assert formats.dialled(written) == dialled

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import written
from common.refusals import BadCell, UploadRefused
from common.written import parse_amount, parse_currency, parse_date


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1234.56", 123_456),
        ("1 234,56", 123_456),
        ("1\u202f234,56 €", 123_456),
        ("1\u00a0234,56\u2009€", 123_456),
        ("€1,234.56", 123_456),
        ("EUR 1.234,50", 123_450),
        ("1'234.50", 123_450),
        ("1.234.567", 123_456_700),
        ("-12,00", -1_200),
        ("12,00-", -1_200),
        ("(12,00)", -1_200),
        ("\u221212,00", -1_200),
        ("- 12", -1_200),
        ("1005,0000", 100_500),
        (",5", 50),
    ],
)
def test_amount_is_read_as_people_write_it(text: str, minor: int) -> None:
    sign = written.decimal_sign([(2, text)])

    assert parse_amount(text, decimal_sign=sign, currency="EUR") == minor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_amount"),
        ("NaN", "bad_amount"),
        ("1e5", "bad_amount"),
        ("1_000", "bad_amount"),
        ("١٢٣,٤٥", "bad_amount"),
        ("--5", "bad_amount"),
        ("(-5)", "bad_amount"),
        ("(5", "bad_amount"),
        ("1 23,40", "bad_amount"),
        ("12,", "bad_amount"),
        ("1234,567", "too_many_decimals"),
        ("100000000000,01", "amount_out_of_range"),
        ("9" * 61, "bad_amount"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        parse_amount(text, decimal_sign=",", currency="EUR")

    assert refused.value.code == code


def test_column_settles_what_one_amount_leaves_open() -> None:
    assert written.decimal_sign([(2, "1,234"), (3, "12.50")]) == "."
    assert written.decimal_sign([(2, "1,234"), (3, "12,50")]) == ","
    assert written.decimal_sign([(2, "1234"), (3, "12")]) is None
    assert written.decimal_sign([(2, "1,234")], currency="KWD") == ","


def test_column_that_leaves_the_sign_open_is_asked_about() -> None:
    with pytest.raises(UploadRefused) as refused:
        written.decimal_sign([(2, "12"), (3, "1,234")])

    assert (refused.value.code, refused.value.row) == ("ambiguous_amount", 3)


def test_two_decimal_signs_in_a_column_are_refused() -> None:
    with pytest.raises(UploadRefused) as refused:
        written.decimal_sign([(2, "1.234,56"), (3, "1,234.56")])

    assert (refused.value.code, refused.value.row) == ("inconsistent_decimal_separator", 3)


@settings(deadline=None)
@given(
    minor=st.integers(min_value=-(10**13), max_value=10**13),
    sign=st.sampled_from([".", ","]),
    by=st.sampled_from(["", " ", "\u00a0", "\u202f", "'"]),
    mark=st.sampled_from(["", " €", "EUR "]),
)
def test_every_amount_survives_being_written(minor: int, sign: str, by: str, mark: str) -> None:
    whole = f"{abs(minor) // 100:,}".replace(",", by)
    text = f"{'-' if minor < 0 else ''}{whole}{sign}{abs(minor) % 100:02}"
    text = text + mark if mark.startswith(" ") else mark + text

    assert parse_amount(text, decimal_sign=sign, currency="EUR") == minor


@pytest.mark.parametrize(
    "text",
    ["2026-03-04", "04/03/2026", "4-3-2026", "04.03.26", "20260304", "2026-03-04 00:00:00",
     "2026-03-04T23:30:00.000-05:00", "04/03/2026 00:00"],
)  # fmt: skip
def test_date_is_read_as_people_write_it(text: str) -> None:
    assert parse_date(text, order="dmy") == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "bad_date"),
        ("31/04/2026", "bad_date"),
        ("TOTAL", "bad_date"),
        ("46085", "bad_date"),
        ("٠٤/٠٣/٢٠٢٦", "bad_date"),
        ("9999-12-31", "date_out_of_range"),
        ("1989-12-31", "date_out_of_range"),
    ],
)
def test_what_is_no_date_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        parse_date(text, order="dmy")

    assert refused.value.code == code


def test_one_date_settles_the_order_of_its_column() -> None:
    assert written.date_order([(2, "03/04/2026"), (3, "13/04/2026")], french=False) == "dmy"
    assert written.date_order([(2, "03/04/2026"), (3, "04/13/2026")], french=False) == "mdy"
    assert written.date_order([(2, "03/04/2026")], french=True) == "dmy"
    assert written.date_order([(2, "03.04.2026")], french=False) == "dmy"
    assert written.date_order([(2, "2026-04-03"), (3, "05/05/2026")], french=False) is None


@pytest.mark.parametrize("others", [[], ["13/04/2026", "04/13/2026"]])
def test_order_that_nothing_settles_is_asked_about(others: list[str]) -> None:
    values = list(enumerate([*others, "03/04/2026"], start=2))

    with pytest.raises(UploadRefused) as refused:
        written.date_order(values, french=False)

    assert (refused.value.code, refused.value.row) == ("ambiguous_date", len(values) + 1)


def test_currency_is_known_by_code_or_sign() -> None:
    assert [parse_currency(text) for text in ("eur", "€", "Euros", "£")] == [
        "EUR",
        "EUR",
        "EUR",
        "GBP",
    ]
    with pytest.raises(BadCell):
        parse_currency("\u0415UR")  # a Cyrillic letter that looks the same

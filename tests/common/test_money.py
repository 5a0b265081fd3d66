import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import LARGEST_MINOR, BadAmount, CurrencyMismatch, Money, parse, total


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1200.00", "EUR", 120_000),
        ("1200", "EUR", 120_000),
        ("1200.5", "EUR", 120_050),
        ("-0.01", "EUR", -1),
        ("1200", "JPY", 1_200),
        ("1.234", "KWD", 1_234),
    ],
)
def test_a_plain_amount_is_read(text: str, currency: str, minor: int) -> None:
    assert parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1,00", "1.", ".5", "1e5", "1_000", "NaN", "Infinity", "+1", "--1", "٣",
     "１２.５０", "1.234", "0x10", "1" * 15, "1 000", "\x001"],
)  # fmt: skip
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        parse(text, "EUR")


@given(st.integers(-LARGEST_MINOR, LARGEST_MINOR), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert parse(money.amount, currency) == money


def test_two_currencies_are_neither_added_nor_compared() -> None:
    euros, dollars = Money(1, "EUR"), Money(1, "USD")

    for mixed in (
        lambda: euros + dollars,
        lambda: euros - dollars,
        lambda: euros < dollars,
        lambda: euros >= dollars,
        lambda: total([euros, dollars], currency="EUR"),
    ):
        with pytest.raises(CurrencyMismatch, match=r"0\.01 EUR and 0\.01 USD|two currencies"):
            mixed()

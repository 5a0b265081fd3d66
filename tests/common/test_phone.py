"""Numbers are those of a numbering plan, and an SMS goes to mobiles alone."""

import pytest

from common import phone


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("07 61 22 33 44", "FR", "+33761223344"),
        ("07700 900123", "GB", ""),  # a number of drama, which is nobody's
        ("+44 7400 900123", "FR", "+447400900123"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("01 42 68 53 00", "FR", ""),
        ("09 72 12 34 56", "FR", ""),
        ("3615", "FR", ""),
        ("06 12 34", "FR", ""),
        ("06 12 34 56 78 90", "FR", ""),
        ("٠٦١٢٣٤", "FR", ""),
        ("call me", "FR", ""),
        ("", "FR", ""),
    ],
)
def test_an_sms_goes_to_mobiles_alone(written: str, country: str, number: str) -> None:
    assert phone.mobile(written, country=country) == number


def test_a_landline_has_a_number_too() -> None:
    assert phone.e164("01 42 68 53 00", country="FR") == "+33142685300"

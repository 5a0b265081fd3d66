"""The rates that the law refers to, by half-year. Pure: data, and how one is looked up.

A new line is added each January and July; until then nothing is guessed.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

# The European Central Bank's rate for its main refinancing operations on the first day of each
# half-year, in per cent. Source: ECB, key interest rates, series FM.B.U2.EUR.4F.KR.MRR_FR.LEV.
REFINANCING: Mapping[date, Decimal] = {
    date(2015, 1, 1): Decimal("0.05"),
    date(2015, 7, 1): Decimal("0.05"),
    date(2016, 1, 1): Decimal("0.05"),
    date(2016, 7, 1): Decimal("0.00"),
    date(2017, 1, 1): Decimal("0.00"),
    date(2017, 7, 1): Decimal("0.00"),
    date(2018, 1, 1): Decimal("0.00"),
    date(2018, 7, 1): Decimal("0.00"),
    date(2019, 1, 1): Decimal("0.00"),
    date(2019, 7, 1): Decimal("0.00"),
    date(2020, 1, 1): Decimal("0.00"),
    date(2020, 7, 1): Decimal("0.00"),
    date(2021, 1, 1): Decimal("0.00"),
    date(2021, 7, 1): Decimal("0.00"),
    date(2022, 1, 1): Decimal("0.00"),
    date(2022, 7, 1): Decimal("0.00"),
    date(2023, 1, 1): Decimal("2.50"),
    date(2023, 7, 1): Decimal("4.00"),
    date(2024, 1, 1): Decimal("4.50"),
    date(2024, 7, 1): Decimal("4.25"),
    date(2025, 1, 1): Decimal("3.15"),
    date(2025, 7, 1): Decimal("2.15"),
    date(2026, 1, 1): Decimal("2.15"),
    date(2026, 7, 1): Decimal("2.40"),
}


def refinancing(on: date) -> Decimal | None:
    """Return the rate that counts on a day, in per cent; None when it is not known here."""
    return REFINANCING.get(half_year(on))


def half_year(on: date) -> date:
    """Return the first day of the half-year that a day lies in."""
    return on.replace(month=1 if on.month < 7 else 7, day=1)  # noqa: PLR2004  # July

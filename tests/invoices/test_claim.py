"""Interest to the cent, as the law reckons it; worked by hand from the published rates."""

import itertools
from datetime import date
from decimal import Decimal

import pytest

from common.money import Money
from invoices import claim, rates


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("minor", "due_on", "on", "interest"),
    [
        (120_000, "2026-07-31", "2026-08-30", 1_223),  # 30 days at 12.40 %
        (1_000_000, "2025-05-31", "2025-08-29", 30_781),  # 30 at 13.15 %, 60 at 12.15 %
        (250_000, "2024-02-15", "2024-03-15", 2_880),  # 29 days of a leap year, over 365
        (845_075, "2024-11-30", "2026-02-28", 133_692),  # four half-years
        (10_000, "2026-09-30", "2026-10-01", 3),  # one day
        (127_040, "2026-09-15", "2026-10-31", 1_985),
        (120_000, "2026-07-31", "2026-07-31", 0),  # not late yet
        (120_000, "2026-08-31", "2026-07-31", 0),
    ],
)
def test_interest_runs_from_the_day_after_the_due_date(
    minor: int, due_on: str, on: str, interest: int
) -> None:
    assert claim.interest([(euros(minor), day(due_on))], on=day(on)) == euros(interest)


def test_an_invoice_is_rounded_once_whatever_its_instalments() -> None:
    parts = [(euros(1_010), day("2026-09-30")), (euros(1_010), day("2026-09-30"))]

    # 2 x 0.343 cents; each alone would be 0
    assert claim.interest(parts[:1], on=day("2026-10-01")) == euros(0)
    assert claim.interest(parts, on=day("2026-10-01")) == euros(1)


def test_a_segment_ends_with_its_half_year() -> None:
    found = claim.segments(day("2025-05-31"), on=day("2025-08-29"))

    assert found == (
        claim.Segment(day("2025-06-01"), day("2025-06-30"), Decimal("0.1315")),
        claim.Segment(day("2025-07-01"), day("2025-08-29"), Decimal("0.1215")),
    )
    assert [segment.days for segment in found] == [30, 60]


@pytest.mark.parametrize(
    ("due_on", "on"), [("2014-12-30", "2015-01-15"), ("2026-12-31", "2027-01-02")]
)
def test_a_rate_that_is_not_known_is_never_guessed(due_on: str, on: str) -> None:
    assert claim.segments(day(due_on), on=day(on)) is None
    assert claim.interest([(euros(100), day(due_on))], on=day(on)) is None


def test_no_half_year_is_left_out_of_the_rates() -> None:
    known = sorted(rates.REFINANCING)

    assert all(
        rates.half_year(following) == following and (following - before).days in {181, 182, 184}
        for before, following in itertools.pairwise(known)
    )

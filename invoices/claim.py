"""What a late payer owes on top. Pure: amounts, rates and days in, amounts out.

Interest is reckoned on what is still owed, from the day after its due date: of what was paid late
in the meantime nothing is claimed here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from common.money import Money
from invoices import rates

DAYS_IN_YEAR = 365
# Source: Code de commerce, art. L441-10 II: ten points above the refinancing rate, unless the
# contract says otherwise; the rate of 1 January counts for six months, that of 1 July for the rest.
POINTS = Decimal(10)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Segment:
    """Days of lateness, both ends included, at one rate: a fraction per year."""

    from_on: date
    until: date
    rate: Decimal

    @property
    def days(self) -> int:
        return (self.until - self.from_on).days + 1


def segments(due_on: date, *, on: date) -> tuple[Segment, ...] | None:
    """Return the half-years of lateness up to a day, that day included; None for want of a rate.

    Source: Code de commerce, art. L441-10 II: from the day after the due date, without a reminder.
    """
    found = []
    for first, last in _half_years(due_on + ONE_DAY, on):
        rate = rates.refinancing(first)
        if rate is None:
            return None
        found.append(Segment(first, last, (rate + POINTS) / 100))
    return tuple(found)


def interest(parts: Iterable[tuple[Money, date]], *, on: date) -> Money | None:
    """Return the interest on what is left of one invoice, up to a day; None for want of a rate.

    Simple interest over 365 days, rounded half up to the cent once for the invoice.

    Args:
        parts: what is left of each instalment, and when it was due; all in one currency.
    """
    owed = list(parts)
    sum_minor = Decimal(0)
    for left, due_on in owed:
        known = segments(due_on, on=on)
        if known is None:
            return None
        for segment in known:
            sum_minor += left.minor * segment.rate * segment.days / DAYS_IN_YEAR
    minor = int(sum_minor.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return Money(minor, owed[0][0].currency) if owed else None


def _half_years(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        following = rates.half_year(rates.half_year(first) + timedelta(days=200))
        yield first, min(last, following - ONE_DAY)
        first = following

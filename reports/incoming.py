"""The money that came in, week by week, and what is promised and expected of the weeks ahead."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Greatest, TruncWeek

from common import money
from common.money import Money
from dunning.models import Hold
from dunning.models.hold import HoldQuerySet
from invoices.models import Instalment
from organizations.models import Organization
from payments import habits

PAST_WEEKS, WEEKS_AHEAD = 4, 6
# Who is a week later than usual is still expected now; who is later still pays nobody knows when.
GRACE_DAYS = 7
CONTESTED = (Hold.Kind.DISPUTE, Hold.Kind.INSOLVENCY)
# Owed, without what is contested of it.
BALANCE = Greatest(F("amount_minor") - F("settled_minor") - F("contested_minor"), Value(0))


@dataclass(frozen=True, slots=True)
class Week:
    """What came in, was promised for, and is expected in the seven days from a Monday."""

    begins_on: date
    received: Money
    promised: Money
    expected: Money


@dataclass(frozen=True, slots=True)
class Incoming:
    """Four weeks that are over, and six from this one on.

    Args:
        uncounted: what is owed, uncontested, and later than its customers ever are.
    """

    weeks: tuple[Week, ...]
    uncounted: Money

    @property
    def received(self) -> Money:
        return self._sum(week.received for week in self.weeks)

    @property
    def promised(self) -> Money:
        return self._sum(week.promised for week in self.weeks)

    @property
    def expected(self) -> Money:
        return self._sum(week.expected for week in self.weeks)

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return money.total(amounts, currency=self.uncounted.currency)


def incoming(organization: Organization, *, on: date) -> Incoming:
    """Add up the weeks around a day, in the organization's currency; nothing is counted twice.

    A promise is for its own day, as far as it is still owed. The rest of what is owed is expected
    after the customer's usual delay, else after everyone's. What is contested is not expected.
    """
    this_week = on - timedelta(days=on.weekday())
    first = this_week - timedelta(weeks=PAST_WEEKS)
    days = _Days(on=on, until=this_week + timedelta(weeks=WEEKS_AHEAD, days=-1))
    _read_owed(organization, days)
    sums = {
        "received": _received(organization, since=first, until=on),
        "promised": days.by_week(days.promised),
        "expected": days.by_week(days.expected),
    }
    weeks = tuple(
        Week(
            monday,
            *(
                Money(sums[kind].get(monday, 0), organization.currency)
                for kind in ("received", "promised", "expected")
            ),
        )
        for monday in (first + timedelta(weeks=place) for place in range(PAST_WEEKS + WEEKS_AHEAD))
    )
    return Incoming(weeks, Money(days.uncounted, organization.currency))


class _Days:
    """What is promised and expected, by the day; minor units."""

    def __init__(self, *, on: date, until: date) -> None:
        self.on, self.until = on, until
        self.promised: defaultdict[date, int] = defaultdict(int)
        self.expected: defaultdict[date, int] = defaultdict(int)
        self.uncounted = 0

    def promise(self, minor: int, day: date) -> None:
        self.promised[max(day, self.on)] += minor

    def expect(self, minor: int, day: date) -> None:
        if day < self.on - timedelta(days=GRACE_DAYS):
            self.uncounted += minor
        else:
            self.expected[max(day, self.on)] += minor

    def by_week(self, sums: Mapping[date, int]) -> dict[date, int]:
        found: defaultdict[date, int] = defaultdict(int)
        for day, minor in sums.items():
            if day <= self.until:
                found[day - timedelta(days=day.weekday())] += minor
        return found


def _received(organization: Organization, *, since: date, until: date) -> dict[date, int]:
    rows = (
        organization.payments.standing()
        .filter(currency=organization.currency, received_on__range=(since, until))
        .values(week=TruncWeek("received_on"))
        .annotate(sum=Sum("amount_minor"))
        .order_by()
    )
    return {row["week"]: row["sum"] for row in rows}


def _read_owed(organization: Organization, days: _Days) -> None:
    """Put what is owed on the day on which it is promised, or to be expected."""
    standing = organization.holds.standing(on=days.on)
    promised = _promised(standing)
    parts = list(_parts(_uncontested(organization, standing), promised))
    delays = habits.usual_delays(
        organization, customer_ids={part.customer_id for part in parts}, on=days.on
    )
    everyones = habits.usual_delay(organization, on=days.on)
    for part in parts:
        left = part.minor
        for promise in promised.get(part.invoice_id, ()):
            taken = min(left, promise.minor)
            promise.minor -= taken
            left -= taken
            days.promise(taken, promise.day)
        late = delays.get(part.customer_id, everyones)
        days.expect(left, part.due_on + timedelta(days=late))


def _uncontested(organization: Organization, standing: HoldQuerySet) -> QuerySet[Instalment]:
    contested = standing.whole().filter(kind__in=CONTESTED)
    of_customers = contested.filter(invoice__isnull=True, customer__isnull=False)
    owed: QuerySet[Instalment] = (
        organization.instalments.open()
        .filter(currency=organization.currency)
        .exclude(invoice__in=contested.filter(invoice__isnull=False).values("invoice"))
        .exclude(customer__in=of_customers.values("customer"))
    )
    return owed


@dataclass(slots=True)
class _Promise:
    """What is left of a promise while it is shared out over what its invoice owes."""

    day: date
    minor: int


def _promised(standing: HoldQuerySet) -> dict[int, list[_Promise]]:
    """Return the promises that stand, by invoice, the nearest first."""
    found: defaultdict[int, list[_Promise]] = defaultdict(list)
    promises = standing.filter(kind=Hold.Kind.PROMISE, result="").order_by("promised_on", "pk")
    for hold in promises:
        if hold.invoice_id and hold.promised_on and hold.promised_minor:
            found[hold.invoice_id].append(_Promise(hold.promised_on, hold.promised_minor))
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """What is owed by one customer for one day; of one invoice where some of it is promised."""

    customer_id: int
    due_on: date
    minor: int
    invoice_id: int = 0


def _parts(owed: QuerySet[Instalment], promised: Collection[int]) -> Iterator[_Part]:
    """Give what is owed in as few rows as can be: invoices one by one only where promised."""
    others = owed.exclude(invoice__in=promised).values("customer", "due_on")
    for row in others.annotate(left=Sum(BALANCE)).order_by():
        yield _Part(row["customer"], row["due_on"], row["left"])
    for part in owed.filter(invoice__in=promised).order_by("due_on", "pk"):
        yield _Part(part.customer_id, part.due_on, part.asked.minor, part.invoice_id)

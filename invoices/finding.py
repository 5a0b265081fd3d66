"""Which invoices a list is about: its view, its filters and its order, for pages and programs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from common.money import Money
from invoices import numbering
from invoices.models import Customer, Instalment, Invoice
from organizations.models import Organization

MOST_CUSTOMERS = 5
BALANCE = F("total_minor") - F("settled_minor")
PART_BALANCE = F("amount_minor") - F("settled_minor")


class View(StrEnum):
    """A part of the invoices, by what is left to pay and when it falls due."""

    OPEN = "open"
    NOT_DUE = "not_due"
    OVERDUE = "overdue"
    PAID = "paid"
    ALL = "all"


# What a list may be ordered by, and the columns that this means.
ORDERS: Mapping[str, str] = {
    "due_on": "next_due_on",
    "issued_on": "issued_on",
    "number": "number",
    "customer": "customer__name",
    "total": "total_minor",
    "balance": "balance_minor",
}
DEFAULT_ORDER = "due_on"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one asks for; days late are whole days after the due date."""

    view: View = View.OPEN
    words: str = ""
    customer_id: int | None = None
    late_from: int | None = None
    late_to: int | None = None
    order: str = DEFAULT_ORDER  # of ORDERS, with a minus for the largest first


@dataclass(frozen=True, slots=True)
class Sums:
    """How many there are in all, and per currency how much."""

    count: int
    balances: tuple[Money, ...]
    totals: tuple[Money, ...]


def invoices(organization: Organization, wanted: Wanted, *, on: date) -> QuerySet[Invoice]:
    """Return the invoices asked for, in order, each with the day it is next due."""
    found = organization.invoices.filter(_conditions(wanted, on=on))
    parts = Instalment.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    first_open = parts.filter(settled_minor__lt=F("amount_minor")).annotate(day=Min("due_on"))
    last = parts.annotate(day=Max("due_on"))
    column = ORDERS[wanted.order.removeprefix("-")]
    sign = "-" if wanted.order.startswith("-") else ""
    return (
        found.annotate(
            next_due_on=Coalesce(Subquery(first_open.values("day")), Subquery(last.values("day"))),
            balance_minor=BALANCE,
        )
        .select_related("customer")
        .prefetch_related("instalments")
        .order_by(f"{sign}{column}", f"{sign}pk")
    )


def sums(organization: Organization, wanted: Wanted, *, on: date) -> Sums:
    """Add up the invoices asked for, by currency."""
    rows = (
        organization.invoices.filter(_conditions(wanted, on=on))
        .order_by()
        .values("currency")
        .annotate(count=Count("*"), left=Sum(BALANCE), whole=Sum("total_minor"))
        .order_by("-count", "currency")
    )
    found = [
        (row["count"], Money(row["left"], row["currency"]), Money(row["whole"], row["currency"]))
        for row in rows
    ]
    return Sums(
        sum(count for count, _left, _whole in found),
        tuple(left for _count, left, _whole in found),
        tuple(whole for _count, _left, whole in found),
    )


def customers(organization: Organization, words: str) -> list[Customer]:
    """Return the first customers whose name or code is meant; none when nothing is said."""
    if not words.strip():
        return []
    found = organization.customers.filter(called(words)).order_by("name", "pk")
    return list(found[:MOST_CUSTOMERS])


@dataclass(frozen=True, slots=True)
class Owing:
    """What one customer has left to pay in one currency, and how much of it is late since when."""

    balance: Money
    overdue: Money
    oldest_due_on: date | None


def owing_customers(
    organization: Organization, words: str, *, on: date, whose: Q | None = None
) -> QuerySet[Customer]:
    """Return the customers who are meant, who owes most beyond the due date first.

    The order is by the organization's currency: sums never mix them.

    Args:
        whose: the condition that a customer is in the charge of those wanted; by default anyone's.
    """
    mine = Q(instalments__currency=organization.currency)
    left = F("instalments__amount_minor") - F("instalments__settled_minor")
    found = organization.customers.filter(whose or Q()).select_related("in_charge__user")
    if words.strip():
        found = found.filter(called(words))
    return found.annotate(
        balance_minor=Coalesce(Sum(left, filter=mine), 0),
        overdue_minor=Coalesce(Sum(left, filter=mine & Q(instalments__due_on__lt=on)), 0),
    ).order_by("-overdue_minor", "-balance_minor", "name", "pk")


def owing(customers: Iterable[Customer], *, on: date) -> dict[int, list[Owing]]:
    """Return what each customer who owes has left to pay, by currency, in one query."""
    late = Q(due_on__lt=on)
    rows = (
        Instalment.objects.open()
        .filter(customer__in=[customer.pk for customer in customers])
        .values("customer_id", "currency")
        .annotate(
            left=Sum(PART_BALANCE),
            overdue=Coalesce(Sum(PART_BALANCE, filter=late), 0),
            oldest=Min("due_on", filter=late),
        )
        .order_by("customer_id", "currency")
    )
    found: dict[int, list[Owing]] = defaultdict(list)
    for row in rows:
        left, overdue = (Money(row[name], row["currency"]) for name in ("left", "overdue"))
        found[row["customer_id"]].append(Owing(left, overdue, row["oldest"]))
    return found


def called(words: str, *, of: str = "") -> Q:
    """Return the condition that a customer is meant by some words.

    Args:
        of: the path to the customer, "customer__" from an invoice.
    """
    text = words.strip()
    return (
        Q(**{f"{of}name__icontains": text})
        | Q(**{f"{of}trading_name__icontains": text})
        | Q(**{f"{of}code__iexact": text})
        | Q(**{f"{of}siren": text.replace(" ", "")[:9]})
    )


def _conditions(wanted: Wanted, *, on: date) -> Q:
    condition = _view(wanted, on=on)
    if wanted.customer_id is not None:
        condition &= Q(customer=wanted.customer_id)
    if wanted.words.strip():
        norm = numbering.normalised(wanted.words)
        by_number = Q(number_norm__contains=norm) if norm else Q()
        condition &= by_number | called(wanted.words, of="customer__")
    return condition


def _view(wanted: Wanted, *, on: date) -> Q:
    is_open = Q(settled_minor__lt=F("total_minor"))
    late = is_late(on=on, days_from=wanted.late_from or 1, days_to=wanted.late_to)
    match wanted.view:
        case View.ALL:
            return Q()
        case View.PAID:
            return ~is_open
        case View.OVERDUE:
            return is_open & late
        case View.NOT_DUE:
            return is_open & ~late
        case View.OPEN:
            return is_open


def is_late(*, on: date, days_from: int = 1, days_to: int | None = None) -> Q:
    """Return the condition that an invoice has an open instalment late by a number of days."""
    late = Q(due_on__lte=on - timedelta(days=max(days_from, 1)))
    if days_to is not None:
        late &= Q(due_on__gte=on - timedelta(days=days_to))
    return Q(Exists(Instalment.objects.open().filter(late, invoice=OuterRef("pk"))))

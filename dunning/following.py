"""Who follows which scenario, for any number of invoices in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from common.expressions import DaysBetween, Median
from common.money import Money
from dunning import choosing, scenarios
from dunning.choosing import Buyer, Choices, hundredths
from invoices.models import Customer, Instalment, Invoice
from organizations.models import Organization

# How a customer pays: by what was settled in the last year, if that is often enough.
REMEMBERED_DAYS = 365
LEAST_SETTLED = 3


@dataclass(slots=True)
class Coverage:
    """Who follows a scenario, and what they owe."""

    customers: set[int] = field(default_factory=set)
    owed: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # minor, by currency

    @property
    def amounts(self) -> list[Money]:
        return [Money(minor, currency) for currency, minor in sorted(self.owed.items())]


def buyers(choices: Choices, customers: QuerySet[Any], *, on: date) -> dict[int, Buyer]:
    """Return what the rules and conditions ask of customers; nothing when they ask for nothing.

    Args:
        customers: a query for their keys.
    """
    if not choices.asks_for_customers:
        return {}
    owed = _owed(customers) if choices.asks_for_debts else {}
    habits = _habits(customers, on=on) if choices.asks_for_habits else {}
    rows = Customer.objects.filter(pk__in=customers)
    return {
        key: Buyer(
            key,
            segment=segment.strip(),
            kind=choosing.kind_of(siren=siren, vat_number=vat_number),
            owed=owed.get(key, 0),
            late_days=habits.get(key),
        )
        for key, segment, siren, vat_number in rows.values_list(
            "pk", "segment", "siren", "vat_number"
        )
    }


def of_invoices(
    organization: Organization, invoices: Iterable[Invoice], *, on: date
) -> dict[int, int]:
    """Return the scenario of each invoice, both by their keys."""
    found = list(invoices)
    choices = scenarios.choices(organization)
    customers = Customer.objects.filter(pk__in={invoice.customer_id for invoice in found})
    known = buyers(choices, customers.values("pk"), on=on)
    return {
        invoice.pk: choices.scenario_of(
            invoice.pk,
            known.get(invoice.customer_id) or Buyer(invoice.customer_id),
            invoiced=hundredths(invoice.total_minor, invoice.currency),
        )
        for invoice in found
    }


def coverage(organization: Organization, choices: Choices, *, on: date) -> Mapping[int, Coverage]:
    """Return by scenario which customers follow it with what they owe; one may follow several."""
    covered: dict[int, Coverage] = defaultdict(Coverage)
    for customer_id, scenario_id, left, currency in _open(organization, [choices], on=on):
        found = covered[scenario_id[0]]
        found.customers.add(customer_id)
        found.owed[currency] += left
    return covered


def changing(organization: Organization, before: Choices, after: Choices, *, on: date) -> set[int]:
    """Return the customers with an open invoice that would follow another scenario."""
    return {
        customer_id
        for customer_id, (was, will_be), _left, _currency in _open(
            organization, [before, after], on=on
        )
        if was != will_be
    }


def concerned(organization: Organization, before: Choices, after: Choices, *, on: date) -> set[int]:
    """Return the customers with an open invoice whose steps would be others."""
    same = {key for key, way in before.ways.items() if after.ways.get(key) == way}
    return {
        customer_id
        for customer_id, (was, will_be), _left, _currency in _open(
            organization, [before, after], on=on
        )
        if was != will_be or was not in same
    }


def _open(
    organization: Organization, among: list[Choices], *, on: date
) -> Iterable[tuple[int, tuple[int, ...], int, str]]:
    """Give each open invoice: customer, scenario by each of the choices, what is left, currency."""
    invoices = organization.invoices.open()
    known = [buyers(choices, invoices.values("customer"), on=on) for choices in among]
    rows = invoices.order_by().values_list(
        "pk", "customer_id", "total_minor", "settled_minor", "currency"
    )
    for key, customer_id, total, settled, currency in rows.iterator(chunk_size=5000):
        invoiced = hundredths(total, currency)
        chosen = tuple(
            choices.scenario_of(key, of.get(customer_id) or Buyer(customer_id), invoiced=invoiced)
            for choices, of in zip(among, known, strict=True)
        )
        yield customer_id, chosen, total - settled, currency


def _owed(customers: QuerySet[Any]) -> dict[int, int]:
    """Return what each customer owes, due or not, in hundredths of whatever currency."""
    owed: dict[int, int] = defaultdict(int)
    rows = (
        Instalment.objects.open()
        .filter(customer__in=customers)
        .values("customer", "currency")
        .annotate(left=Sum(F("amount_minor") - F("settled_minor")))
        .order_by()
    )
    for row in rows:
        owed[row["customer"]] += hundredths(row["left"], row["currency"])
    return owed


def _habits(customers: QuerySet[Any], *, on: date) -> dict[int, int]:
    """Return the median of days from the due date to the money, of who settled often enough."""
    rows = (
        Instalment.objects.filter(
            customer__in=customers, settled_on__range=(on - timedelta(days=REMEMBERED_DAYS), on)
        )
        .annotate(delay=DaysBetween(F("settled_on"), F("due_on")))
        .values("customer")
        .annotate(usual=Median("delay"), settled=Count("*"))
        .filter(settled__gte=LEAST_SETTLED)
        .order_by()
    )
    return {row["customer"]: row["usual"] for row in rows}

"""How long after the due date customers usually pay, by what came in."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from math import ceil

from django.db.models import Count, F, QuerySet

from common import bulk
from common.expressions import DaysBetween, Median
from invoices.models import Customer, Instalment
from organizations.models import Organization
from payments.models import Allocation, Payment

REMEMBERED_DAYS = 365
LEAST_PAYMENTS = 3  # fewer are no habit
# What reminders wait for is known better than what is expected: more payments, not far apart.
LEAST_TO_WAIT_FOR, WIDEST_SPREAD_DAYS = 5, 15


def note(customer_ids: Collection[int], *, on: date) -> None:
    """Write down by when customers usually pay, for reminders to wait for.

    That is the day after the due date by which three of four of the last year's payments had come
    (the upper quartile), given five payments whose quartiles lie 15 days apart at most.
    """
    found = _delays_of(customer_ids, on=on)
    changed = []
    for customer in Customer.objects.filter(pk__in=customer_ids).locked():
        days, paid = _habit(sorted(found.get(customer.pk, ())))
        if (customer.habit_days, customer.habit_payments) != (days, paid):
            customer.habit_days, customer.habit_payments = days, paid
            changed.append(customer)
    bulk.update(changed, "habit_days", "habit_payments")


def _habit(delays: Sequence[int]) -> tuple[int | None, int]:
    """Return the upper quartile of sorted delays and how many they are; None when it is no habit.

    Quartiles are those that PostgreSQL's percentile_disc finds: the first value that so many are
    not above.
    """
    paid = len(delays)
    if paid < LEAST_TO_WAIT_FOR:
        return None, 0
    early, late = delays[ceil(paid / 4) - 1], delays[ceil(3 * paid / 4) - 1]
    return (late, paid) if late - early <= WIDEST_SPREAD_DAYS else (None, 0)


def _delays_of(customer_ids: Collection[int], *, on: date) -> Mapping[int, list[int]]:
    """Return the delays of some customers' payments, as `_delays`, by customer id.

    Table by table, since this follows a bulk of payments in one transaction: joined, they would be
    planned by what the tables held before.
    """
    due = _due_in_one_sum(customer_ids)
    ledger = list(
        Allocation.objects.filter(invoice__in=due.keys()).values_list(
            "pk", "reverses", "invoice", "payment"
        )
    )
    taken_back = {reverses for _key, reverses, _invoice, _payment in ledger if reverses}
    standing = [
        (invoice, payment)
        for key, reverses, invoice, payment in ledger
        if reverses is None and key not in taken_back
    ]
    since = on - timedelta(days=REMEMBERED_DAYS)
    payments = Payment.objects.filter(pk__in={payment for _invoice, payment in standing})
    received = dict(
        payments.filter(received_on__range=(since, on)).values_list("pk", "received_on")
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for invoice, payment in standing:
        customer, due_on = due[invoice]
        if payment in received:
            found[customer].append((received[payment] - due_on).days)
    return found


def _due_in_one_sum(customer_ids: Collection[int]) -> dict[int, tuple[int, date]]:
    """Return customer and due date of the invoices that have one instalment, by invoice id."""
    rows = Instalment.objects.filter(customer__in=customer_ids).order_by("invoice_id")
    due: dict[int, tuple[int, date]] = {}
    several: set[int] = set()
    for invoice, customer, due_on in rows.values_list("invoice", "customer", "due_on"):
        if invoice in due:
            several.add(invoice)
        due[invoice] = (customer, due_on)
    return {invoice: one for invoice, one in due.items() if invoice not in several}


def usual_delays(
    organization: Organization, *, customer_ids: Collection[int], on: date
) -> Mapping[int, int]:
    """Return the median delay of each customer who paid often enough, by customer id.

    In whole days from the due date to the day the money came, negative when it comes before.
    Counted are the payments of the last year on invoices due in one sum.
    """
    rows = (
        _delays(organization, on=on)
        .filter(invoice__customer__in=customer_ids)
        .values("invoice__customer")
        .annotate(usual=Median("delay"), paid=Count("*"))
        .filter(paid__gte=LEAST_PAYMENTS)
        .order_by()
    )
    return {row["invoice__customer"]: row["usual"] for row in rows}


def usual_delay(organization: Organization, *, on: date) -> int:
    """Return the median delay over all customers, as above; 0 while too few have paid."""
    found = _delays(organization, on=on).aggregate(usual=Median("delay"), paid=Count("*"))
    return found["usual"] if found["paid"] >= LEAST_PAYMENTS else 0


def _delays(organization: Organization, *, on: date) -> QuerySet[Allocation]:
    """Return what stands of the last year's payments, each with its `delay`."""
    paid: QuerySet[Allocation] = organization.allocations.filter(
        amount_minor__gt=0,
        reversals__isnull=True,
        payment__received_on__range=(on - timedelta(days=REMEMBERED_DAYS), on),
        invoice__instalments__amount_minor=F("invoice__total_minor"),  # the only one
    )
    return paid.annotate(
        delay=DaysBetween(F("payment__received_on"), F("invoice__instalments__due_on"))
    )

"""How long after the due date customers usually pay, by what came in."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet

from common import bulk
from common.expressions import DaysBetween, LowerQuartile, Median, UpperQuartile
from invoices.models import Customer
from organizations.models import Organization
from payments.models import Allocation

REMEMBERED_DAYS = 365
LEAST_PAYMENTS = 3  # fewer are no habit
# What reminders wait for is known better than what is expected: more payments, not far apart.
LEAST_TO_WAIT_FOR, WIDEST_SPREAD_DAYS = 5, 15


def note(organization: Organization, customer_ids: Collection[int], *, on: date) -> None:
    """Write down by when customers usually pay, for reminders to wait for.

    That is the day after the due date by which three of four of the last year's payments had come
    (the upper quartile), given five payments whose quartiles lie 15 days apart at most.
    """
    found = {
        row["invoice__customer"]: row
        for row in _delays(organization, on=on)
        .filter(invoice__customer__in=customer_ids)
        .values("invoice__customer")
        .annotate(late=UpperQuartile("delay"), early=LowerQuartile("delay"), paid=Count("*"))
        .order_by()
    }
    changed = []
    for customer in Customer.objects.filter(pk__in=customer_ids).locked():
        row = found.get(customer.pk)
        days, paid = (row["late"], row["paid"]) if row is not None and _is_habit(row) else (None, 0)
        if (customer.habit_days, customer.habit_payments) != (days, paid):
            customer.habit_days, customer.habit_payments = days, paid
            changed.append(customer)
    bulk.update(changed, "habit_days", "habit_payments")


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


def _is_habit(row: Mapping[str, Any]) -> bool:
    return bool(
        row["paid"] >= LEAST_TO_WAIT_FOR and row["late"] - row["early"] <= WIDEST_SPREAD_DAYS
    )


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

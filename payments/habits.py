"""How long after the due date customers usually pay, by what came in."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.db.models import Count, F, QuerySet

from common.expressions import DaysBetween, Median
from organizations.models import Organization
from payments.models import Allocation

REMEMBERED_DAYS = 365
LEAST_PAYMENTS = 3  # fewer are no habit


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

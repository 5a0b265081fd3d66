"""The first page: what is owed, what waits, what happened."""

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dunning import planning
from dunning.ladder import Act
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Organization
from reports import dashboard as figures
from reports.dashboard import LateCustomer


@dataclass(frozen=True, slots=True)
class LateRow:
    """A line of the largest delays: the customer, and what comes next."""

    customer: LateCustomer
    next_on: date | None
    next_act: Act | None


@require_GET
@organization_page()
def dashboard(request: OrganizationRequest) -> HttpResponse:
    """Show who owes what, and what to do today."""
    organization, today = request.organization, timezone.localdate()
    if figures.is_new(organization):
        return render(request, "reports/welcome.html", shell(request))
    owed = figures.owed(organization, on=today)
    promised, promises = figures.promised(organization, on=today)
    return render(
        request,
        "reports/dashboard.html",
        {
            **shell(request),
            "today": today,
            "owed": owed,
            "others": figures.in_other_currencies(organization),
            "waiting": figures.waiting(organization),
            "received": figures.received(organization, since=today.replace(day=1), until=today),
            "due_soon": figures.due_soon(organization, on=today),
            "promised": promised,
            "promises": promises,
            "on_hold": figures.on_hold(organization, on=today),
            "late": _late(organization, today),
            "events": figures.latest(organization),
        },
    )


def _late(organization: Organization, today: date) -> list[LateRow]:
    customers = figures.most_overdue(organization, on=today)
    following = planning.next_acts(
        organization, customer_ids=[customer.customer_id for customer in customers], on=today
    )
    rows = []
    for customer in customers:
        next_on, act = following.get(customer.customer_id, (None, None))
        rows.append(LateRow(customer, next_on, act))
    return rows

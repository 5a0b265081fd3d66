"""The page of the plan: how many invoices it follows a month, and what waits for the next."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dunning import quota
from organizations.access import OrganizationRequest, organization_page, shell

SHOWN = 50


@require_GET
@organization_page()
def plan(request: OrganizationRequest) -> HttpResponse:
    """Show what the plan has followed this month, what waits, and from when on it counts anew."""
    organization, today = request.organization, timezone.localdate()
    waiting = quota.waiting(organization, on=today)
    found = organization.invoices.filter(pk__in=waiting).select_related("customer")
    context = {
        **shell(request),
        "section": "settings",
        "usage": quota.usage(organization, on=today),
        "held": len(waiting),
        "invoices": sorted(
            found.with_instalments(), key=lambda invoice: (invoice.due_on, invoice.pk)
        )[:SHOWN],
    }
    return render(request, "dunning/plan.html", context)

"""The page of the scenario that an organization follows."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dunning import scenarios
from organizations.access import OrganizationRequest, organization_page, shell


@require_GET
@organization_page()
def scenario_page(request: OrganizationRequest) -> HttpResponse:
    """Show the steps of the scenario that the organization follows."""
    found = scenarios.default(request.organization)
    context = {
        **shell(request),
        "scenario": scenarios.label(found.name),
        "steps": found.steps.order_by("level"),
    }
    return render(request, "dunning/scenarios.html", context)

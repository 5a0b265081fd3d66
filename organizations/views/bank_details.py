"""The door to what happens to a change of the bank details."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organizations import bank_details
from organizations.access import OrganizationRequest, organization_page
from organizations.models import Right


@require_POST
@organization_page(Right.CHANGE_BANK_DETAILS)
def call_off(request: OrganizationRequest, change_id: int) -> HttpResponse:
    """Leave the bank details as they are."""
    bank_details.call_off(change_id, at=timezone.now())
    messages.success(request, _("The change is called off: the bank details stay as they are."))
    return redirect("settings", slug=request.organization.slug)

"""What is on its way, how long it has been, and the switch that stops it all."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dunning import aging, stopping
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

REASON_LENGTH = 200


@require_GET
@organization_page()
def sending(request: OrganizationRequest) -> HttpResponse:
    """Show what is in hand, and whether sending is stopped."""
    context = {
        **shell(request),
        "section": "reminders",
        "ages": aging.ages(at=timezone.now()),
        "stop": stopping.standing(request.organization),
        "reason_length": REASON_LENGTH,
    }
    return render(request, "dunning/sending.html", context)


@require_POST
@organization_page(Right.APPROVE)
def stop_sending(request: OrganizationRequest) -> HttpResponse:
    """Stop all that the organization sends."""
    reason = request.POST.get("reason", "")
    stopping.stop(request.organization, reason=reason, at=timezone.now())
    messages.success(request, _("Sending is stopped: nothing leaves until you let it go on."))
    return redirect("sending", slug=request.organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def resume_sending(request: OrganizationRequest) -> HttpResponse:
    """Let the organization send again."""
    count = stopping.resume(request.organization, at=timezone.now())
    said = ngettext(
        "Sending goes on; %(n)s message that waited leaves.",
        "Sending goes on; %(n)s messages that waited leave over the next minutes.",
        count,
    )
    messages.success(request, said % {"n": count})
    return redirect("sending", slug=request.organization.slug)

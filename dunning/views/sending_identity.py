"""The settings page of who email leaves from: its records, a look at them, and complaints."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common.errors import DomainError
from common.htmx import refuse
from dunning import complaints, record_phrases, sending
from dunning.channels import domain_records
from dunning.forms import SendingForm
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

TEMPLATE = "dunning/sending_identity.html"


@require_http_methods(["GET", "POST"])
@organization_page(Right.SETTINGS)
def sending_page(request: OrganizationRequest) -> HttpResponse:
    """Choose the address in From, and whether opening is noted; show what to publish."""
    organization = request.organization
    chosen = sending.identity(organization)
    first = {"address": chosen.address, "has_tracking": chosen.has_tracking}
    form = SendingForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        at = timezone.now()
        try:
            sending.choose(organization, form.cleaned_data["address"], at=at)
        except DomainError as refusal:
            form.add_error("address", str(refusal))
        else:
            sending.track(organization, has_tracking=form.cleaned_data["has_tracking"], at=at)
            messages.success(request, _("The settings are saved."))
            return redirect("sending_identity", slug=organization.slug)
    context = {**shell(request), "form": form, **_context(request)}
    return refuse(request, TEMPLATE, context) if form.errors else render(request, TEMPLATE, context)


@require_POST
@organization_page(Right.SETTINGS)
def check(request: OrganizationRequest) -> HttpResponse:
    """Look at the domain's records now."""
    organization = request.organization
    domain = sending.identity(organization).domain
    if domain:
        findings = sending.examine(organization.pk, domain)
        sending.note(domain, findings, at=timezone.now())
        if domain_records.is_believed(findings):
            messages.success(request, _("All records are right: emails leave in your name."))
        elif domain_records.is_refuted(findings):
            messages.error(request, _("A record is missing or wrong: see below."))
        else:
            messages.error(request, _("No name server answered: try again later."))
    return redirect("sending_identity", slug=organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def resume(request: OrganizationRequest) -> HttpResponse:
    """Let email leave again that complaints had stopped."""
    complaints.resume(request.organization, at=timezone.now())
    messages.success(request, _("Emails leave again."))
    return redirect("sending_identity", slug=request.organization.slug)


def _context(request: OrganizationRequest) -> dict[str, Any]:
    organization = request.organization
    chosen = sending.identity(organization)
    records = sending.to_publish(chosen)
    return {
        "section": "settings",
        "chosen": chosen,
        "rows": record_phrases.rows(records, sending.findings_of(chosen)),
        "rate": complaints.rate(organization, at=timezone.now()),
        "house": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "inbound": settings.INBOUND_DOMAIN,
        "is_asked": not settings.MAIL_STAYS_HERE,
    }

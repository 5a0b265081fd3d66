"""The pages around an organization: choosing one, opening one, its settings."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from common.errors import DomainError
from common.htmx import refuse
from common.tenancy import tenant_transaction
from organizations import bank_details, confirming, forms, opening, tasks, timeline
from organizations.access import OrganizationRequest, PersonRequest, organization_page, shell
from organizations.models import Membership, Right, Role, User
from reconciliation.models import BankTransaction


@require_GET
@login_required
def home(request: PersonRequest) -> HttpResponse:
    """Go to where a person works in its only organization, or let them choose or open one."""
    memberships = list(request.user.memberships.select_related("organization")[:2])
    if len(memberships) == 1:
        return redirect(_home_of(memberships[0]), slug=memberships[0].organization.slug)
    return redirect("choose_organization" if memberships else "open_organization")


@require_GET
@login_required
def choose(request: PersonRequest) -> HttpResponse:
    """List the organizations that a person works for."""
    memberships = request.user.memberships.select_related("organization").order_by(
        "organization__name"
    )
    return render(request, "organizations/choose.html", {"memberships": memberships})


@require_http_methods(["GET", "POST"])
@login_required
def open_new(request: PersonRequest) -> HttpResponse:
    """Open an organization and begin to set it up."""
    form = forms.OpenOrganization(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organization = opening.open_organization(
                form.cleaned_data["name"],
                owner=request.user,
                on=timezone.now().astimezone(ZoneInfo(opening.TIMEZONE)).date(),
                at=timezone.now(),
                begin=opening.Begin.LATER,
            )
        except DomainError as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("start", slug=organization.slug)
    template = "organizations/open.html"
    if form.errors:
        return refuse(request, template, {"form": form})
    return render(request, template, {"form": form})


@require_http_methods(["GET", "POST"])
@organization_page(Right.SETTINGS)
def settings(request: OrganizationRequest) -> HttpResponse:
    """Change who asks, and how often."""
    organization = request.organization
    form = forms.Identity(request.POST or None, instance=organization)
    if not request.membership.may(Right.CHANGE_BANK_DETAILS):
        form.keep_bank_details()
    if request.method == "POST" and form.is_valid():
        if form.bank_details_change:
            confirming.demand(request)
        try:
            _save(form, by=request.user)
        except bank_details.ChangeWaiting as refusal:
            form.add_error("iban", str(refusal))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("settings", slug=organization.slug)
    context = {**shell(request), "form": form, "bank_change": bank_details.waiting(organization)}
    if form.errors:
        organization.refresh_from_db()
        return refuse(request, "organizations/settings.html", context)
    return render(request, "organizations/settings.html", context)


def _save(form: forms.Identity, *, by: User) -> None:
    at = timezone.now()
    if form.bank_details_change:
        bank_details.change(
            form.instance,
            iban=form.cleaned_data["iban"],
            bic=form.cleaned_data["bic"],
            by=by,
            at=at,
        )
        tasks.ring_for_bank_details(form.instance.pk)
    if changed := form.changed_identity:
        # The other fields may have changed meanwhile: a round was done, a statement came.
        form.save(commit=False).save(update_fields=changed)
        timeline.record(
            "organizations.settings_changed",
            about={},
            data={"fields": ", ".join(sorted(changed))},
            at=at,
        )


@require_GET
@organization_page()
def guide(request: OrganizationRequest) -> HttpResponse:
    """Say how things work and which keys do what."""
    return render(request, "organizations/help.html", shell(request))


@require_GET
@organization_page()
def menu(request: OrganizationRequest) -> HttpResponse:
    """Show the whole navigation as a page, for small screens."""
    return render(request, "organizations/menu.html", shell(request))


def _home_of(membership: Membership) -> str:
    """Return the page on which the day of a role begins."""
    if membership.role == Role.COLLECTOR:
        return "calls"
    if membership.role == Role.ACCOUNTANT:
        with tenant_transaction(membership.organization_id):
            if BankTransaction.objects.to_clear().exists():
                return "bank"
    return "dashboard"

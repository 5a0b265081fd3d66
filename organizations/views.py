"""The pages around an organization: choosing one, opening one, its settings and keys."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.errors import DomainError
from common.htmx import refuse
from organizations import api_keys, forms, opening, timeline
from organizations.access import OrganizationRequest, PersonRequest, organization_page, shell
from organizations.models import ApiKey, Organization, Role, Scope, User


@require_GET
@login_required
def home(request: PersonRequest) -> HttpResponse:
    """Go to the only organization of a person, or let them choose or open one."""
    organizations = _organizations_of(request.user)
    if len(organizations) == 1:
        return redirect("dashboard", slug=organizations[0].slug)
    return redirect("choose_organization" if organizations else "open_organization")


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
@organization_page(Role.OWNER)
def settings(request: OrganizationRequest) -> HttpResponse:
    """Change who asks, and how often."""
    organization = request.organization
    form = forms.Identity(request.POST or None, instance=organization)
    if request.method == "POST" and form.is_valid():
        if form.changed_data:
            # The other fields may have changed meanwhile: a round was done, a statement came.
            form.save(commit=False).save(update_fields=form.changed_data)
            timeline.record(
                "organizations.settings_changed",
                about={},
                data={"fields": ", ".join(sorted(form.changed_data))},
                at=timezone.now(),
            )
        messages.success(request, _("The settings are saved."))
        return redirect("settings", slug=organization.slug)
    context = {**shell(request), "form": form}
    if form.errors:
        organization.refresh_from_db()
        return refuse(request, "organizations/settings.html", context)
    return render(request, "organizations/settings.html", context)


@require_http_methods(["GET", "POST"])
@organization_page(Role.OWNER)
def keys(request: OrganizationRequest) -> HttpResponse:
    """List the API keys and make one; its text is shown this once."""
    form, at = forms.NewKey(request.POST or None), timezone.now()
    text = ""
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        key, text = api_keys.issue(
            request.organization,
            name=values["name"],
            scopes=[Scope(value) for value in values["scopes"]],
            expires_at=api_keys.end_of(int(values["lifetime"]), at=at),
            networks=values["networks"],
        )
        timeline.record("organizations.api_key_issued", about={"api_key": key.pk}, at=at)
        form = forms.NewKey()
    standing = request.organization.api_keys.filter(revoked_at__isnull=True).order_by("-pk")
    rows = [_row(key, at=at) for key in standing]
    context = {**shell(request), "form": form, "rows": rows, "text": text}
    if form.errors:
        return refuse(request, "organizations/keys.html", context)
    return render(request, "organizations/keys.html", context)


@require_http_methods(["GET", "POST"])
@organization_page(Role.OWNER)
def key(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Show one key, and hold it to the addresses that are written."""
    found = _key(request, key_id)
    form = forms.Networks(request.POST or None, initial={"networks": found.networks})
    if request.method == "POST" and form.is_valid():
        api_keys.hold_to(found, form.cleaned_data["networks"], at=timezone.now())
        messages.success(request, _("The addresses are saved."))
        return redirect("api_key", slug=request.organization.slug, key_id=found.pk)
    context = {**shell(request), **_row(found, at=timezone.now()), "form": form}
    if form.errors:
        return refuse(request, "organizations/key.html", context)
    return render(request, "organizations/key.html", context)


@require_POST
@organization_page(Role.OWNER)
def rotate_key(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Give a key a new secret, shown this once; the old one opens for a day more."""
    found = _key(request, key_id)
    text = api_keys.rotate(found, at=timezone.now())
    form = forms.Networks(initial={"networks": found.networks})
    row = _row(found, at=timezone.now())
    context = {**shell(request), **row, "form": form, "text": text}
    return render(request, "organizations/key.html", context)


@require_POST
@organization_page(Role.OWNER)
def end_old_secret(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Let a key's old secret open nothing from now on."""
    found = _key(request, key_id)
    api_keys.end_old_secret(found, at=timezone.now())
    messages.success(request, _("The old secret no longer opens anything."))
    return redirect("api_key", slug=request.organization.slug, key_id=found.pk)


@require_POST
@organization_page(Role.OWNER)
def revoke_key(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Stop a key for good."""
    api_keys.revoke(_key(request, key_id), at=timezone.now())
    messages.success(request, _("The key no longer opens anything."))
    return redirect("api_keys", slug=request.organization.slug)


def _key(request: OrganizationRequest, key_id: int) -> ApiKey:
    found: ApiKey = get_object_or_404(
        request.organization.api_keys, pk=key_id, revoked_at__isnull=True
    )
    return found


def _row(found: ApiKey, *, at: datetime) -> dict[str, Any]:
    return {
        "key": found,
        "is_expired": found.expires_at is not None and found.expires_at <= at,
        "is_rotating": found.old_secret_opens(at=at),
    }


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


def _organizations_of(user: User) -> list[Organization]:
    return [
        membership.organization
        for membership in user.memberships.select_related("organization").order_by("pk")[:2]
    ]

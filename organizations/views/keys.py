"""The keys of programs: made, held to addresses, renewed and ended."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common.htmx import refuse
from organizations import api_keys, confirming, forms, timeline
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import ApiKey, Right, Scope


@require_http_methods(["GET", "POST"])
@organization_page(Right.MANAGE_KEYS)
def keys(request: OrganizationRequest) -> HttpResponse:
    """List the API keys and make one; its text is shown this once."""
    form, at = forms.NewKey(request.POST or None), timezone.now()
    text = ""
    if request.method == "POST" and form.is_valid():
        confirming.demand(request)
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
@organization_page(Right.MANAGE_KEYS)
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
@organization_page(Right.MANAGE_KEYS)
def rotate_key(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Give a key a new secret, shown this once; the old one opens for a day more."""
    found = _key(request, key_id)
    confirming.demand(request)
    text = api_keys.rotate(found, at=timezone.now())
    form = forms.Networks(initial={"networks": found.networks})
    row = _row(found, at=timezone.now())
    context = {**shell(request), **row, "form": form, "text": text}
    return render(request, "organizations/key.html", context)


@require_POST
@organization_page(Right.MANAGE_KEYS)
def end_old_secret(request: OrganizationRequest, key_id: int) -> HttpResponse:
    """Let a key's old secret open nothing from now on."""
    found = _key(request, key_id)
    api_keys.end_old_secret(found, at=timezone.now())
    messages.success(request, _("The old secret no longer opens anything."))
    return redirect("api_key", slug=request.organization.slug, key_id=found.pk)


@require_POST
@organization_page(Right.MANAGE_KEYS)
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

"""The history as an audit: every event, by filters, with its place and its seal."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from common import exporting
from common.htmx import refuse
from invoices import history
from invoices.forms import HistoryFilter
from invoices.templatetags.timeline import described
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right, TimelineEvent

PAGE = 50


@require_GET
@organization_page()
def history_page(request: OrganizationRequest) -> HttpResponse:
    """Show the events asked for, the newest first, fifty at a time."""
    form = HistoryFilter(request.GET, organization=request.organization)
    context: dict[str, Any] = {**shell(request), "form": form, "events": []}
    if not form.is_valid():
        return refuse(request, "invoices/history.html", context)
    found = history.events(request.organization, form.wanted())
    shown, newer, older = history.page(
        found,
        size=PAGE,
        before=form.cleaned_data["before"],
        after=form.cleaned_data["after"],
    )
    context |= {
        "events": described(shown),
        "newer": newer,
        "older": older,
        "is_filtered": form.wanted() != history.Wanted(),
        "may_export": request.membership.may(Right.EXPORT),
    }
    return render(request, "invoices/history.html", context)


@require_GET
@organization_page(Right.EXPORT)
def history_csv(request: OrganizationRequest) -> HttpResponse:
    """Give exactly the events of a filter as a file, the oldest first."""
    form = HistoryFilter(request.GET, organization=request.organization)
    if not form.is_valid():
        return refuse(request, "invoices/history.html", {**shell(request), "form": form})
    found = history.events(request.organization, form.wanted())
    response = HttpResponse(_as_csv(found), content_type="text/csv; charset=utf-8")
    day = f"{timezone.localdate():%Y-%m-%d}"
    response["Content-Disposition"] = (
        f'attachment; filename="{request.organization.slug}-history-{day}.csv"'
    )
    return response


def _as_csv(found: QuerySet[TimelineEvent]) -> bytes:
    header = [
        _("Position"), _("When"), _("Event"), _("Customer"), _("Invoice"), _("By"), _("Kind"),
        _("Seal"),
    ]  # fmt: skip
    return exporting.as_csv(
        header,
        (
            (
                one.event.position,
                timezone.localtime(one.event.at).isoformat(timespec="seconds"),
                one.plain,
                one.customer,
                one.invoice,
                one.actor,
                one.event.kind,
                one.event.seal,
            )
            for rows in history.slices(found)
            for one in described(rows)
        ),
    )

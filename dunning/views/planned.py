"""The pages of what is planned: calendar and list of 30 days, and each contact as it will be."""

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from common import exporting, fields
from common.headers import sandboxed
from common.templatetags.display import language
from dunning import composing, facts, planned, planning, weeks
from dunning.foreseen import Heard, Run
from dunning.models import Channel
from invoices.models import Customer
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

AHEAD_DAYS = 30
PAGE = 100


def context(request: OrganizationRequest) -> dict[str, Any]:
    """Return the calendar of the coming days, and a page of their list or of one day's."""
    run = _run(request)
    day = fields.day(request.GET.get("day", ""))
    if day is None or not run.start <= day < run.start + timedelta(days=run.days):
        day = None
    listed = [one for one in run.heard if day is None or one.on == day]
    page = Paginator(listed, PAGE).get_page(request.GET.get("page"))
    names = planned.names({one.customer_id for one in page})
    days: dict[date, list[Any]] = {}
    for one in page:
        days.setdefault(one.on, []).append(_row(one, names))
    summary = ngettext("%(n)s contact in 30 days", "%(n)s contacts in 30 days", run.count)
    return {
        "days": list(days.items()),
        "page": page,
        "run": run,
        "day": day,
        "summary": summary % {"n": run.count},
        "weeks": weeks.grid(
            run,
            calendar=facts.calendar_of(request.organization),
            language=language(),
            url_of=lambda on: f"?tab=planned&day={on:%Y-%m-%d}#list",
        ),
    }


@require_GET
@organization_page(Right.EXPORT)
def planned_csv(request: OrganizationRequest) -> HttpResponse:
    """Give what is planned in the coming 30 days as a file."""
    run = _run(request)
    names = planned.names({one.customer_id for one in run.heard})
    content = exporting.as_csv(header(), planned.lines(run.heard, names))
    name = f"{request.organization.slug}-planned-{run.start:%Y-%m-%d}.csv"
    return as_file(content, name)


@require_GET
@xframe_options_sameorigin
@organization_page()
def planned_message(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Show a contact to come on the invoices as they are now: a message, or a call's script."""
    on, channel = fields.day(request.GET.get("on", "")), request.GET.get("channel", "")
    coming = planning.preview(
        request.organization,
        start=planning.next_round(request.organization, on=timezone.localdate()),
        days=AHEAD_DAYS,
        customer_ids=[customer_id],
    )
    found = [one for one in coming if one.on == on and one.highest.step.channel == channel]
    if not found:
        raise Http404
    contact = found[0]
    carrier, acts = planning.draft(request.organization, contact, at=timezone.now())
    if channel != Channel.CALL:
        return sandboxed(composing.written(carrier, acts).html)
    said = composing.script(carrier, acts, on=contact.on, caller=request.user.name)
    customer = get_object_or_404(Customer, pk=customer_id)
    told = {"script": said, "contact": contact, "customer": customer, "section": "reminders"}
    return render(request, "dunning/planned_call.html", {**shell(request), **told})


def header() -> list[str]:
    """Return the names of a file's columns, those of `planned.lines`."""
    return [
        _("Day"), _("Channel"), _("Step"), _("Code"), _("Customer"), _("Invoice"), _("Amount"),
        _("Currency"), _("Rule"),
    ]  # fmt: skip


def as_file(content: bytes, name: str) -> HttpResponse:
    """Return a file to keep."""
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _run(request: OrganizationRequest) -> Run:
    start = planning.next_round(request.organization, on=timezone.localdate())
    coming = list(planning.preview(request.organization, start=start, days=AHEAD_DAYS))
    return planned.run(coming, start=start, days=AHEAD_DAYS)


def _row(one: Heard, names: dict[int, str]) -> dict[str, Any]:
    highest = one.highest
    return {
        "contact": one,
        "name": names[one.customer_id],
        "channel": one.channel,
        "step": one.kind,
        "rule": highest.rule,
        "invoices": [{"number": number} for number in one.numbers],
        "amounts": one.amounts,
    }

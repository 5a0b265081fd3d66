"""The first run: from a file of invoices to the first reminder that is planned.

Each step shows itself by what is there already, so that leaving and coming back goes on where one
stopped: no invoices, no scenario, not activated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.db.transaction import on_commit
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common import sentences, uploads
from common.errors import DomainError
from common.htmx import refuse
from common.templatetags.display import language
from dunning import composing, facts, holds, planned, planning, scenarios, sending, standard, weeks
from dunning.channels import mail
from dunning.channels.base import Envelope
from dunning.models import Channel
from dunning.planning import Contacting
from invoices import finding, importing
from invoices.finding import Wanted
from invoices.forms import TakeIn
from invoices.models import Contact, Customer, Instalment, Invoice
from invoices.sources.columns import Choices
from organizations import opening
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

STEPS = ("import", "scenario", "preview")
AHEAD_DAYS = 30
LISTED = 20
OLD_DAYS = 60
ASIDE_DAYS = 30  # for which old invoices are left to the phone


@dataclass(frozen=True, slots=True)
class Warnings:
    """What is worth knowing before anything leaves, with the number of those concerned."""

    without_email: int
    old: int
    first_contacts: int
    per_day: int


@require_http_methods(["GET", "POST"])
@organization_page(Right.WRITE)
def start(request: OrganizationRequest) -> HttpResponse:
    """Show the step that comes next, or the one that is asked for and reached."""
    reached = _reached(request)
    asked = request.GET.get("step", "")
    step = asked if asked in STEPS[: STEPS.index(reached) + 1] else reached
    context = {**shell(request), "section": "start", "step": step, "reached": reached}
    if step == "import":
        return _import(request, context)
    if step == "scenario":
        context |= {**_taken(request), **_ready_made(request)}
        return render(request, "dunning/start/scenario.html", context)
    return render(request, "dunning/start/preview.html", {**context, **_preview(request)})


@require_POST
@organization_page(Right.SETTINGS)
def choose_scenario(request: OrganizationRequest) -> HttpResponse:
    """Follow one of the ready-made scenarios."""
    scenarios.choose(request.organization, request.POST.get("scenario", ""), at=timezone.now())
    return redirect("start", slug=request.organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def activate(request: OrganizationRequest) -> HttpResponse:
    """Let the rounds begin; on wish, leave old invoices to the phone for a while."""
    organization, at, on = request.organization, timezone.now(), timezone.localdate()
    is_proven = EmailAddress.objects.filter(user=request.user, verified=True).exists()
    if not settings.MAIL_STAYS_HERE and not is_proven:
        messages.error(request, _("Confirm your email address first: a link was sent to it."))
        return redirect("start", slug=organization.slug)
    if request.POST.get("leave_old") == "yes":
        for invoice in _old(on):
            holds.pause_invoice(
                invoice,
                until=on + timedelta(days=ASIDE_DAYS),
                reason=_("Older than 60 days when the follow-up began"),
                at=at,
            )
    opening.activate(organization, on=on, at=at)
    messages.success(request, _("Reminders are activated: the first ones wait for your approval."))
    return redirect("dashboard", slug=organization.slug)


@require_POST
@organization_page(Right.SETTINGS)
def send_test(request: OrganizationRequest) -> HttpResponse:
    """Send the first email to come to the person who asks, as a customer would read it."""
    found = [one for one in _coming(request) if one.highest.step.channel == Channel.EMAIL]
    if not found:
        messages.error(request, _("No email is planned yet."))
        return redirect("start", slug=request.organization.slug)
    message, acts = planning.draft(request.organization, found[0], at=timezone.now())
    words = composing.written(message, acts)
    envelope = Envelope(
        token=uuid4(),
        organization_id=request.organization.pk,
        sender_name=request.organization.name,
        reply_to=request.organization.email,
        to=request.user.email,
        subject=f"[{_('Test')}] {words.subject}",
        text=words.text,
        html=words.html,
        from_address=sending.sender_of(request.organization).address,
    )
    on_commit(partial(mail.send, envelope), robust=True)
    messages.success(request, _("A test leaves to %(to)s.") % {"to": request.user.email})
    return redirect("start", slug=request.organization.slug)


def _reached(request: OrganizationRequest) -> str:
    if not Invoice.objects.exists():
        return "import"
    return "preview" if scenarios.was_chosen() else "scenario"


def _import(request: OrganizationRequest, context: dict[str, Any]) -> HttpResponse:
    """Take files in, and go on; what a file leaves unclear is asked here."""
    form = TakeIn(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            for file in request.FILES.getlist("file"):
                _take_in(request, form, file.name or "", uploads.received(file))
        except DomainError as refusal:
            form.add_error("file", sentences.of_refusal(refusal))
        else:
            return redirect("start", slug=request.organization.slug)
    template = "dunning/start/import.html"
    if form.errors:
        return refuse(request, template, {**context, "form": form})
    return render(request, template, {**context, "form": form})


def _take_in(request: OrganizationRequest, form: TakeIn, name: str, content: bytes) -> None:
    organization, at = request.organization, timezone.now()
    choices = Choices(
        decimal_sign=form.cleaned_data["decimal_sign"] or None,
        date_order=form.cleaned_data["date_order"] or None,
        currency=organization.currency,
    )
    report = importing.import_invoices(
        organization, name, content, mapping=choices, on=timezone.localdate(at), at=at
    )
    created = ngettext("%(n)s invoice", "%(n)s invoices", report.created) % {"n": report.created}
    told = f"{name[:60]} · {created}"
    if not report.rejected:
        messages.success(request, told)
        return
    rejected = len(report.rejected)
    rows = ngettext("%(n)s refused row", "%(n)s refused rows", rejected) % {"n": rejected}
    messages.warning(request, f"{told}, {rows}")


def _taken(request: OrganizationRequest) -> dict[str, Any]:
    """Return what the books hold so far, and the last file of which rows were refused."""
    organization = request.organization
    sums = finding.sums(organization, Wanted(), on=timezone.localdate())
    with_refused = organization.imported_files.exclude(report__rejected=[])
    return {
        "sums": sums,
        "customers": organization.customers.count(),
        "refused": with_refused.order_by("-imported_at", "-pk").first(),
    }


def _ready_made(request: OrganizationRequest) -> dict[str, Any]:
    """Return the scenarios to choose from, the present one first in mind."""
    now = scenarios.default(request.organization).name
    return {
        "chosen": now if now in standard.READY_MADE else standard.NAME,
        "ready_made": [
            {
                "name": name,
                "label": scenarios.label(name),
                "says": scenarios.says(name),
                "steps": [step for step in steps if step.kind != "thank_you"],
            }
            for name, steps in standard.READY_MADE.items()
        ],
    }


def _coming(request: OrganizationRequest) -> list[Contacting]:
    """Return the contacts of the coming days, as the rounds will write them."""
    start_on = planning.next_round(request.organization, on=_first_day(request))
    return list(planning.preview(request.organization, start=start_on, days=AHEAD_DAYS))


def _first_day(request: OrganizationRequest) -> date:
    """Return the first day on which something may leave: today, before the sending hour."""
    now, organization = timezone.localtime(), request.organization
    late = now.hour >= organization.sending_hour
    day = now.date() + timedelta(days=int(late))
    return facts.calendar_of(organization).next_working(day)


def _preview(request: OrganizationRequest) -> dict[str, Any]:
    coming = _coming(request)
    ids = {contact.customer_id for contact in coming[:LISTED]}
    names = planned.names(ids)
    days: dict[date, list[Any]] = {}
    for contact in coming[:LISTED]:
        row = {"contact": contact, "name": names[contact.customer_id], **contact.document()}
        days.setdefault(contact.on, []).append(row)
    first = coming[0].on if coming else _first_day(request)
    return {
        "coming": len(coming),
        "days": list(days.items()),
        "weeks": weeks.grid(
            planned.run(coming, start=_first_day(request), days=AHEAD_DAYS),
            calendar=facts.calendar_of(request.organization),
            language=language(),
            url_of=lambda day: f"#d{day:%Y%m%d}" if day in days else "",
        ),
        "first": first,
        "warnings": _warnings(request, coming),
    }


def _warnings(request: OrganizationRequest, coming: Sequence[Contacting]) -> Warnings:
    owing = Instalment.objects.open().values("customer")
    reached = Contact.objects.exclude(email="").values("customer")
    return Warnings(
        without_email=Customer.objects.filter(pk__in=owing).exclude(pk__in=reached).count(),
        old=_old(timezone.localdate()).count(),
        first_contacts=len({one.customer_id for one in coming}),
        per_day=request.organization.backlog_per_day,
    )


def _old(on: date) -> QuerySet[Invoice]:
    """Return the open invoices that fell due more than two months ago."""
    overdue = Instalment.objects.open().filter(due_on__lt=on - timedelta(days=OLD_DAYS))
    found: QuerySet[Invoice] = Invoice.objects.filter(pk__in=overdue.values("invoice"))
    return found.select_related("customer", "organization").order_by("pk")

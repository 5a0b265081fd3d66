"""The pages about asking: reminders, calls, letters, the mailbox, scenarios, and holds."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, F, Prefetch, Sum, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from common.errors import DomainError
from common.headers import MAIL_POLICY
from dunning import (
    calling,
    composing,
    delivery,
    facts,
    holds,
    letters,
    mailparts,
    planning,
    scenarios,
    tasks,
    waiting,
)
from dunning.forms import EndOfPause, Note, Promise
from dunning.models import Act, Hold, LocalMail, Message, StepKind
from invoices.models import Customer
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Role

PAGE = 50
AHEAD_DAYS = 30
PLANNED_PAGE = 100
States = Message.State
TABS: dict[str, list[States]] = {
    "approve": [States.AWAITING_APPROVAL],
    "sent": [States.SENT],
    "failed": [States.FAILED, States.UNKNOWN],
    "queued": [States.QUEUED, States.CLAIMED],
    "cancelled": [States.CANCELLED],
}


@require_GET
@organization_page()
def reminders(request: OrganizationRequest) -> HttpResponse:
    """List messages by what became of them, and the coming ones as the preview has them."""
    to_approve = waiting.to_approve(on=timezone.localdate())
    tab = request.GET.get("tab") or ("approve" if to_approve.exists() else "planned")
    context = {**shell(request), "tab": tab, "may_act": _may_act(request)}
    if tab not in TABS:
        return render(request, "dunning/planned.html", {**context, **_planned(request)})
    messages_of = to_approve if tab == "approve" else Message.objects.filter(state__in=TABS[tab])
    found = (
        messages_of.select_related("customer")
        .prefetch_related(_acts())
        .order_by("-written_on", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    summary = ngettext("%(n)s message", "%(n)s messages", count) % {"n": count}
    return render(request, "dunning/reminders.html", {**context, "page": page, "summary": summary})


@require_GET
@organization_page()
def message(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Show one message: as it was sent, or as it would read now."""
    found = _message(request, message_id)
    acts = list(found.acts.all())
    asks = found.kind == StepKind.THANK_YOU or any(act.instalment.balance for act in acts)
    words = composing.written(found, acts) if acts and asks and not found.sent_at else None
    context = {
        **shell(request),
        "message": found,
        "words": words,
        "section": "reminders",
        "asks": asks,
    }
    return render(
        request, "dunning/message.html", {**context, "may_act": _may_act(request), "acts": acts}
    )


@require_POST
@organization_page(Role.COLLECTOR)
def approve(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Let one message leave."""
    delivery.approve(_message(request, message_id), at=timezone.now())
    tasks.ring(request.organization.pk, message_id)
    messages.success(request, _("The reminder is on its way."))
    return redirect("reminders", slug=request.organization.slug)


@require_POST
@organization_page(Role.COLLECTOR)
def approve_all(request: OrganizationRequest) -> HttpResponse:
    """Let everything leave that waits for approval."""
    approved = list(waiting.to_approve(on=timezone.localdate()).order_by("pk"))
    for one in approved:
        delivery.approve(one, at=timezone.now())
        tasks.ring(request.organization.pk, one.pk)
    count = len(approved)
    done = ngettext("%(n)s reminder is on its way.", "%(n)s reminders are on their way.", count)
    messages.success(request, done % {"n": count})
    return redirect("reminders", slug=request.organization.slug)


@require_POST
@organization_page(Role.COLLECTOR)
def cancel(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Keep one message from leaving."""
    delivery.cancel(_message(request, message_id), at=timezone.now())
    messages.success(request, _("The reminder will not leave."))
    return redirect("reminders", slug=request.organization.slug)


@require_POST
@organization_page(Role.COLLECTOR)
def settle_unknown(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Say whether an uncertain message left."""
    left = request.POST.get("left") == "yes"
    delivery.settle_unknown(_message(request, message_id), left=left, at=timezone.now())
    return redirect("reminders", slug=request.organization.slug)


@require_GET
@organization_page()
def calls(request: OrganizationRequest) -> HttpResponse:
    """List the calls to make: the most owed for the longest first."""
    today = timezone.localdate()
    found = list(
        waiting.calls(on=today)
        .select_related("customer", "contact", "organization")
        .prefetch_related(_acts())
        .annotate(asked=_owed())
        .order_by(F("asked").desc(nulls_last=True), "written_on", "pk")[:PAGE]
    )
    chosen = next((one for one in found if str(one.pk) == request.GET.get("call")), None)
    chosen = chosen or (found[0] if found else None)
    context = {
        **shell(request),
        "calls": found,
        "chosen": chosen,
        "script": composing.script(chosen, list(chosen.acts.all()), on=today) if chosen else (),
        "amount": composing.total(chosen, list(chosen.acts.all())) if chosen else None,
        "form": Note(),
        "today": today,
        "may_act": _may_act(request),
    }
    return render(request, "dunning/calls.html", context)


@require_POST
@organization_page(Role.COLLECTOR)
def call_done(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Tick a call, and go on to the next."""
    call = get_object_or_404(request.organization.calls, pk=call_id)
    form = Note(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    calling.done(call, note, at=timezone.now())
    messages.success(request, _("The call is noted."))
    return redirect("calls", slug=request.organization.slug)


@require_GET
@organization_page()
def letters_page(request: OrganizationRequest) -> HttpResponse:
    """List the letters to post, and those that were."""
    to_post = waiting.to_post(on=timezone.localdate()).order_by("written_on", "pk")
    posted = Message.objects.filter(channel__in=waiting.BY_POST, state=States.SENT)
    context = {
        **shell(request),
        "to_post": to_post.select_related("customer").prefetch_related(_acts())[:200],
        "posted": posted.select_related("customer").order_by("-sent_at", "-pk")[:PAGE],
        "may_act": _may_act(request),
    }
    return render(request, "dunning/letters.html", context)


@require_GET
@organization_page()
def letter_pdf(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Give a letter as it is posted, or was."""
    found = _message(request, message_id)
    acts = list(found.acts.all())
    if found.channel not in waiting.BY_POST or not (found.html or acts):
        raise Http404
    html = found.html or composing.written(found, acts).html
    response = HttpResponse(letters.render_pdf(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.customer.code}-{found.pk}.pdf"'
    return response


@require_POST
@organization_page(Role.COLLECTOR)
def letter_posted(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Note that a letter was posted."""
    delivery.mark_posted(_message(request, message_id), at=timezone.now())
    messages.success(request, _("The letter is noted as posted."))
    return redirect("letters", slug=request.organization.slug)


@require_GET
@organization_page()
def mailbox(request: OrganizationRequest) -> HttpResponse:
    """List the mail that stayed here, the latest first."""
    _refuse_without_mailbox()
    found = LocalMail.objects.order_by("-pk").defer("content")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    summary = ngettext("%(n)s email", "%(n)s emails", count) % {"n": count}
    context = {**shell(request), "page": page, "summary": summary}
    return render(request, "dunning/mailbox.html", context)


@require_GET
@organization_page()
def mail(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Show one email as it would have arrived."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    context = {**shell(request), "mail": found, "parts": mailparts.parts(found.content)}
    return render(request, "dunning/mail.html", {**context, "section": "mailbox"})


@require_GET
@xframe_options_sameorigin
@organization_page()
def mail_html(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Give the formatted part of an email, for a frame that may do nothing."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    return _sandboxed(mailparts.parts(found.content).html)


@require_GET
@xframe_options_sameorigin
@organization_page()
def message_html(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Give the formatted part of a message, for a frame that may do nothing."""
    found = _message(request, message_id)
    acts = list(found.acts.all())
    if not (found.html or acts):
        raise Http404
    return _sandboxed(found.html or composing.written(found, acts).html)


@require_GET
@organization_page()
def mail_source(request: OrganizationRequest, mail_id: int) -> HttpResponse:
    """Give an email byte for byte."""
    _refuse_without_mailbox()
    found = get_object_or_404(request.organization.local_mails, pk=mail_id)
    response = HttpResponse(bytes(found.content), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{found.pk}.eml"'
    return response


@require_GET
@organization_page()
def scenario_page(request: OrganizationRequest) -> HttpResponse:
    """Show the steps of the scenario that the organization follows."""
    found = scenarios.default(request.organization)
    context = {**shell(request), "scenario": found, "steps": found.steps.order_by("level")}
    return render(request, "dunning/scenarios.html", context)


@require_POST
@organization_page(Role.COLLECTOR)
def promise(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Note that a debtor will pay an invoice."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = Promise(request.POST, currency=invoice.currency)
    if form.is_valid():
        try:
            holds.promise(
                invoice,
                form.cleaned_data["amount"],
                form.cleaned_data["promised_on"],
                at=timezone.now(),
                calendar=facts.calendar_of(request.organization),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _back_to(
        request, "invoice", form, done=_("The promise is noted."), invoice_id=invoice_id
    )


@require_POST
@organization_page(Role.COLLECTOR)
def pause_invoice(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Keep an invoice quiet until a day."""
    invoice = get_object_or_404(request.organization.invoices, pk=invoice_id)
    form = EndOfPause(request.POST)
    if form.is_valid():
        try:
            holds.pause_invoice(invoice, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    return _back_to(
        request, "invoice", form, done=_("The invoice is paused."), invoice_id=invoice_id
    )


@require_POST
@organization_page(Role.COLLECTOR)
def pause_customer(request: OrganizationRequest, customer_id: int) -> HttpResponse:
    """Keep a customer quiet until a day."""
    customer: Customer = get_object_or_404(request.organization.customers, pk=customer_id)
    form = EndOfPause(request.POST)
    if form.is_valid():
        try:
            holds.pause_customer(customer, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    done = _("The customer is paused.")
    return _back_to(request, "customer", form, done=done, customer_id=customer_id)


@require_POST
@organization_page(Role.COLLECTOR)
def end_hold(request: OrganizationRequest, hold_id: int) -> HttpResponse:
    """End a hold before its time."""
    hold: Hold = get_object_or_404(request.organization.holds, pk=hold_id)
    holds.end(hold, at=timezone.now())
    messages.success(request, _("The hold is ended."))
    if hold.invoice_id is not None:
        return redirect("invoice", slug=request.organization.slug, invoice_id=hold.invoice_id)
    if hold.customer_id is not None:
        return redirect("customer", slug=request.organization.slug, customer_id=hold.customer_id)
    return redirect("reminders", slug=request.organization.slug)


def _back_to(
    request: OrganizationRequest, page: str, form: Any, *, done: str, **key: int
) -> HttpResponse:
    """Go back to what a form was about; what was wrong with it is said there."""
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, error)
    if not form.errors:
        messages.success(request, done)
    return redirect(reverse(page, kwargs={"slug": request.organization.slug, **key}))


def _may_act(request: OrganizationRequest) -> bool:
    return request.membership.role in {Role.OWNER, Role.COLLECTOR}


def _message(request: OrganizationRequest, message_id: int) -> Message:
    found: Message = get_object_or_404(
        request.organization.messages.select_related(
            "customer", "contact", "organization"
        ).prefetch_related(_acts()),
        pk=message_id,
    )
    return found


def _acts() -> Prefetch[str]:
    return Prefetch(
        "acts",
        Act.objects.select_related("instalment__invoice").order_by("instalment__due_on", "pk"),
    )


def _owed() -> Sum:
    left = F("acts__instalment__amount_minor") - F("acts__instalment__settled_minor")
    return Sum(Case(When(acts__isnull=False, then=left)))


def _planned(request: OrganizationRequest) -> dict[str, Any]:
    """Return a page of the coming contacts by day, with the names of the customers."""
    start = planning.next_round(request.organization, on=timezone.localdate())
    coming = list(planning.preview(request.organization, start=start, days=AHEAD_DAYS))
    page = Paginator(coming, PLANNED_PAGE).get_page(request.GET.get("page"))
    ids = {contact.customer_id for contact in page}
    names = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name"))
    days: dict[date, list[Any]] = {}
    for contact in page:
        row = {"contact": contact, "name": names[contact.customer_id], **contact.document()}
        days.setdefault(contact.on, []).append(row)
    count = len(coming)
    summary = ngettext("%(n)s contact in 30 days", "%(n)s contacts in 30 days", count)
    return {"days": list(days.items()), "page": page, "summary": summary % {"n": count}}


def _sandboxed(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _refuse_without_mailbox() -> None:
    if not settings.MAIL_STAYS_HERE:
        raise Http404

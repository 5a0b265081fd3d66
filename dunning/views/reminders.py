"""The pages of reminders: what waits, what is planned, what left, and letting it leave."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from common import fields
from common.headers import sandboxed
from dunning import (
    composing,
    delivery,
    enclosures,
    sending_now,
    stationery,
    tasks,
    uncertain,
    waiting,
)
from dunning.models import Message, StepKind, with_acts
from dunning.views import planned
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right

PAGE = 50
MOST_AT_ONCE = 20  # reminders that one key lets go; for more, what will happen is said first
States = Message.State
TABS: dict[str, list[States]] = {
    "approve": [States.AWAITING_APPROVAL],
    "sent": [States.SENT],
    "failed": [States.FAILED],
    "uncertain": [States.UNKNOWN],
    "queued": [States.QUEUED, States.CLAIMED],
    "cancelled": [States.CANCELLED],
}


SAYS = {
    "approve": gettext_lazy("They leave a minute after you approve them; until then you may undo."),
    "sent": gettext_lazy("What left, as it was read."),
    "failed": gettext_lazy("What did not leave."),
    "uncertain": gettext_lazy(
        "What may have left: the line broke, or a server went down, while it was being sent."
    ),
    "queued": gettext_lazy("What is on its way."),
    "cancelled": gettext_lazy("What was not needed any more."),
}


@require_GET
@organization_page()
def reminders(request: OrganizationRequest) -> HttpResponse:
    """List messages by what became of them, and the coming ones as the preview has them."""
    to_approve = waiting.to_approve(on=timezone.localdate())
    tab = request.GET.get("tab") or ("approve" if to_approve.exists() else "planned")
    context = {**shell(request), "tab": tab}
    if tab not in TABS:
        return render(request, "dunning/planned.html", {**context, **planned.context(request)})
    messages_of = to_approve if tab == "approve" else Message.objects.filter(state__in=TABS[tab])
    found = (
        messages_of.select_related("customer")
        .prefetch_related(with_acts())
        .order_by("-written_on", "-pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    summary = ngettext("%(n)s message", "%(n)s messages", count) % {"n": count}
    context |= {"page": page, "summary": summary, "is_large": count > MOST_AT_ONCE}
    context["says"] = SAYS[tab]
    if tab == "approve":
        context["asked"] = waiting.asked_by(to_approve)
    return render(request, "dunning/reminders.html", context)


@require_GET
@organization_page()
def message(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Show one message: as it was sent, or as it would read now."""
    found = find(request, message_id)
    acts = list(found.acts.all())
    asks = found.kind == StepKind.THANK_YOU or any(act.instalment.balance for act in acts)
    is_open = acts and asks and not (found.sent_at or found.printed_at)
    written_on = stationery.in_force()
    words = (
        composing.written(found, acts, on=_bears(found), written_on=written_on) if is_open else None
    )
    # The copy of a letter has no acts of its own: it brings what the letter asks for.
    letter = found.copy_of
    about = acts if letter is None else list(letter.acts.select_related("instalment__invoice"))
    context = {
        **shell(request),
        "message": found,
        "words": words,
        "section": "reminders",
        "asks": asks,
        "enclosed": enclosures.listed(found, about, written_on=written_on),
        "told": list(found.mail_events.order_by("at", "pk")),
        "replies": list(found.replies.order_by("received_at", "pk")),
    }
    return render(request, "dunning/message.html", {**context, "acts": acts})


@require_POST
@organization_page(Right.APPROVE)
def approve(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Let one message leave."""
    delivery.approve(find(request, message_id), at=timezone.now())
    tasks.ring_after_undo(request.organization.pk, [message_id])
    return _back(request)


@require_POST
@organization_page(Right.APPROVE)
def approve_all(request: OrganizationRequest) -> HttpResponse:
    """Let everything leave that waits for approval."""
    waits = list(waiting.to_approve(on=timezone.localdate()).order_by("pk"))
    approved = delivery.approve_all(waits, at=timezone.now())
    tasks.ring_after_undo(request.organization.pk, approved)
    return _back(request)


@require_POST
@organization_page(Right.APPROVE)
def take_back(request: OrganizationRequest) -> HttpResponse:
    """Let what was just approved wait again."""
    moment = fields.moment(request.POST.get("approved_at", ""))
    count = delivery.take_back(moment, at=timezone.now()) if moment else 0
    if count:
        back = ngettext("%(n)s reminder waits again.", "%(n)s reminders wait again.", count)
        messages.success(request, back % {"n": count})
    else:
        messages.error(request, _("It is too late to take this back."))
    return redirect("reminders", slug=request.organization.slug)


def _back(request: OrganizationRequest) -> HttpResponse:
    """Go back to where the approval was given: the dashboard, or the list."""
    page = "dashboard" if request.POST.get("from") == "dashboard" else "reminders"
    return redirect(page, slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def cancel(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Keep one message from leaving."""
    delivery.cancel(find(request, message_id), at=timezone.now())
    messages.success(request, _("The reminder will not leave."))
    return redirect("reminders", slug=request.organization.slug)


@require_POST
@organization_page(Right.COLLECT)
def settle_unknown(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Say whether an uncertain message left."""
    left = request.POST.get("left") == "yes"
    uncertain.settle(find(request, message_id), left=left, at=timezone.now())
    said = _("It is noted that it left.") if left else _("It is noted that it did not leave.")
    messages.success(request, said)
    return redirect_to_tab(request, "uncertain")


@require_POST
@organization_page(Right.APPROVE)
def send_again(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Send the acts of an uncertain message again, by another one, in a minute."""
    found = find(request, message_id)
    again = uncertain.send_again(found, at=timezone.now(), undo=delivery.UNDO)
    tasks.ring_after_undo(request.organization.pk, [again.pk])
    return redirect_to_tab(request, "queued")


@require_POST
@organization_page(Right.APPROVE)
def send_now(request: OrganizationRequest, invoice_id: int) -> HttpResponse:
    """Ask for an invoice today, by its next step."""
    invoice = get_object_or_404(
        request.organization.invoices.select_related("organization", "customer"), pk=invoice_id
    )
    at = timezone.now()
    asked = sending_now.send_now(invoice, on=timezone.localdate(at), at=at, undo=delivery.UNDO)
    if asked.call is not None:
        messages.success(request, _("The call is on the list."))
        return redirect("call", slug=request.organization.slug, call_id=asked.call.pk)
    if asked.message is not None and asked.message.channel in waiting.BY_POST:
        messages.success(request, _("The letter waits to be printed and posted."))
        return redirect("letters", slug=request.organization.slug)
    if asked.message is not None:
        tasks.ring_after_undo(request.organization.pk, [asked.message.pk])
    return redirect_to_tab(request, "queued")


def redirect_to_tab(request: OrganizationRequest, tab: str) -> HttpResponse:
    """Go to a tab of the list."""
    return redirect(f"{reverse('reminders', args=[request.organization.slug])}?tab={tab}")


@require_GET
@xframe_options_sameorigin
@organization_page()
def message_html(request: OrganizationRequest, message_id: int) -> HttpResponse:
    """Give the formatted part of a message, for a frame that may do nothing."""
    found = find(request, message_id)
    acts = list(found.acts.all())
    if not (found.html or acts):
        raise Http404
    return sandboxed(found.html or composing.written(found, acts, on=_bears(found)).html)


def _bears(message: Message) -> date | None:
    """Return the day that a letter not printed yet would bear: today; of an email its own."""
    return timezone.localdate() if message.channel in waiting.BY_POST else None


def find(request: OrganizationRequest, message_id: int) -> Message:
    """Return a message of the organization, with what it asks for."""
    found: Message = get_object_or_404(
        request.organization.messages.select_related(
            "customer", "contact", "organization", "copy_of"
        ).prefetch_related(with_acts()),
        pk=message_id,
    )
    return found

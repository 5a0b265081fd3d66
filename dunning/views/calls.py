"""The call screen: whom to call, what to say, how it went, and the next one at once."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from common.errors import DomainError
from common.money import Money
from dunning import calling, composing, facts, waiting
from dunning.forms import CallOutcome
from dunning.models import Call, Hold, Outcome, with_acts
from invoices.models import Contact
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Role, TimelineEvent

LISTED = 50
LATEST = 5
PROMISE_DAYS = 3  # working days that a proposed promise leaves at least
FRIDAY = 4


@require_GET
@organization_page()
def calls(request: OrganizationRequest) -> HttpResponse:
    """Show the call whose turn it is; whoever may call has it for himself from then on."""
    call = None
    if request.membership.may_collect:
        call = calling.lease_next(at=timezone.now(), on=timezone.localdate())
    return _screen(request, call)


@require_GET
@organization_page()
def call(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Show one call of the list, and take it if it is free."""
    found = get_object_or_404(request.organization.calls, pk=call_id)
    if not waiting.calls(on=timezone.localdate()).filter(pk=found.pk).exists():
        messages.info(request, _("Nobody has to make this call any more."))
        return redirect("calls", slug=request.organization.slug)
    if request.membership.may_collect:
        try:
            calling.lease(found, at=timezone.now())
        except calling.CallTaken as refusal:
            messages.warning(request, str(refusal))
            return _screen(request, found, is_mine=False)
    return _screen(request, found)


@require_POST
@organization_page(Role.COLLECTOR)
def outcome(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Note how a call went, and show the next one."""
    found = get_object_or_404(request.organization.calls, pk=call_id)
    form = _form(found, request)
    if form.is_valid():
        calendar = facts.calendar_of(request.organization)
        try:
            with transaction.atomic():  # the page of a refusal shows nothing of the try
                calling.note(found, form.said(), at=timezone.now(), calendar=calendar)
        except calling.CallTaken as refusal:
            form.add_error(None, str(refusal))
        except DomainError as refusal:
            if isinstance(refusal, calling.CallClosed):
                raise
            form.add_error(None, str(refusal))
        else:
            return _next(request)
    response = _screen(request, found, form=form)
    response.status_code = 422
    return response


@require_POST
@organization_page(Role.COLLECTOR)
def pass_over(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Put a call behind the others of the day, and show the next one."""
    found = get_object_or_404(request.organization.calls, pk=call_id)
    calling.pass_over(found, at=timezone.now())
    return _next(request)


@require_POST
@organization_page(Role.COLLECTOR)
def undo(request: OrganizationRequest, attempt_id: int) -> HttpResponse:
    """Take back what was just noted, and show that call again."""
    attempt = get_object_or_404(request.organization.attempts, pk=attempt_id)
    back = calling.undo(attempt, at=timezone.now())
    return _shown(request, back)


def _next(request: OrganizationRequest) -> HttpResponse:
    """Answer with the next call: to htmx in the same round trip."""
    return _shown(request, None)


def _shown(request: OrganizationRequest, call: Call | None) -> HttpResponse:
    slug = request.organization.slug
    if not request.htmx:
        if call is None:
            return redirect("calls", slug=slug)
        return redirect("call", slug=slug, call_id=call.pk)
    call = call or calling.lease_next(at=timezone.now(), on=timezone.localdate())
    address = reverse("calls", kwargs={"slug": slug})
    if call is not None:
        address = reverse("call", kwargs={"slug": slug, "call_id": call.pk})
    return push_url(_screen(request, call), address)


def _screen(
    request: OrganizationRequest,
    call: Call | None,
    *,
    form: CallOutcome | None = None,
    is_mine: bool = True,
) -> HttpResponse:
    at, on = timezone.now(), timezone.localdate()
    queue = waiting.in_order(waiting.calls(on=on), on=on, at=at)
    queue = queue.select_related("customer").prefetch_related(with_acts())
    rows = [_row(one, on=on, at=at) for one in queue[:LISTED]]
    waits = len(rows) if len(rows) < LISTED else waiting.calls(on=on).count()
    progress = _progress(request, on=on)
    may_note = request.membership.may_collect and is_mine
    context = {
        **shell(request),
        "section": "calls",
        "queue": rows,
        "at": at,
        **progress,
        "all_count": progress["done_count"] + waits,
        "undoable": calling.last_undoable(at=at) if request.membership.may_collect else None,
        "call": None,
    }
    if call is not None:
        context |= {**_case(request, call.pk, on=on), "may_note": may_note}
        context["form"] = form or _form(call)
        context["presets"] = _presets(request, on=on)
    return render(request, "dunning/calls.html", context)


def _row(call: Call, *, on: date, at: datetime) -> dict[str, Any]:
    """Return a line of the queue, with the reason for its place."""
    late = [(on - act.instalment.due_on).days for act in call.acts.all()]
    return {
        "call": call,
        "days_late": max(late, default=0),
        "is_later": call.due_at is not None and call.due_at > at,
        "is_call_back": call.outcome == Outcome.CALL_BACK,
        "is_broken_promise": call.outcome == Outcome.PROMISE,
        "is_taken": calling.is_taken(call, at=at),
    }


def _progress(request: OrganizationRequest, *, on: date) -> dict[str, Any]:
    """Count what was done today, and add up what was promised."""
    organization = request.organization
    midnight = timezone.make_aware(datetime.combine(on, datetime.min.time()))
    tries = organization.attempts.standing().filter(made_at__gte=midnight)
    promised = organization.holds.filter(
        kind=Hold.Kind.PROMISE,
        attempt__in=tries,
        ended_at__isnull=True,
        currency=organization.currency,
    ).aggregate(sum=Sum("promised_minor"))
    done = tries.select_related("call__customer").order_by("-made_at")
    return {
        "done": list(done[:LISTED]),
        "done_count": tries.filter(again_at__isnull=True).count(),
        "promised_today": Money(promised["sum"] or 0, organization.currency),
    }


def _case(request: OrganizationRequest, call_id: int, *, on: date) -> dict[str, Any]:
    """Return all that a person needs on the phone."""
    call: Call = (
        request.organization.calls.select_related("customer", "contact", "organization")
        .prefetch_related(with_acts())
        .get(pk=call_id)
    )
    acts = list(call.acts.all())
    promises = Hold.objects.filter(customer=call.customer_id, kind=Hold.Kind.PROMISE)
    # Of one call several invoices may be promised: that is one promise.
    settled = promises.exclude(result="").values_list("attempt", "promised_on", "result")
    results = [result for _attempt, _day, result in set(settled)]
    events = TimelineEvent.objects.filter(
        organization=request.organization, customer_id=call.customer_id
    )
    return {
        "call": call,
        "others": _others(call),
        "acts": [{"act": act, "days_late": (on - act.instalment.due_on).days} for act in acts],
        "days_late": max(((on - act.instalment.due_on).days for act in acts), default=0),
        "script": composing.script(call, acts, on=on),
        "amount": composing.total(call, acts),
        "tries": call.attempts.standing().count(),
        "kept": results.count(Hold.Result.KEPT),
        "settled_promises": len(results),
        "events": list(events.order_by("-position")[:LATEST]),
    }


def _others(call: Call) -> list[Contact]:
    """Return the contacts of a call's customer, its own first."""
    people = Contact.objects.filter(customer=call.customer_id)
    return sorted(people, key=lambda person: (person.pk != call.contact_id, person.rank))


def _form(call: Call, request: OrganizationRequest | None = None) -> CallOutcome:
    acts = list(call.acts.select_related("instalment").order_by("pk"))
    owed = composing.total(call, acts)
    on = timezone.localdate()
    calendar = facts.calendar_of(call.organization)
    again = calendar.add_working(on, 1)
    return CallOutcome(
        None if request is None else request.POST,
        call=call,
        contacts=_others(call),
        currency=owed.currency,
        initial={
            "outcome": Outcome.PROMISE,
            "amount": owed,
            "promised_on": _friday(calendar.add_working(on, PROMISE_DAYS)),
            "paid_on": on,
            "back_on": again,
            "back_at": timezone.localtime().replace(minute=0),
            "back_to": call.contact_id,
        },
    )


def _friday(day: date) -> date:
    """Return the first Friday from a day on: when firms pay."""
    return day + timedelta(days=(FRIDAY - day.weekday()) % 7)


def _presets(request: OrganizationRequest, *, on: date) -> list[tuple[str, date]]:
    """Return the days that are promised most often, each with its name."""
    calendar = facts.calendar_of(request.organization)
    month_end = (on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return [
        (_("Tomorrow"), calendar.add_working(on, 1)),
        (_("Friday"), _friday(calendar.add_working(on, PROMISE_DAYS))),
        (_("In 7 days"), on + timedelta(days=7)),
        (_("End of the month"), month_end),
    ]

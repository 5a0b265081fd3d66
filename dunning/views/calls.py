"""The call screen: whom to call, what to say, how it went, and the next one at once."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from common import formats
from common.errors import DomainError
from common.money import Money
from common.templatetags.display import language
from dunning import calling, composing, facts, waiting
from dunning.forms import CallOutcome
from dunning.models import Act, Call, Hold, OtherOutcome, Outcome
from invoices import portfolios
from invoices.models import Contact
from invoices.portfolios import Whose
from organizations.access import OrganizationRequest, organization_page, shell
from organizations.models import Right, TimelineEvent

LISTED = 50
LATEST = 5
PROMISE_DAYS = 3  # working days that a proposed promise leaves at least
FRIDAY = 4


@require_GET
@organization_page()
def calls(request: OrganizationRequest) -> HttpResponse:
    """Show the call whose turn it is; whoever may call has it for himself from then on."""
    call = None
    if request.membership.may(Right.COLLECT):
        call = _lease_next(request)
    return _screen(request, call)


@require_GET
@organization_page()
def call(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Show one call of the list, and take it if it is free."""
    found = get_object_or_404(_reachable(request), pk=call_id)
    if not waiting.calls(on=timezone.localdate()).filter(pk=found.pk).exists():
        messages.info(request, _("Nobody has to make this call any more."))
        return redirect(_address(request, None))
    if request.membership.may(Right.COLLECT):
        try:
            calling.lease(found, at=timezone.now())
        except calling.CallTaken as refusal:
            messages.warning(request, str(refusal))
            return _screen(request, found, is_mine=False)
    return _screen(request, found)


@require_GET
@organization_page()
def queue_page(request: OrganizationRequest) -> HttpResponse:
    """Show the calls of the day alone, for a screen that has no room for them beside a call."""
    at, on = timezone.now(), timezone.localdate()
    context = {**shell(request), "section": "calls", "at": at, **_queue(request, on=on, at=at)}
    return render(request, "dunning/call_queue.html", context)


@require_POST
@organization_page(Right.COLLECT)
def outcome(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Note how a call went, and show the next one."""
    found = get_object_or_404(_reachable(request), pk=call_id)
    if not _asked(found, on=timezone.localdate()):
        raise calling.CallClosed(_("Nobody has to make this call any more."))
    form = _form(found, request)
    if form.is_valid():
        calendar = facts.calendar_of(request.organization)
        try:
            with transaction.atomic():  # the page of a refusal shows nothing of the try
                calling.note(found, form.said(), at=timezone.now(), calendar=calendar)
        except calling.CallClosed:
            raise
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return _next(request)
    response = _screen(request, found, form=form)
    response.status_code = 422
    return response


@require_POST
@organization_page(Right.COLLECT)
def pass_over(request: OrganizationRequest, call_id: int) -> HttpResponse:
    """Put a call behind the others of the day, and show the next one."""
    found = get_object_or_404(_reachable(request), pk=call_id)
    calling.pass_over(found, at=timezone.now())
    return _next(request)


@require_POST
@organization_page(Right.COLLECT)
def undo(request: OrganizationRequest, attempt_id: int) -> HttpResponse:
    """Take back what was just noted, and show that call again."""
    attempt = get_object_or_404(request.organization.attempts, pk=attempt_id)
    back = calling.undo(attempt, at=timezone.now())
    return _shown(request, back)


def _next(request: OrganizationRequest) -> HttpResponse:
    """Answer with the next call: to htmx in the same round trip."""
    return _shown(request, None)


def _shown(request: OrganizationRequest, call: Call | None) -> HttpResponse:
    if not request.htmx:
        return redirect(_address(request, call))
    call = call or _lease_next(request)
    return push_url(_screen(request, call), _address(request, call))


def _address(request: OrganizationRequest, call: Call | None) -> str:
    """Return the address of a call, or of the list; whose customers are wanted goes along."""
    slug = request.organization.slug
    if call is None:
        return reverse("calls", kwargs={"slug": slug}) + _query(request)
    return reverse("call", kwargs={"slug": slug, "call_id": call.pk}) + _query(request)


def _whose(request: OrganizationRequest) -> Whose:
    asked = request.GET.get("whose", "")
    return Whose(asked) if asked in set(Whose) else Whose.TEAM


def _query(request: OrganizationRequest) -> str:
    whose = _whose(request)
    return "" if whose == Whose.TEAM else f"?whose={whose}"


def _wanted(request: OrganizationRequest) -> Q:
    """Return the condition that a call is of a customer of those one wants to see."""
    member, on = request.membership, timezone.localdate()
    return portfolios.wanted(member, _whose(request), on=on, of="customer__")


def _reachable(request: OrganizationRequest) -> QuerySet[Call]:
    """Return the calls that a member may open, whichever he wants to see."""
    member, on = request.membership, timezone.localdate()
    found: QuerySet[Call] = request.organization.calls.filter(
        portfolios.wanted(member, Whose.TEAM, on=on, of="customer__")
    )
    return found


def _lease_next(request: OrganizationRequest) -> Call | None:
    return calling.lease_next(at=timezone.now(), on=timezone.localdate(), whose=_wanted(request))


def _screen(
    request: OrganizationRequest,
    call: Call | None,
    *,
    form: CallOutcome | None = None,
    is_mine: bool = True,
) -> HttpResponse:
    at, on = timezone.now(), timezone.localdate()
    may_note = request.membership.may(Right.COLLECT) and is_mine
    context = {
        **shell(request),
        "section": "calls",
        "at": at,
        **_queue(request, on=on, at=at),
        "undoable": calling.last_undoable(at=at) if request.membership.may(Right.COLLECT) else None,
        "call": None,
    }
    if call is not None and _asked(call, on=on):
        context |= {**_case(request, call.pk, on=on), "may_note": may_note}
        form = form or _form(call)
        context |= {"form": form, "presets": _presets(request, form, on=on)}
    return render(request, "dunning/calls.html", context)


def _queue(request: OrganizationRequest, *, on: date, at: datetime) -> dict[str, Any]:
    """Return the calls of the day: those to make, those made, and how far one is."""
    wanted = waiting.calls(on=on, whose=_wanted(request))
    queue = waiting.in_order(wanted, on=on, at=at)
    queue = queue.select_related("customer").prefetch_related(waiting.with_asked(on=on))
    rows = [_row(one, on=on, at=at) for one in queue[:LISTED]]
    waits = len(rows) if len(rows) < LISTED else wanted.count()
    progress = _progress(request, on=on)
    return {
        "queue": rows,
        "whose": _whose(request),
        "whose_query": _query(request),
        **progress,
        "all_count": progress["done_count"] + waits,
    }


def _row(call: Call, *, on: date, at: datetime) -> dict[str, Any]:
    """Return a line of the queue, with the reason for its place."""
    late = [(on - act.instalment.due_on).days for act in call.asked_acts]
    return {
        "call": call,
        "days_late": max(late, default=0),
        "is_later": call.due_at is not None and call.due_at > at,
        "is_call_back": call.outcome == Outcome.CALL_BACK,
        "is_broken_promise": call.outcome == Outcome.PROMISE,
        "is_taken": calling.is_taken(call, at=at),
    }


def _progress(request: OrganizationRequest, *, on: date) -> dict[str, Any]:
    """Count what was done today, and add up what was promised.

    A call counts once it is off the day's list: done, or to be tried again another day.
    """
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
        "done_count": tries.exclude(call__in=waiting.calls(on=on).values("pk"))
        .values("call")
        .distinct()
        .count(),
        "promised_today": Money(promised["sum"] or 0, organization.currency),
    }


def _case(request: OrganizationRequest, call_id: int, *, on: date) -> dict[str, Any]:
    """Return all that a person needs on the phone."""
    call: Call = (
        request.organization.calls.select_related("customer", "contact", "organization")
        .prefetch_related(waiting.with_asked(on=on))
        .get(pk=call_id)
    )
    acts = call.asked_acts
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
        "script": composing.script(call, acts, on=on, caller=request.user.name),
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


def _asked(call: Call, *, on: date) -> list[Act]:
    """Return what a call still asks for."""
    acts = waiting.acts_of_calls(on=on).filter(call=call)
    return list(acts.select_related("instalment").order_by("pk"))


def _form(call: Call, request: OrganizationRequest | None = None) -> CallOutcome:
    on = timezone.localdate()
    owed = composing.total(call, _asked(call, on=on))
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
            "what": OtherOutcome.SOMETHING_ELSE,
        },
    )


def _friday(day: date) -> date:
    """Return the first Friday from a day on: when firms pay."""
    return day + timedelta(days=(FRIDAY - day.weekday()) % 7)


def _presets(request: OrganizationRequest, form: CallOutcome, *, on: date) -> list[dict[str, Any]]:
    """Return the days that are promised most often, each once with its name and its date."""
    calendar = facts.calendar_of(request.organization)
    month_end = (on.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    named = [
        ("", calendar.add_working(on, 1)),
        ("", _friday(calendar.add_working(on, PROMISE_DAYS))),
        (_("In 7 days"), on + timedelta(days=7)),
        (_("End of the month"), month_end),
    ]
    names = {day: name for name, day in reversed(named)}  # the first name of each day
    value = form["promised_on"].value()
    chosen = f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
    return [
        {
            "label": " ".join(part for part in (name, _short(day, is_named=bool(name))) if part),
            "text": f"{day:%d/%m/%Y}",
            "is_chosen": f"{day:%d/%m/%Y}" == chosen,
        }
        for day, name in sorted(names.items())
    ]


def _short(day: date, *, is_named: bool) -> str:
    """Return a day as a chip has it, its weekday first when it has no other name."""
    if is_named:
        return formats.day(day, language(), today=day)
    text = formats.weekday_short(day, language())
    return text[:1].upper() + text[1:]

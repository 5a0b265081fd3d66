"""The calls that people make: whose turn it is, how each went, and what follows from it.

A call is leased to the person who opens it, so that nobody is called twice. Each try is kept, and
can be taken back for a minute: then everything is as it was.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from common import formats, money, sentences
from common.errors import DomainError
from common.money import Money
from common.working_days import WorkingDays
from dunning import holds, waiting
from dunning.models import Call, CallAttempt, Hold, OtherOutcome, Outcome
from invoices import recording
from invoices.models import Contact, Invoice
from organizations import timeline
from organizations.models import Organization

LONGEST_NOTE = 500
LEASE = timedelta(minutes=15)
UNDO = timedelta(seconds=60)
# In the other half of a day people answer who did not in the first.
NOON, MORNING, AFTERNOON = time(12, 30), time(9, 30), time(14)
# After so many tries the phone is left alone, and the ladder goes on.
TRIES: Mapping[str, int] = {Outcome.VOICEMAIL: 2, Outcome.NO_ANSWER: 3}


class CallClosed(DomainError):
    """The call was made, or is not needed any more."""

    code = "call_closed"


class CallTaken(DomainError):
    """Somebody else is on the call."""

    code = "call_taken"


class IsIncomplete(DomainError):
    """What was noted lacks what it needs to have an effect."""

    code = "outcome_incomplete"


class NoWorkingDay(DomainError):
    """Nobody answers on that day."""

    code = "no_working_day"


class BadNumber(DomainError):
    """What is given as the right number cannot be dialled."""

    code = "bad_number"


class TooLateToUndo(DomainError):
    """A minute has passed, or something else happened to the call since."""

    code = "too_late_to_undo"


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a try.

    Args:
        amount: what is promised, or contested; by default all that the call is about.
        day: for which a promise is.
        category: the ground of a dispute, or the means of a payment said to be on its way.
        again_at: when to call back.
        phone: the right number, in place of a wrong one.
        contact: whom to ask next time.
        what: which other outcome it is, of `OtherOutcome`.
        invoices: the ids of those it is about; None: all that the call asks for.
    """

    outcome: str
    note: str = ""
    amount: Money | None = None
    day: date | None = None
    category: str = ""
    again_at: datetime | None = None
    phone: str = ""
    contact: Contact | None = None
    what: str = ""
    invoices: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class _Try:
    """A try being noted: its rows, what was said, and the moment."""

    call: Call
    attempt: CallAttempt
    said: Said
    at: datetime
    calendar: WorkingDays

    @property
    def organization(self) -> Organization:
        return self.call.organization

    @property
    def today(self) -> date:
        return self.at.astimezone(self.organization.zone).date()

    def invoices(self) -> list[Invoice]:
        """Return the invoices it is about, in the order in which they fell due.

        What is paid, or on hold for another reason, is not among them.

        Raises:
            IsIncomplete: there is none.
        """
        acts = waiting.acts_of_calls(on=self.today).filter(call=self.call)
        asked = Q(pk__in=acts.values("instalment__invoice"))
        if self.said.invoices is not None:
            asked &= Q(pk__in=self.said.invoices)
        found = Invoice.objects.open().filter(asked).select_related("customer", "organization")
        invoices = sorted(found.with_instalments().order_by("pk"), key=lambda one: one.due_on)
        if not invoices:
            raise IsIncomplete(_("Tick at least one invoice."))
        return invoices


def lease_next(*, at: datetime, on: date, whose: Q | None = None) -> Call | None:
    """Return the call whose turn it is, leased to who asks; None when nobody is to be called now.

    A call that one holds already comes first.

    Args:
        whose: the condition that a call is of a customer wanted; by default all are.
    """
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    mine = Q(leased_by=timeline.actor(), leased_until__gt=at)
    now = Q(due_at__isnull=True) | Q(due_at__lte=at)
    wanted = waiting.calls(on=on, whose=whose).filter(now).filter(free | mine)
    queue = waiting.in_order(wanted, on=on, at=at)
    held = queue.filter(mine).locked_if_free().first()
    call: Call | None = held or queue.locked_if_free().first()
    return None if call is None else _lease(call, at=at)


def lease(call: Call, *, at: datetime) -> Call:
    """Lease one call to who asks, or renew the lease.

    Raises:
        CallTaken: somebody else is on it.
        CallClosed: it was made, or is not needed any more.
    """
    return _lease(_open(call, at=at), at=at)


def is_taken(call: Call, *, at: datetime) -> bool:
    """Return whether somebody else than who asks is on a call."""
    is_leased = call.leased_until is not None and call.leased_until > at
    return is_leased and call.leased_by != timeline.actor()


def note(call: Call, said: Said, *, at: datetime, calendar: WorkingDays) -> CallAttempt:
    """Note how a try went, and do what follows: a hold, another try, or nothing more.

    Raises:
        CallClosed: somebody noted it already, or nothing is owed any more.
        CallTaken: somebody else is on it.
        IsIncomplete: the outcome lacks what it needs, or is about no invoice.
        NoWorkingDay: the day to call back is none.
        BadNumber: the right number is no phone number.
        holds.OverPromised, holds.EndsBeforeItBegins, holds.TooFarAhead: as `holds.promise`.
    """
    locked = _open(call, at=at)
    attempt = CallAttempt.objects.create(
        organization=locked.organization,
        call=locked,
        contact=locked.contact,
        outcome=said.outcome,
        what=_what(said),
        note=said.note[:LONGEST_NOTE],
        made_at=at,
        made_by=timeline.actor(),
    )
    again_at = _EFFECTS[said.outcome](_Try(locked, attempt, said, at, calendar))
    attempt.again_at = again_at
    attempt.save()
    _follow(locked, attempt)
    _remember("dunning.call_done", locked, at=at, outcome=str(said.outcome))
    return attempt


def undo(attempt: CallAttempt, *, at: datetime) -> Call:
    """Take back what was just noted: its holds end, and the call waits as it did.

    Raises:
        TooLateToUndo: a minute has passed, or it is not the last thing that happened to the call.
    """
    call: Call = Call.objects.locked().get(pk=attempt.call_id)
    tries = list(call.attempts.standing().order_by("pk"))
    is_last = bool(tries) and tries[-1].pk == attempt.pk
    if not is_last or at - attempt.made_at > UNDO or call.cancelled_at is not None:
        raise TooLateToUndo(_("It is too late to take this back."))
    attempt.undone_at = at
    attempt.save(update_fields=["undone_at"])
    for hold in Hold.objects.filter(attempt=attempt, ended_at__isnull=True).order_by("pk"):
        holds.end(hold, at=at)
    if attempt.contact is not None:
        _bring_number_back(attempt.contact, attempt, at=at)
    call.contact = attempt.contact
    _follow(call, tries[-2] if len(tries) > 1 else None)
    _lease(call, at=at)
    _remember("dunning.call_undone", call, at=at, outcome=attempt.outcome)
    return call


def pass_over(call: Call, *, at: datetime) -> None:
    """Put a call behind the others of the day.

    Raises:
        CallClosed, CallTaken: as `lease`.
    """
    locked = _open(call, at=at)
    locked.passed_at, locked.leased_by, locked.leased_until = at, "", None
    locked.save(update_fields=["passed_at", "leased_by", "leased_until"])


def last_undoable(*, at: datetime) -> CallAttempt | None:
    """Return what who asks noted within the last minute, if it can be taken back."""
    mine = CallAttempt.objects.standing().filter(
        made_by=timeline.actor(), made_at__gt=at - UNDO, call__cancelled_at__isnull=True
    )
    found: CallAttempt | None = mine.select_related("call__customer").order_by("-made_at").first()
    return found


def _open(call: Call, *, at: datetime) -> Call:
    """Lock a call that may be worked on."""
    locked: Call = (
        Call.objects.locked().select_related("organization", "customer", "contact").get(pk=call.pk)
    )
    if locked.done_at is not None or locked.cancelled_at is not None:
        raise CallClosed(_("This call is closed already."))
    if is_taken(locked, at=at):
        raise CallTaken(_("Somebody else is on this call."))
    return locked


def _lease(call: Call, *, at: datetime) -> Call:
    call.leased_by, call.leased_until = timeline.actor(), at + LEASE
    call.save(update_fields=["leased_by", "leased_until"])
    return call


def _follow(call: Call, attempt: CallAttempt | None) -> None:
    """Bring a locked call to where its last standing try leaves it.

    When it was reopened since that try, it waits from then on, as after a broken promise.
    """
    again_at = None if attempt is None else attempt.again_at
    outcome = "" if attempt is None else attempt.outcome
    reopened_at = call.reopened_at
    if reopened_at is not None and (attempt is None or attempt.made_at <= reopened_at):
        again_at, outcome = reopened_at, str(Outcome.PROMISE)
    is_done = attempt is not None and again_at is None
    call.outcome, call.due_at = outcome, again_at
    call.note = "" if attempt is None else attempt.note
    call.done_at = attempt.made_at if is_done and attempt is not None else None
    call.done_by = attempt.made_by if is_done and attempt is not None else ""
    call.leased_by, call.leased_until, call.passed_at = "", None, None
    call.save()


def _promised(one: _Try) -> datetime | None:
    """Hold the invoices by what is promised of them, those that fell due first being paid first."""
    if one.said.day is None:
        raise IsIncomplete(_("A promise needs a day."))
    owed = _owed(one)
    amount = owed if one.said.amount is None else one.said.amount
    if amount.minor <= 0 or amount > owed:
        raise holds.OverPromised(_more_than(owed, amount))
    for invoice, part in _shares(one, amount):
        holds.promise(
            invoice,
            part,
            one.said.day,
            at=one.at,
            calendar=one.calendar,
            category=one.said.category,
            attempt=one.attempt,
        )
    return None


def _owed(one: _Try) -> Money:
    balances = [invoice.balance for invoice in one.invoices()]
    return money.total(balances, currency=balances[0].currency)


def _shares(one: _Try, amount: Money) -> Iterator[tuple[Invoice, Money]]:
    """Give what falls to each invoice of an amount, those that fell due first before the others."""
    left = amount
    for invoice in one.invoices():
        part = min(left, invoice.balance)
        if part:
            yield invoice, part
        left -= part


def _more_than(owed: Money, amount: Money) -> str:
    return _("%(owed)s is owed, not %(amount)s.") % {
        "amount": sentences.of_amount(amount),
        "owed": sentences.of_amount(owed),
    }


def _said_paid(one: _Try) -> datetime | None:
    for invoice in one.invoices():
        holds.says_paid(
            invoice,
            category=one.said.category,
            reason=one.said.note[:200],
            at=one.at,
            calendar=one.calendar,
            attempt=one.attempt,
        )
    return None


def _disputed(one: _Try) -> datetime | None:
    """Hold the invoices, or as much of them as is contested."""
    if not one.said.category:
        raise IsIncomplete(_("Say what the dispute is about."))
    owed = _owed(one)
    amount = owed if one.said.amount is None else one.said.amount
    if amount.minor <= 0 or amount > owed:
        raise holds.OverContested(_more_than(owed, amount))
    for invoice, part in _shares(one, amount):
        holds.dispute(
            invoice,
            category=one.said.category,
            reason=one.said.note[:200],
            at=one.at,
            contested=part,
            attempt=one.attempt,
        )
    return None


def _to_call_back(one: _Try) -> datetime | None:
    if one.said.again_at is None or one.said.again_at <= one.at:
        raise IsIncomplete(_("Say when to call back: a moment to come."))
    if one.said.contact is not None:
        if one.said.contact.customer_id != one.call.customer_id:
            raise IsIncomplete(_("This contact is another customer’s."))
        one.call.contact = one.said.contact
    day = one.said.again_at.astimezone(one.organization.zone).date()
    if not one.calendar.is_working(day):
        raise NoWorkingDay(
            _("Nobody works on %(day)s: call back on %(next)s.")
            % {
                "day": sentences.of_weekday(day),
                "next": sentences.of_weekday(one.calendar.next_working(day)),
            }
        )
    return one.said.again_at


def _not_reached(one: _Try) -> datetime | None:
    """Try again in the other half of a working day, a few times; then leave the phone alone."""
    tries = one.call.attempts.standing().filter(outcome=one.said.outcome).count()
    if tries >= TRIES[one.said.outcome]:
        return None
    zone = one.organization.zone
    local = one.at.astimezone(zone)
    hour = AFTERNOON if local.time() < NOON else MORNING
    return datetime.combine(one.calendar.add_working(one.today, 1), hour, tzinfo=zone)


def _wrong_number(one: _Try) -> datetime | None:
    """Use the right number if it is known, else go on to the next contact."""
    contact, phone = one.call.contact, one.said.phone
    if contact is None or not phone:
        return _next_contact(one)
    if not formats.is_phone(phone):
        raise BadNumber(_("%(phone)s is no phone number.") % {"phone": phone[:24]})
    one.attempt.phone_given = formats.dialled(phone)
    one.attempt.phone_before = contact.phone
    one.attempt.phone_failed_before = contact.phone_failed_at
    recording.update_contact(contact, {"phone": one.attempt.phone_given}, at=one.at)
    return one.at


def _next_contact(one: _Try) -> datetime | None:
    """Call the contact no more at this number, and go on to the next one if there is any."""
    if one.call.contact is not None:
        recording.phone_failed(one.call.contact, at=one.at)
    following = waiting.next_to_call(one.call)
    if following is None:
        return None
    one.call.contact = following
    return one.at


def _other(one: _Try) -> datetime | None:
    if one.attempt.what == OtherOutcome.INSOLVENCY:
        holds.insolvency(
            one.call.customer, reason=one.said.note[:200], at=one.at, attempt=one.attempt
        )
    if one.attempt.what == OtherOutcome.LEFT_THE_COMPANY:
        return _next_contact(one)
    if one.attempt.what == OtherOutcome.SOMETHING_ELSE and not one.said.note.strip():
        raise IsIncomplete(_("Write in a few words what was said."))
    return None


def _what(said: Said) -> str:
    if said.outcome != Outcome.OTHER:
        return ""
    return said.what or str(OtherOutcome.SOMETHING_ELSE)


def _bring_number_back(contact: Contact, attempt: CallAttempt, *, at: datetime) -> None:
    """Undo what a try said of a contact's number, unless somebody changed it since."""
    contact.refresh_from_db()
    if attempt.phone_given and contact.phone == attempt.phone_given:
        recording.update_contact(contact, {"phone": attempt.phone_before}, at=at)
        contact.phone_failed_at = attempt.phone_failed_before
    elif contact.phone_failed_at == attempt.made_at:
        contact.phone_failed_at = None
    contact.save(update_fields=["phone_failed_at"])


_EFFECTS: Mapping[str, Callable[[_Try], datetime | None]] = {
    Outcome.PROMISE: _promised,
    Outcome.SAYS_PAID: _said_paid,
    Outcome.DISPUTE: _disputed,
    Outcome.CALL_BACK: _to_call_back,
    Outcome.VOICEMAIL: _not_reached,
    Outcome.WRONG_NUMBER: _wrong_number,
    Outcome.NO_ANSWER: _not_reached,
    Outcome.OTHER: _other,
}


def _remember(kind: str, call: Call, *, at: datetime, outcome: str) -> None:
    """Write one event for each invoice that a call is about."""
    about = {"customer": call.customer_id, "call": call.pk}
    invoices = call.acts.order_by("instalment__invoice").values_list("instalment__invoice")
    for (invoice_id,) in invoices.distinct():
        timeline.record(
            kind, about={**about, "invoice": invoice_id}, data={"outcome": outcome}, at=at
        )

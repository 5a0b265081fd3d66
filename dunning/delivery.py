"""Hand written messages to their channel, each at most once.

Three short transactions: claim, start, record; the network lies between the last two. A call
left without an answer becomes unknown, and a person looks: it is never made again blindly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import uuid4

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common import bulk
from common.errors import DomainError
from common.money import Money
from common.tenancy import tenant_transaction
from dunning import bounces, checklist, composing, enclosures, last_look
from dunning.channels import mail
from dunning.channels.base import AddressRefused, Envelope, NoAnswer, Refused, RefusedForNow
from dunning.models import Act, Channel, Message, StepKind
from dunning.models.message import MessageQuerySet
from invoices.models import Contact, Invoice
from organizations import bank_details, timeline
from organizations.models import Organization

Clock = Callable[[], datetime]
State = Message.State

# A claim that nobody carried on with is taken back; a call that nobody answered for is unknown.
CLAIM_SECONDS, CALL_SECONDS = 60, 120
UNDO = timedelta(seconds=60)  # in which an approval may be taken back
RETRY_MINUTES = (1, 5, 15, 60, 240)
RING_AGAIN_SECONDS = 60
PAPER_KEEPS = timedelta(days=3)  # over a weekend; then a letter is dated anew
NOON = time(12)


class NotInThisState(DomainError):
    """The message is not where the decision would find it."""

    code = "message_state"


class LetterIncomplete(DomainError):
    """A letter lacks what the post needs to bring it."""

    code = "letter_incomplete"


class NotAsPrinted(DomainError):
    """What is posted is what was printed; the paper is missing, or says what is not so any more."""

    code = "letter_not_as_printed"


class NotPostedThen(DomainError):
    """A letter is posted on the day on which it was printed or after, and not tomorrow."""

    code = "letter_not_posted_then"


class NothingLeftToSay(DomainError):
    """What the message asks for was paid or put on hold meanwhile."""

    code = "nothing_left_to_say"


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep did, and which messages to ring for again."""

    taken_back: int
    unknown: int
    to_ring: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An email that this worker sends, and what is still to be drawn and joined to it."""

    envelope: Envelope
    enclosed: enclosures.Enclosed | None


def deliver(message_id: int, *, organization_id: int, clock: Clock) -> None:
    """Send one message, if there still is something to say; to the next contact if it bounces."""
    with tenant_transaction(organization_id):
        bank_details.catch_up(Organization.objects.get(pk=organization_id), at=clock())
        claimed = claim(message_id, at=clock())
    if claimed is None:
        return
    envelope = replace(claimed.envelope, attachments=enclosures.drawn(claimed.enclosed))
    with tenant_transaction(organization_id):
        started = start(envelope, at=clock())
    if not started:
        return
    try:
        note = partial(_sent, receipt=mail.send(envelope))
    except AddressRefused as error:
        with tenant_transaction(organization_id):
            message = Message.objects.get(token=envelope.token)
            following = bounces.came_back(message, reason=str(error), at=clock())
        if following is not None:
            deliver(following, organization_id=organization_id, clock=clock)
        return
    except Refused as error:
        note = partial(_fail, reason=str(error))
    except RefusedForNow as error:
        note = partial(_put_back, reason=str(error))
    except NoAnswer as error:
        note = partial(_lose_sight, reason=str(error))
    with tenant_transaction(organization_id):
        note(Message.objects.locked().get(token=envelope.token), at=clock())


def claim(message_id: int, *, at: datetime) -> Claimed | None:
    """Reserve an email for this worker and freeze its text; None when nothing is left to say.

    Locks invoices, then acts, then the message, as everyone does. The copy of a letter asks for
    what the letter asks.
    """
    letter = Message.objects.values_list("copy_of", flat=True).get(pk=message_id)
    carried = Act.objects.filter(message=letter or message_id)
    list(Invoice.objects.filter(pk__in=carried.values("instalment__invoice")).locked())
    acts = list(carried.select_related("instalment__invoice").locked())
    related = ("customer", "contact", "organization", "copy_of")
    message = Message.objects.locked().select_related(*related).get(pk=message_id)
    waits = message.not_before is not None and message.not_before > at
    if message.state != State.QUEUED or message.channel != Channel.EMAIL or waits:
        return None
    standing = last_look.standing(message, acts) if letter else _drop_blocked(message, acts)
    to = message.contact.email if message.contact is not None else ""
    if not standing or not to:
        _cancel(message, "settled_or_held" if not standing else "no_address", at=at)
        return None
    _freeze(message, standing)
    message.to = to
    message.state, message.token, message.claimed_at = State.CLAIMED, uuid4(), at
    message.attempts += 1
    message.save()
    envelope = Envelope(
        token=message.token,
        organization_id=message.organization_id,
        sender_name=message.organization.name,
        reply_to=message.organization.email,
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
    )
    creditor = composing.creditor(message.organization)
    return Claimed(envelope, enclosures.of_email(message, standing, creditor))


def start(envelope: Envelope, *, at: datetime) -> bool:
    """Note that the call begins; False when the claim was taken back or started before."""
    mine = Message.objects.filter(token=envelope.token, state=State.CLAIMED, call_started_at=None)
    return mine.update(call_started_at=at) == 1


def sweep(*, at: datetime) -> Found:
    """Put right what workers left behind, and say which messages no bell rang for.

    Harmless at any time and any number of times.
    """
    claimed = Message.objects.filter(state=State.CLAIMED)
    idle = claimed.filter(
        call_started_at=None, claimed_at__lt=at - timedelta(seconds=CLAIM_SECONDS)
    )
    taken_back = idle.update(state=State.QUEUED, token=None, claimed_at=None)
    silent = claimed.filter(call_started_at__lt=at - timedelta(seconds=CALL_SECONDS))
    lost = list(silent.locked())
    for message in lost:
        _lose_sight(message, reason="the worker ended", at=at)
    waiting = Message.objects.filter(
        state=State.QUEUED,
        channel=Channel.EMAIL,
        created_at__lt=at - timedelta(seconds=RING_AGAIN_SECONDS),
    ).exclude(not_before__gt=at)
    ids = tuple(waiting.order_by("pk").values_list("pk", flat=True)[:1000])
    return Found(taken_back, len(lost), ids)


def approve(message: Message, *, at: datetime) -> None:
    """Let a message leave, in a minute: until then it may be taken back.

    Raises:
        NotInThisState: it does not wait for approval.
        NothingLeftToSay: what it asks for was paid or put on hold meanwhile.
    """
    locked = _in_state(message, State.AWAITING_APPROVAL)
    if not last_look.standing(locked, list(locked.acts.order_by("pk"))):
        raise NothingLeftToSay(_("What it asks for was paid or put on hold: it will not leave."))
    approve_all([locked], at=at)


def approve_all(messages: Sequence[Message], *, at: datetime) -> list[int]:
    """Let messages leave together, in a minute; return the ids of those that still waited."""
    waiting = Message.objects.filter(
        pk__in=[message.pk for message in messages], state=State.AWAITING_APPROVAL
    )
    approved = list(waiting.locked())
    for message in approved:
        message.state, message.not_before = State.QUEUED, at + UNDO
        message.approved_at, message.approved_by = at, timeline.actor()
    bulk.update(approved, "state", "not_before", "approved_at", "approved_by")
    _remember_all("dunning.message_approved", approved, at=at)
    return [message.pk for message in approved]


def take_back(approved_at: datetime, *, at: datetime) -> int:
    """Let the messages wait again that the same person approved at a moment; return how many.

    What has left, or is leaving, is not among them.
    """
    taken = list(undoable(at=at).filter(approved_at=approved_at).locked())
    for message in taken:
        message.state, message.not_before = State.AWAITING_APPROVAL, None
        message.approved_at, message.approved_by = None, ""
    bulk.update(taken, "state", "not_before", "approved_at", "approved_by")
    _remember_all("dunning.approval_taken_back", taken, at=at)
    return len(taken)


def undoable(*, at: datetime) -> MessageQuerySet:
    """Return what the person who asks approved within the last minute, and has not left."""
    found: MessageQuerySet = Message.objects.filter(
        state=State.QUEUED, approved_by=timeline.actor(), not_before__gt=at
    )
    return found


def cancel(message: Message, *, at: datetime) -> None:
    """Keep a message from leaving; its levels count as asked, so that they are not asked again.

    Raises:
        NotInThisState: it has left, or is on its way.
    """
    locked = _in_state(message, State.AWAITING_APPROVAL, State.QUEUED)
    _cancel(locked, "by_hand", at=at)


def mark_printed(message: Message, *, at: datetime, number: str = "") -> Message:
    """Freeze a letter for the paper, and return it; one that stands as printed stays as it is.

    It bears the day on which it is printed, and its delay and interest count from there.

    Args:
        number: of the registered letter, when the post gave it beforehand.

    Raises:
        NotInThisState: it is no letter that waits to be posted, or nothing is owed any more.
        LetterIncomplete: the post would bring it to nobody.
    """
    letter, acts = _letter_to_post(message)
    on = _day(letter, at)
    number = number.strip() or letter.receipt
    if number == letter.receipt and is_as_printed(letter, acts, on=on):
        return letter
    _refuse_incomplete(letter, on=on)
    standing = _still_to_post(letter, acts, on=on)
    _drop(acts, but=standing)
    letter.receipt, letter.printed_at, letter.printed_by = number, at, timeline.actor()
    letter.to = composing.recipient(letter)
    _freeze(letter, standing)
    letter.save()
    _remember("dunning.letter_printed", letter, at=at)
    return letter


def is_as_printed(letter: Message, acts: Sequence[Act], *, on: date) -> bool:
    """Return whether a letter was printed and all on the paper holds on a day: post it."""
    return letter.pk in as_printed([(letter, acts)], on=on)


def as_printed(found: Sequence[tuple[Message, Sequence[Act]]], *, on: date) -> set[int]:
    """Return the ids of the letters that were printed and whose every word holds on a day.

    What is asked for, to whom, and the day: a letter leaves within three days of its date, so
    that the delay it gives is one.

    Args:
        found: letters of one organization with their acts.
    """
    printed = [(letter, acts) for letter, acts in found if letter.printed_on is not None]
    if not printed:
        return set()
    asked = [act for _letter, acts in printed for act in acts]
    standing = {
        act.pk for act in last_look.still_standing(printed[0][0].organization, asked, on=on)
    }
    return {
        letter.pk
        for letter, acts in printed
        if acts
        and all(act.pk in standing for act in acts)
        and composing.total(letter, acts) == Money(letter.total_minor or 0, letter.currency)
        and composing.recipient(letter) == letter.to
        and letter.printed_on is not None
        and on <= letter.printed_on + PAPER_KEEPS
    }


def mark_posted(
    message: Message, *, at: datetime, posted_on: date | None = None, number: str = ""
) -> int | None:
    """Note that a person posted a letter as it was printed.

    A copy leaves by email, if somebody can be written to; return its id, to ring for.

    Args:
        posted_on: the day, by default that of `at`.
        number: of the registered letter, as the post gave it.

    Raises:
        NotInThisState: it is no letter that waits to be posted, or nothing is owed any more.
        LetterIncomplete: the post would bring it to nobody.
        NotAsPrinted: it was not printed, or what the paper says does not hold any more.
        NotPostedThen: the day lies before the one on which it was printed, or is still to come.
    """
    letter, acts = _letter_to_post(message)
    today = _day(letter, at)
    posted_on = posted_on or today
    _refuse_incomplete(letter, on=today)
    _still_to_post(letter, acts, on=today)
    if letter.printed_on is None:
        raise NotAsPrinted(_("Print the letter first: what is posted is what was printed."))
    refuse_day(letter, posted_on, today=today)
    number = number.strip() or letter.receipt
    has_other_number = letter.receipt not in {"", number}
    if has_other_number or not is_as_printed(letter, acts, on=posted_on):
        raise NotAsPrinted(
            _("What the paper says does not hold any more: print the letter to %(name)s anew.")
            % {"name": letter.customer.name}
        )
    _sent(letter, receipt=number or composing.UNNUMBERED, at=at, posted_on=posted_on)
    return _write_copy(letter, at=at)


def refuse_day(letter: Message, posted_on: date, *, today: date) -> None:
    """Refuse a day on which a printed letter can't have been posted.

    Raises:
        NotPostedThen: it lies before the day of printing, or is still to come.
    """
    if posted_on > today:
        raise NotPostedThen(
            _("%(day)s is still to come: a letter is posted today, or was before.")
            % {"day": date_format(posted_on, "DATE_FORMAT")}
        )
    if letter.printed_on is not None and posted_on < letter.printed_on:
        raise NotPostedThen(
            _("%(day)s is before the letter to %(name)s was printed, on %(printed)s.")
            % {
                "day": date_format(posted_on, "DATE_FORMAT"),
                "name": letter.customer.name,
                "printed": date_format(letter.printed_on, "DATE_FORMAT"),
            }
        )


def _letter_to_post(message: Message) -> tuple[Message, list[Act]]:
    """Lock the invoices, acts and row of a letter that waits to be posted, and return them."""
    carried = Act.objects.filter(message=message)
    list(Invoice.objects.filter(pk__in=carried.values("instalment__invoice")).locked())
    acts = list(carried.select_related("instalment__invoice").locked())
    letter = _in_state(message, State.QUEUED)
    if letter.channel == Channel.EMAIL:
        raise NotInThisState(_("This is no letter."))
    return letter, sorted(acts, key=lambda act: (act.instalment.due_on, act.pk))


def _still_to_post(letter: Message, acts: Sequence[Act], *, on: date) -> list[Act]:
    standing = last_look.standing(letter, acts, on=on)
    if not standing:
        raise NotInThisState(_("There is no letter to post: it was paid or held meanwhile."))
    return standing


def _refuse_incomplete(letter: Message, *, on: date) -> None:
    if any(gap.blocks for gap in checklist.gaps(letter, on=on)):
        raise LetterIncomplete(
            _("The address of %(name)s is missing: the post would bring the letter to nobody.")
            % {"name": letter.customer.name}
        )


def _day(message: Message, at: datetime) -> date:
    return at.astimezone(message.organization.zone).date()


def _write_copy(letter: Message, *, at: datetime) -> int | None:
    """Write the email that brings a posted letter to the first contact with an address."""
    people = Contact.objects.filter(customer=letter.customer_id).order_by("rank", "pk")
    to = next((person for person in people if person.can_be_written_to), None)
    if to is None:
        return None
    copy: Message = Message.objects.create(
        organization=letter.organization,
        customer_id=letter.customer_id,
        contact=to,
        channel=Channel.EMAIL,
        kind=letter.kind,
        tone=letter.tone,
        level=letter.level,
        state=State.QUEUED,
        language=letter.language,
        written_on=letter.written_on,
        copy_of=letter,
        created_at=at,
    )
    return copy.pk


def settle_unknown(message: Message, *, left: bool, at: datetime) -> None:
    """Say whether an uncertain message left: a person looked.

    Raises:
        NotInThisState: it is not uncertain.
    """
    locked = _in_state(message, State.UNKNOWN)
    if left:
        _sent(locked, receipt="by hand", at=at)
    else:
        _fail(locked, reason="by hand", at=at)


def _in_state(message: Message, *states: State) -> Message:
    related = ("customer", "contact", "organization")
    locked = Message.objects.locked().select_related(*related).get(pk=message.pk)
    if locked.state not in states:
        raise NotInThisState(
            _("The message is in the state “%(state)s”.") % {"state": State(locked.state).label}
        )
    return locked


def _sent(message: Message, *, receipt: str, at: datetime, posted_on: date | None = None) -> None:
    """Note that the channel accepted the message, under its own reference.

    Args:
        posted_on: the day of a letter; an earlier one than that of `at` is noted at its noon.
    """
    message.state, message.receipt, message.sent_at = State.SENT, receipt[:250], at
    if posted_on is not None and posted_on < _day(message, at):
        message.sent_at = datetime.combine(posted_on, NOON, tzinfo=message.organization.zone)
    message.save()
    kind = "dunning.thanks_sent" if message.kind == StepKind.THANK_YOU else "dunning.reminder_sent"
    _remember("dunning.copy_sent" if message.copy_of_id else kind, message, at=at)


def _fail(message: Message, *, reason: str, at: datetime) -> None:
    message.state, message.failure = State.FAILED, reason[:250]
    message.save(update_fields=["state", "failure"])
    _remember("dunning.message_failed", message, at=at)


def _lose_sight(message: Message, *, reason: str, at: datetime) -> None:
    message.state, message.failure = State.UNKNOWN, reason[:250]
    message.save(update_fields=["state", "failure"])
    _remember("dunning.message_unknown", message, at=at)


def _put_back(message: Message, *, reason: str, at: datetime) -> None:
    """Queue a message that was refused for certain again, for later; in the end it fails."""
    if message.attempts > len(RETRY_MINUTES):
        _fail(message, reason=reason, at=at)
        return
    wait = timedelta(minutes=RETRY_MINUTES[message.attempts - 1])
    message.state, message.failure, message.not_before = State.QUEUED, reason[:250], at + wait
    message.token = message.claimed_at = message.call_started_at = None
    message.save()


def _cancel(message: Message, reason: str, *, at: datetime) -> None:
    message.state, message.failure = State.CANCELLED, reason
    message.save(update_fields=["state", "failure"])
    _remember("dunning.message_cancelled", message, at=at, reason=reason)


def _freeze(message: Message, acts: Sequence[Act]) -> None:
    words = composing.written(message, acts)
    asked = composing.total(message, acts)
    message.subject, message.text, message.html = words.subject[:250], words.text, words.html
    message.total_minor, message.currency = asked.minor, asked.currency


def _drop_blocked(message: Message, acts: Sequence[Act]) -> list[Act]:
    """Keep the acts that still stand; remove the others, which never happened."""
    standing = last_look.standing(message, acts)
    _drop(acts, but=standing)
    return standing


def _drop(acts: Sequence[Act], *, but: Sequence[Act]) -> None:
    Act.objects.filter(pk__in={act.pk for act in acts} - {act.pk for act in but}).delete()


def _remember(kind: str, message: Message, *, at: datetime, **data: str) -> None:
    _remember_all(kind, [message], at=at, **data)


def _remember_all(kind: str, messages: Sequence[Message], *, at: datetime, **data: str) -> None:
    """Write one event for each invoice that messages are about, with the rule that asked."""
    acts = Act.objects.filter(message__in=messages).select_related("instalment").order_by("pk")
    rules: dict[int, dict[int, Act]] = {message.pk: {} for message in messages}
    for act in acts:
        rules[act.message_id or 0][act.instalment.invoice_id] = act
    for message in messages:
        about = {"customer": message.customer_id, "message": message.pk}
        if not rules[message.pk]:
            timeline.record(kind, about=about, data=data, at=at)
        for invoice_id, act in rules[message.pk].items():
            why: dict[str, str | int] = {"rule": act.rule, "level": act.level}
            timeline.record(
                kind,
                about={**about, "invoice": invoice_id},
                data={**data, **why, "channel": message.channel},
                at=at,
            )

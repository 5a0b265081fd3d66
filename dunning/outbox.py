"""The moves of a message between its states, each with its place in the timeline."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning import composing, stationery
from dunning.models import Act, Call, Message, StepKind
from dunning.stationery import Stationery
from organizations import timeline

State = Message.State

# From where a message may be noted as sent: a letter is queued until it is posted.
MAY_BE_SENT = (State.QUEUED, State.CLAIMED, State.UNKNOWN)
RETRY_MINUTES = (1, 5, 15, 60, 240)
LONGEST_WAIT = timedelta(days=1)  # whatever a channel asks for
NOON = time(12)


class NotInThisState(DomainError):
    """The message is not where the decision would find it."""

    code = "message_state"


def in_state(message: Message, *states: State) -> Message:
    """Lock a message that a decision is about, and return it.

    Raises:
        NotInThisState: it is in none of the states.
    """
    related = ("customer", "contact", "organization")
    locked = Message.objects.locked().select_related(*related).get(pk=message.pk)
    if locked.state not in states:
        raise NotInThisState(
            _("The message is in the state “%(state)s”.") % {"state": State(locked.state).label}
        )
    return locked


def locked_by_token(token: UUID) -> Message:
    """Lock the message that a call is about, and return it."""
    related = ("customer", "contact", "organization")
    found: Message = Message.objects.locked().select_related(*related).get(token=token)
    return found


def sent(
    message: Message,
    *,
    receipt: str,
    at: datetime,
    posted_on: date | None = None,
    reference: str = "",
) -> None:
    """Note that the channel accepted the message, under its own reference.

    Args:
        reference: that of the provider, where the receipt is another one's, as the post's.
        posted_on: the day of a letter; an earlier one than that of `at` is noted at its noon.

    One that is over is left as it is: its bounce may come before the answer of the channel.
    """
    if message.state not in MAY_BE_SENT:
        return
    message.state, message.receipt, message.sent_at = State.SENT, receipt[:250], at
    message.provider_reference = reference[:80] or message.provider_reference
    if posted_on is not None and posted_on < day_of(message, at):
        message.sent_at = datetime.combine(posted_on, NOON, tzinfo=message.organization.zone)
    message.save()
    kind = "dunning.thanks_sent" if message.kind == StepKind.THANK_YOU else "dunning.reminder_sent"
    remember("dunning.copy_sent" if message.copy_of_id else kind, message, at=at)


def failed(message: Message, *, reason: str, at: datetime) -> None:
    """Note that nothing left, for certain and for good; one that is over is left as it is."""
    if message.state in {State.CLAIMED, State.UNKNOWN}:
        failed_after_all(message, reason=reason, at=at)


def failed_after_all(message: Message, *, reason: str, at: datetime) -> None:
    """Note that what was said to be sent reached nobody."""
    message.state, message.failure = State.FAILED, reason[:250]
    message.save(update_fields=["state", "failure"])
    remember("dunning.message_failed", message, at=at)


def lost_sight(
    message: Message, *, reason: str, at: datetime, again_at: datetime | None = None
) -> None:
    """Note that nobody knows whether it left: a person looks; one that is over is left as it is.

    Args:
        again_at: when its provider may be asked again under the same key, where it knows keys.
    """
    if message.state != State.CLAIMED:
        return
    message.state, message.failure, message.not_before = State.UNKNOWN, reason[:250], again_at
    message.save(update_fields=["state", "failure", "not_before"])
    remember("dunning.message_unknown", message, at=at)


def still_unknown(message: Message, *, reason: str, again_at: datetime | None = None) -> None:
    """Note that another call told nothing more; without `again_at` it is for a person alone."""
    message.failure, message.not_before = reason[:250], again_at
    message.attempts += 1
    message.save(update_fields=["failure", "not_before", "attempts"])


def put_back(message: Message, *, reason: str, at: datetime, seconds: int | None = None) -> None:
    """Queue a message that was refused for certain again, for later; in the end it fails.

    A refusal that comes when the sweeper gave the message up already is noted for who looks.

    Args:
        seconds: that the channel asks to wait; it waits for its own time if that is longer.
    """
    if message.state == State.UNKNOWN:
        message.failure = reason[:250]
        message.save(update_fields=["failure"])
        return
    if message.state != State.CLAIMED:
        return
    if message.attempts > len(RETRY_MINUTES):
        failed(message, reason=reason, at=at)
        return
    wait = timedelta(minutes=RETRY_MINUTES[message.attempts - 1])
    if seconds is not None:
        wait = min(max(wait, timedelta(seconds=seconds)), LONGEST_WAIT)
    message.state, message.failure, message.not_before = State.QUEUED, reason[:250], at + wait
    message.token = message.claimed_at = message.call_started_at = message.printed_at = None
    message.save()


def cancelled(message: Message, reason: str, *, at: datetime) -> None:
    """Note that it will not leave, and why."""
    message.state, message.failure = State.CANCELLED, reason
    message.save(update_fields=["state", "failure"])
    remember("dunning.message_cancelled", message, at=at, reason=reason)


def freeze(
    message: Message, acts: Sequence[Act], *, written_on: Stationery | None = None
) -> Stationery:
    """Fix the words and the amount that the debtor sees; the row is not saved.

    Return what it is written on.

    Args:
        written_on: for who freezes many.
    """
    written_on = written_on or stationery.in_force()
    words = composing.written(message, acts, written_on=written_on)
    message.own_text = composing.own_text(message, written_on=written_on)
    asked = composing.total(message, acts)
    message.subject, message.text, message.html = words.subject[:250], words.text, words.html
    message.total_minor, message.currency = asked.minor, asked.currency
    message.text_hash = digest(message)
    return written_on


def digest(message: Message) -> str:
    """Return the SHA-256 of what a debtor reads, by which frozen words show that they still are."""
    said = "\0".join((message.subject, message.text, message.html))
    return hashlib.sha256(said.encode()).hexdigest()


def drop(acts: Sequence[Act], stopped: Mapping[int, tuple[str, ...]], *, at: datetime) -> list[Act]:
    """Remove the acts that do not stand any more, and return the others.

    Those never happened, and the timeline says so, with what stopped them.

    Args:
        stopped: as `last_look.stopped_by` returns it.
    """
    gone = [act for act in acts if stopped[act.pk]]
    Act.objects.filter(pk__in=[act.pk for act in gone]).delete()
    for act in gone:
        timeline.record(
            "dunning.act_dropped",
            about={
                "customer": act.customer_id,
                "invoice": act.instalment.invoice_id,
                "message": act.message_id or 0,
            },
            data={
                "rule": act.rule,
                "level": act.level,
                "channel": act.channel,
                "because": stopped[act.pk][0],
            },
            at=at,
        )
    return [act for act in acts if not stopped[act.pk]]


def calls_let_go(calls: QuerySet[Call], reason: str, *, at: datetime) -> None:
    """Take calls off the list, and say of each invoice which rule had asked for it.

    Args:
        calls: open ones.
    """
    acts = Act.objects.filter(call__in=calls).select_related("instalment").order_by("pk")
    for act in acts:
        timeline.record(
            "dunning.call_cancelled",
            about={
                "customer": act.customer_id,
                "invoice": act.instalment.invoice_id,
                "call": act.call_id or 0,
            },
            data={"rule": act.rule, "level": act.level, "reason": reason},
            at=at,
        )
    calls.update(cancelled_at=at)


def let_go(messages: QuerySet[Message], reason: str, *, at: datetime) -> None:
    """Cancel messages that wait for a person, as `cancelled`, in bulk."""
    found = list(messages.order_by("pk").select_for_update(of=("self",)))
    Message.objects.filter(pk__in=[message.pk for message in found]).update(
        state=State.CANCELLED, failure=reason
    )
    remember_all("dunning.message_cancelled", found, at=at, reason=reason)


def remember(kind: str, message: Message, *, at: datetime, **data: str | int) -> None:
    """Write what became of a message into the timeline, as `remember_all`."""
    remember_all(kind, [message], at=at, **data)


def remember_all(
    kind: str, messages: Sequence[Message], *, at: datetime, **data: str | int
) -> None:
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


def day_of(message: Message, at: datetime) -> date:
    """Return the day of an instant where the creditor is."""
    return at.astimezone(message.organization.zone).date()

"""The moves of a message between its states, each with its place in the timeline."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning import composing
from dunning.models import Act, Call, Message, StepKind
from organizations import timeline

State = Message.State

RETRY_MINUTES = (1, 5, 15, 60, 240)
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


def sent(message: Message, *, receipt: str, at: datetime, posted_on: date | None = None) -> None:
    """Note that the channel accepted the message, under its own reference.

    Args:
        posted_on: the day of a letter; an earlier one than that of `at` is noted at its noon.
    """
    message.state, message.receipt, message.sent_at = State.SENT, receipt[:250], at
    if posted_on is not None and posted_on < day_of(message, at):
        message.sent_at = datetime.combine(posted_on, NOON, tzinfo=message.organization.zone)
    message.save()
    kind = "dunning.thanks_sent" if message.kind == StepKind.THANK_YOU else "dunning.reminder_sent"
    remember("dunning.copy_sent" if message.copy_of_id else kind, message, at=at)


def failed(message: Message, *, reason: str, at: datetime) -> None:
    """Note that nothing left, for certain and for good."""
    message.state, message.failure = State.FAILED, reason[:250]
    message.save(update_fields=["state", "failure"])
    remember("dunning.message_failed", message, at=at)


def lost_sight(message: Message, *, reason: str, at: datetime) -> None:
    """Note that nobody knows whether it left: a person looks."""
    message.state, message.failure = State.UNKNOWN, reason[:250]
    message.save(update_fields=["state", "failure"])
    remember("dunning.message_unknown", message, at=at)


def put_back(message: Message, *, reason: str, at: datetime) -> None:
    """Queue a message that was refused for certain again, for later; in the end it fails."""
    if message.attempts > len(RETRY_MINUTES):
        failed(message, reason=reason, at=at)
        return
    wait = timedelta(minutes=RETRY_MINUTES[message.attempts - 1])
    message.state, message.failure, message.not_before = State.QUEUED, reason[:250], at + wait
    message.token = message.claimed_at = message.call_started_at = None
    message.save()


def cancelled(message: Message, reason: str, *, at: datetime) -> None:
    """Note that it will not leave, and why."""
    message.state, message.failure = State.CANCELLED, reason
    message.save(update_fields=["state", "failure"])
    remember("dunning.message_cancelled", message, at=at, reason=reason)


def freeze(message: Message, acts: Sequence[Act]) -> None:
    """Fix the words and the amount that the debtor sees; the row is not saved."""
    words = composing.written(message, acts)
    asked = composing.total(message, acts)
    message.subject, message.text, message.html = words.subject[:250], words.text, words.html
    message.total_minor, message.currency = asked.minor, asked.currency


def drop(acts: Sequence[Act], *, but: Sequence[Act], at: datetime) -> None:
    """Remove the acts that do not stand any more: they never happened, and the timeline says so."""
    kept = {act.pk for act in but}
    gone = [act for act in acts if act.pk not in kept]
    Act.objects.filter(pk__in=[act.pk for act in gone]).delete()
    for act in gone:
        timeline.record(
            "dunning.act_dropped",
            about={"customer": act.customer_id, "invoice": act.instalment.invoice_id},
            data={"rule": act.rule, "level": act.level, "channel": act.channel},
            at=at,
        )


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


def remember(kind: str, message: Message, *, at: datetime, **data: str) -> None:
    """Write what became of a message into the timeline, as `remember_all`."""
    remember_all(kind, [message], at=at, **data)


def remember_all(kind: str, messages: Sequence[Message], *, at: datetime, **data: str) -> None:
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

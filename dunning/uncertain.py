"""Messages that may have left: what a person says of them, and what the clock says in the end.

Nothing sends one again by itself (docs/decisions/0005). Who lets it be sent again says that the
debtor may hear it twice; it is then another message, of the same acts.
"""

from datetime import datetime, timedelta

from dunning import last_look, outbox, stopping
from dunning.models import Act, Message
from invoices.models import Invoice
from organizations import timeline

State = Message.State

# Nobody looked: it counts as sent, as it has from the first day for what comes next.
SETTLED_AFTER = timedelta(days=7)
BY_HAND, BY_THE_CLOCK, SENT_AGAIN = "by hand", "by the clock", "sent again"


def settle(message: Message, *, left: bool, at: datetime) -> None:
    """Say whether an uncertain message left: a person looked.

    Raises:
        NotInThisState: it is not uncertain.
    """
    locked = outbox.in_state(message, State.UNKNOWN)
    if left:
        _left(locked, receipt=BY_HAND, at=at)
    else:
        outbox.failed(locked, reason=BY_HAND, at=at)


def send_again(message: Message, *, at: datetime, undo: timedelta) -> Message:
    """Send the acts of an uncertain message by another one, a while later, and return that.

    Locks invoices, then acts, then the message, as everyone does.

    Args:
        undo: in which the person may take it back.

    Raises:
        NotInThisState: it is not uncertain.
        last_look.NothingLeftToSay: what it asks for was paid or put on hold meanwhile.
        stopping.SendingStopped: it is.
    """
    stopping.refuse(message.organization)
    carried = Act.objects.filter(message=message.copy_of_id or message.pk)
    list(Invoice.objects.filter(pk__in=carried.values("instalment__invoice")).locked())
    acts = list(carried.select_related("instalment__invoice").locked())
    locked = outbox.in_state(message, State.UNKNOWN)
    standing = last_look.standing(locked, acts)
    if not standing:
        last_look.refuse_nothing()
    outbox.failed(locked, reason=SENT_AGAIN, at=at)
    again: Message = Message.objects.create(
        organization=locked.organization,
        customer_id=locked.customer_id,
        contact=locked.contact,
        channel=locked.channel,
        kind=locked.kind,
        tone=locked.tone,
        level=locked.level,
        state=State.QUEUED,
        language=locked.language,
        written_on=locked.written_on,
        quiet=locked.quiet,
        copy_of_id=locked.copy_of_id,
        again_of=locked,
        not_before=at + undo,
        approved_at=at,
        approved_by=timeline.actor(),
        created_at=at,
    )
    if locked.copy_of_id is None:
        Act.objects.filter(pk__in=[act.pk for act in standing]).update(message=again)
    outbox.remember("dunning.message_sent_again", again, at=at)
    return again


def settle_old(*, at: datetime) -> int:
    """Take as sent what has been uncertain for a week and nobody looked at; return how many."""
    old = Message.objects.filter(
        state=State.UNKNOWN, call_started_at__lt=at - SETTLED_AFTER
    ).select_related("organization")
    found = list(old.locked())
    for message in found:
        _left(message, receipt=BY_THE_CLOCK, at=at)
    return len(found)


def _left(message: Message, *, receipt: str, at: datetime) -> None:
    """Note that it left when its sending began, as somebody or the clock decided."""
    message.state, message.receipt = State.SENT, receipt
    message.sent_at = message.call_started_at
    message.save(update_fields=["state", "receipt", "sent_at"])
    outbox.remember("dunning.message_taken_as_sent", message, at=at, by=receipt)

"""What waits for a person: calls to make, reminders to approve, letters to post.

What was paid or put on hold meanwhile does not wait: nobody is asked for it by mistake.
"""

from datetime import date, datetime

from django.db.models import Exists, F, Q, QuerySet

from dunning.models import Act, Call, Channel, Hold, Message, StepKind
from organizations import timeline

BY_POST = (Channel.LETTER, Channel.REGISTERED_LETTER)
_IS_OWED = Q(instalment__settled_minor__lt=F("instalment__amount_minor"))
State = Message.State


def calls(*, on: date) -> QuerySet[Call]:
    """Return the calls to make on a day."""
    return Call.objects.open().filter(pk__in=_asking(on=on).values("call"))


def to_approve(*, on: date) -> QuerySet[Message]:
    """Return the messages that leave once a person says so; thanks are for what was paid."""
    return Message.objects.filter(
        Q(kind=StepKind.THANK_YOU) | Q(pk__in=_asking(on=on).values("message")),
        state=State.AWAITING_APPROVAL,
    )


def to_post(*, on: date) -> QuerySet[Message]:
    """Return the letters to print and post."""
    return Message.objects.filter(
        pk__in=_asking(on=on).values("message"), state=State.QUEUED, channel__in=BY_POST
    )


def let_go(*, at: datetime) -> None:
    """Close the calls and cancel the messages whose every instalment was paid meanwhile."""
    owed = Act.objects.filter(_IS_OWED)
    unneeded = Call.objects.open().exclude(pk__in=owed.filter(call__isnull=False).values("call"))
    unneeded.update(cancelled_at=at)
    waiting = Q(state=State.AWAITING_APPROVAL) | Q(state=State.QUEUED, channel__in=BY_POST)
    paid = (
        Message.objects.filter(waiting)
        .exclude(kind=StepKind.THANK_YOU)
        .exclude(pk__in=owed.filter(message__isnull=False).values("message"))
    )
    for message in list(paid.locked()):
        message.state, message.failure = State.CANCELLED, "settled_or_held"
        message.save(update_fields=["state", "failure"])
        timeline.record(
            "dunning.message_cancelled",
            about={"customer": message.customer_id, "message": message.pk},
            data={"reason": message.failure},
            at=at,
        )


def _asking(*, on: date) -> QuerySet[Act]:
    """Return the acts whose instalment is owed and free of holds."""
    holds = Hold.objects.standing(on=on)
    of_invoices = holds.filter(invoice__isnull=False).values("invoice")
    of_customers = holds.filter(customer__isnull=False, invoice__isnull=True).values("customer")
    of_everyone = holds.filter(customer__isnull=True, invoice__isnull=True)
    return Act.objects.filter(_IS_OWED, ~Exists(of_everyone)).exclude(
        Q(instalment__invoice__in=of_invoices) | Q(customer__in=of_customers)
    )

"""Hand written messages to their channel, each at most once.

Three short transactions: claim, start, record; the network lies between the last two. A call
left without an answer becomes unknown, and a person looks: it is never made again blindly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.utils.translation import gettext as _

from common import bulk
from common.errors import DomainError
from common.tenancy import tenant_transaction
from dunning import bounces, composing, enclosures, last_look, outbox
from dunning.channels import mail
from dunning.channels.base import AddressRefused, Envelope, NoAnswer, Refused, RefusedForNow
from dunning.models import Act, Channel, Message
from dunning.models.message import MessageQuerySet
from invoices.models import Invoice
from organizations import bank_details, timeline
from organizations.models import Organization

Clock = Callable[[], datetime]
State = Message.State

# A claim that nobody carried on with is taken back; a call that nobody answered for is unknown.
CLAIM_SECONDS, CALL_SECONDS = 60, 120
UNDO = timedelta(seconds=60)  # in which an approval may be taken back
RING_AGAIN_SECONDS = 60


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
        note = partial(outbox.sent, receipt=mail.send(envelope))
    except AddressRefused as error:
        with tenant_transaction(organization_id):
            message = Message.objects.get(token=envelope.token)
            following = bounces.came_back(message, reason=str(error), at=clock())
        if following is not None:
            deliver(following, organization_id=organization_id, clock=clock)
        return
    except Refused as error:
        note = partial(outbox.failed, reason=str(error))
    except RefusedForNow as error:
        note = partial(outbox.put_back, reason=str(error))
    except NoAnswer as error:
        note = partial(outbox.lost_sight, reason=str(error))
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
    standing = last_look.standing(message, acts) if letter else _drop_blocked(message, acts, at=at)
    to = message.contact.email if message.contact is not None else ""
    if not standing or not to:
        outbox.cancelled(message, "settled_or_held" if not standing else "no_address", at=at)
        return None
    outbox.freeze(message, standing)
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
        outbox.lost_sight(message, reason="the worker ended", at=at)
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
    locked = outbox.in_state(message, State.AWAITING_APPROVAL)
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
    outbox.remember_all("dunning.message_approved", approved, at=at)
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
    outbox.remember_all("dunning.approval_taken_back", taken, at=at)
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
    locked = outbox.in_state(message, State.AWAITING_APPROVAL, State.QUEUED)
    outbox.cancelled(locked, "by_hand", at=at)


def settle_unknown(message: Message, *, left: bool, at: datetime) -> None:
    """Say whether an uncertain message left: a person looked.

    Raises:
        NotInThisState: it is not uncertain.
    """
    locked = outbox.in_state(message, State.UNKNOWN)
    if left:
        outbox.sent(locked, receipt="by hand", at=at)
    else:
        outbox.failed(locked, reason="by hand", at=at)


def _drop_blocked(message: Message, acts: Sequence[Act], *, at: datetime) -> list[Act]:
    """Keep the acts that still stand; remove the others, which never happened."""
    standing = last_look.standing(message, acts)
    outbox.drop(acts, but=standing, at=at)
    return standing

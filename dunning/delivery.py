"""Hand written messages to their channel, each at most once.

Three short transactions: claim, start, record; the network lies between the last two. Each of
the first two looks whether there still is something to say: what is paid, held or stopped before
the call begins does not leave. A call left without an answer becomes unknown, and a person looks
(`uncertain.py`): it is never made again blindly. Only where a provider takes the same key for the
same message it is asked again, while the key lives.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from common import bulk
from common.tenancy import current, tenant_transaction
from dunning import (
    bounces,
    carrying,
    composing,
    last_look,
    outbox,
    posting,
    stationery,
    stopping,
    turns,
    uncertain,
    waiting,
)
from dunning.carrying import Claimed
from dunning.channels import registry
from dunning.channels.base import (
    AddressRefused,
    Envelope,
    NoAnswer,
    Refused,
    RefusedForNow,
    Stopped,
)
from dunning.channels.registry import Provider
from dunning.models import Act, Message
from dunning.models.message import MessageQuerySet
from invoices.models import Invoice
from organizations import bank_details, timeline
from organizations.models import Organization

Clock = Callable[[], datetime]
Note = Callable[..., int | None]  # what is written of an answer; it may say whom to ring for next
State = Message.State
OPEN_CALLS = frozenset({State.CLAIMED, State.UNKNOWN})
MOST_AT_ONCE = 1000

# A claim that nobody carried on with is taken back; a call that nobody answered for is unknown.
CLAIM_SECONDS, CALL_SECONDS = 60, 120
UNDO = timedelta(seconds=60)  # in which an approval may be taken back
RING_AGAIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Found:
    """What a sweep did, and which messages to ring for again."""

    taken_back: int
    unknown: int
    to_ring: tuple[int, ...]
    settled: int = 0  # that nobody looked at for days
    to_ask_again: tuple[int, ...] = ()


def deliver(message_id: int, *, organization_id: int, clock: Clock) -> datetime | None:
    """Send one message, if there still is something to say; to the next contact if it bounces.

    Returns:
        When to ring again for a message whose turn has not come; None when there is nothing to do.
    """
    with tenant_transaction(organization_id):
        bank_details.catch_up(Organization.objects.get(pk=organization_id), at=clock())
        turn = turns.postpone(message_id, at=clock())
        claimed = None if turn is not None else claim(message_id, at=clock())
    if claimed is None:
        return turn
    envelope = claimed.whole()
    with tenant_transaction(organization_id):
        started = start(envelope, at=clock())
    if not started:
        return None
    note = _call(claimed.carrier, envelope)
    with tenant_transaction(organization_id):
        following = note(envelope.token, at=clock())
    if following is not None:
        return deliver(following, organization_id=organization_id, clock=clock)
    return None


def ask_again(message_id: int, *, organization_id: int, clock: Clock) -> None:
    """Repeat the call of an uncertain message, whose provider takes it for the same one.

    It stays uncertain until the provider accepts it; whatever else is answered, a person looks.
    """
    with tenant_transaction(organization_id):
        asked = _to_repeat(message_id, at=clock())
    if asked is None:
        return
    envelope = asked.whole()
    note = _called_again(asked.carrier, envelope)
    with tenant_transaction(organization_id):
        following = note(envelope.token, at=clock())
    if following is not None:
        deliver(following, organization_id=organization_id, clock=clock)


def claim(message_id: int, *, at: datetime) -> Claimed | None:
    """Reserve a message for this worker and freeze its text; None when nothing is left to say.

    The copy of a letter asks for what the letter asks. While sending is stopped it waits. A letter
    that a person posts is never claimed.
    """
    message, acts = _locked(message_id)
    carrier = carrying.carrier(message)
    waits = message.not_before is not None and message.not_before > at
    if message.state != State.QUEUED or carrier is None or waits:
        return None
    if stopping.standing(message.organization) is not None:
        return None
    is_copy = message.copy_of_id is not None
    standing = last_look.standing(message, acts) if is_copy else _drop_blocked(message, acts, at=at)
    if is_copy and message.organization.mail_stopped_at is not None:
        standing = []
    bounces.readdress(message)
    to = carrying.address(message)
    if standing and not to and message.channel in waiting.BY_POST:
        posting.give_back(message, at=at)  # a person mends the address
        return None
    if not standing or not to:
        outbox.cancelled(message, "settled_or_held" if not standing else "no_address", at=at)
        return None
    if message.channel in waiting.BY_POST:  # it bears the day on which it is handed over
        message.printed_at, message.printed_by = at, timeline.actor()
    # An earlier refusal says nothing of this try.
    message.to, message.provider, message.failure = to, carrier.name, ""
    written_on = outbox.freeze(message, standing)
    message.state, message.token, message.claimed_at = State.CLAIMED, uuid4(), at
    message.attempts += 1
    message.save()
    return carrying.claimed(message, standing, carrier, written_on=written_on, at=at)


def start(envelope: Envelope, *, at: datetime) -> bool:
    """Look a last time, and note that the call begins; False when it must not.

    So it is when the claim was taken back or started before, and when something was paid, held
    or stopped since the claim: then it is queued again, to be looked at anew.
    """
    key = Message.objects.filter(token=envelope.token).values_list("pk", flat=True).first()
    if key is None:
        return False
    message, acts = _locked(key)
    is_mine = message.token == envelope.token and message.state == State.CLAIMED
    if not is_mine or message.call_started_at is not None:
        return False
    if not _is_as_claimed(message, acts):
        message.state, message.token, message.claimed_at = State.QUEUED, None, None
        message.printed_at = None
        message.save(update_fields=["state", "token", "claimed_at", "printed_at"])
        return False
    message.call_started_at = at
    message.save(update_fields=["call_started_at"])
    return True


def sweep(*, at: datetime) -> Found:
    """Put right what workers left behind, and say which messages no bell rang for.

    Harmless at any time and any number of times.
    """
    claimed = Message.objects.filter(state=State.CLAIMED)
    idle = claimed.filter(
        call_started_at=None, claimed_at__lt=at - timedelta(seconds=CLAIM_SECONDS)
    )
    taken_back = idle.update(state=State.QUEUED, token=None, claimed_at=None, printed_at=None)
    silent = claimed.filter(call_started_at__lt=at - timedelta(seconds=CALL_SECONDS))
    lost = list(silent.locked())
    for message in lost:
        _lost_sight(message, reason="the worker ended", at=at)
    settled = uncertain.settle_old(at=at)
    if stopping.standing(Organization.objects.get(pk=current().organization_id)) is not None:
        return Found(taken_back, len(lost), (), settled)
    carried = Message.objects.filter(channel__in=registry.carried())
    unheard = (
        carried.filter(
            state=State.QUEUED, created_at__lt=at - timedelta(seconds=RING_AGAIN_SECONDS)
        )
        .exclude(waiting.by_hand())
        .exclude(not_before__gt=at)
    )
    to_repeat = carried.filter(state=State.UNKNOWN, not_before__lte=at)
    return Found(taken_back, len(lost), _first(unheard), settled, _first(to_repeat))


def approve(message: Message, *, at: datetime) -> None:
    """Let a message leave, in a minute: until then it may be taken back.

    Raises:
        NotInThisState: it does not wait for approval.
        last_look.NothingLeftToSay: what it asks for was paid or put on hold meanwhile.
        stopping.SendingStopped: it is.
    """
    stopping.refuse(message.organization)
    locked = outbox.in_state(message, State.AWAITING_APPROVAL)
    if not last_look.standing(locked, list(locked.acts.order_by("pk"))):
        last_look.refuse_nothing()
    approve_all([locked], at=at)


def approve_all(messages: Sequence[Message], *, at: datetime) -> list[int]:
    """Let messages leave together, in a minute; return the ids of those that still waited."""
    waiting = Message.objects.filter(
        pk__in=[message.pk for message in messages], state=State.AWAITING_APPROVAL
    )
    approved = list(waiting.locked())
    written_on = stationery.in_force()
    for message in approved:
        # The words are approved with the message: a version written later is for later ones.
        message.own_text = composing.own_text(message, written_on=written_on)
        message.state, message.not_before = State.QUEUED, at + UNDO
        message.approved_at, message.approved_by = at, timeline.actor()
    bulk.update(approved, "state", "not_before", "approved_at", "approved_by", "own_text")
    outbox.remember_all("dunning.message_approved", approved, at=at)
    return [message.pk for message in approved]


def take_back(approved_at: datetime, *, at: datetime) -> int:
    """Let the messages wait again that the same person approved at a moment; return how many.

    What has left, or is leaving, is not among them.
    """
    taken = list(undoable(at=at).filter(approved_at=approved_at).locked())
    for message in taken:
        message.state, message.not_before = State.AWAITING_APPROVAL, None
        message.approved_at, message.approved_by, message.own_text = None, "", None
    bulk.update(taken, "state", "not_before", "approved_at", "approved_by", "own_text")
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


def _locked(message_id: int) -> tuple[Message, list[Act]]:
    """Lock invoices, then acts, then the message, as everyone does; return it with its acts.

    A copy's acts are those of its letter.
    """
    letter = Message.objects.values_list("copy_of", flat=True).get(pk=message_id)
    carried = Act.objects.filter(message=letter or message_id)
    list(Invoice.objects.filter(pk__in=carried.values("instalment__invoice")).locked())
    acts = list(carried.select_related("instalment__invoice").locked())
    related = ("customer", "contact", "organization", "copy_of")
    message = Message.objects.locked().select_related(*related).get(pk=message_id)
    return message, acts


def _is_as_claimed(message: Message, acts: Sequence[Act]) -> bool:
    """Return whether all that a claimed message says still holds, to the cent."""
    if not acts or stopping.standing(message.organization) is not None:
        return False
    is_owed = len(last_look.standing(message, acts)) == len(acts)
    return is_owed and composing.total(message, acts) == message.total


def _call(carrier: Provider, envelope: Envelope) -> Note:
    """Hand an envelope over, and return how its answer is noted."""
    try:
        note: Note = partial(_accepted, receipt=carrier.send(envelope))
    except Stopped as error:
        return partial(_unreachable, reason=str(error), stops=True)
    except AddressRefused as error:
        return partial(_unreachable, reason=str(error))
    except Refused as error:
        note = partial(outbox.failed, reason=str(error))
    except RefusedForNow as error:
        note = partial(outbox.put_back, reason=str(error), seconds=error.seconds)
    except NoAnswer as error:
        note = partial(_lost_sight, reason=str(error))
    return partial(_on_locked, note=note, states=OPEN_CALLS)


def _called_again(carrier: Provider, envelope: Envelope) -> Note:
    try:
        note: Note = partial(_accepted, receipt=carrier.send(envelope))
    except Refused as error:  # nobody knows whether of this call alone, or of the first
        note = partial(_still_unknown, reason=str(error), for_good=True)
    except (RefusedForNow, NoAnswer) as error:
        note = partial(_still_unknown, reason=str(error), for_good=False)
    return partial(_on_locked, note=note, states=frozenset({State.UNKNOWN}))


def _on_locked(token: UUID, *, note: Note, states: Collection[State], at: datetime) -> int | None:
    """Note an answer, unless somebody else knew more meanwhile; return whom to ring for."""
    message = outbox.locked_by_token(token)
    return note(message, at=at) if message.state in states else None


def _accepted(message: Message, *, receipt: str, at: datetime) -> int | None:
    """Note that a provider took a message; return the copy of a letter, to ring for."""
    if message.channel not in waiting.BY_POST:
        outbox.sent(message, receipt=receipt, reference=receipt, at=at)
        return None
    # Its number is the post's, and comes later.
    outbox.sent(message, receipt=composing.UNNUMBERED, reference=receipt, at=at)
    return posting.write_copy(message, at=at)


def _unreachable(token: UUID, *, reason: str, at: datetime, stops: bool = False) -> int | None:
    """Note that nobody was reached; acts are locked before their message, as everywhere."""
    message = Message.objects.get(token=token)
    return bounces.came_back(message, reason=reason, stops=stops, at=at)


def _lost_sight(message: Message, *, reason: str, at: datetime) -> None:
    carrier = registry.provider(message.channel)
    again_at = None
    if carrier is not None and carrier.dedupes_for and message.provider == carrier.name:
        again_at = at + _patience(message)
    outbox.lost_sight(message, reason=reason, at=at, again_at=again_at)


def _still_unknown(message: Message, *, reason: str, for_good: bool, at: datetime) -> None:
    again_at = None if for_good else at + _patience(message)
    outbox.still_unknown(message, reason=reason, again_at=again_at)


def _patience(message: Message) -> timedelta:
    place = min(max(message.attempts, 1), len(outbox.RETRY_MINUTES)) - 1
    return timedelta(minutes=outbox.RETRY_MINUTES[place])


def _to_repeat(message_id: int, *, at: datetime) -> Claimed | None:
    """Return an uncertain message as it was handed over, if another call can do no harm.

    Its provider still knows the key, its words are those that were frozen, and all that it asks
    for is still to be asked: if the first call did nothing, the second sends it.
    """
    message, acts = _locked(message_id)
    carrier, begun = registry.provider(message.channel), message.call_started_at
    if message.state != State.UNKNOWN or carrier is None or begun is None:
        return None
    lives = carrier.dedupes_for is not None and at < begun + carrier.dedupes_for
    is_same = message.provider == carrier.name and message.text_hash == outbox.digest(message)
    is_due = message.not_before is not None and message.not_before <= at
    stands = bool(acts) and len(last_look.standing(message, acts)) == len(acts)
    if not is_due or stopping.standing(message.organization) is not None:
        return None
    if not (lives and is_same and stands):
        message.not_before = None  # from here on only a person decides
        message.save(update_fields=["not_before"])
        return None
    return carrying.claimed(message, acts, carrier, written_on=stationery.in_force(), at=at)


def _first(messages: MessageQuerySet) -> tuple[int, ...]:
    return tuple(messages.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def _drop_blocked(message: Message, acts: Sequence[Act], *, at: datetime) -> list[Act]:
    """Keep the acts that still stand; remove the others, which never happened."""
    stopped = last_look.stopped_by(message.organization, acts, on=message.written_on)
    return outbox.drop(acts, stopped, at=at)

"""What reached nobody: its address is flagged, and the next contact is asked, or called."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from common.tenancy import current
from dunning import complaints, composing, last_look, outbox, sending
from dunning.models import Act, Call, Channel, MailEvent, Message, StepKind
from dunning.waiting import BY_POST
from invoices import recording
from invoices.models import Contact

State = Message.State

# A provider tries again for a day or two; what is older is a replay, and changes nothing.
OLDEST = timedelta(days=3)
CLOCKS_DIFFER = timedelta(minutes=5)
CAME_BACK = frozenset({"bounced", "rejected", "failed"})  # nobody is at the address
REFUSED = frozenset({"refused"})  # full, blocked, taken for spam: the address may be right
UNWANTED = frozenset({complaints.KIND})
DELIVERED = frozenset({"delivered"})
WATCHED = frozenset({"opened", "clicked"})  # noted only where the organization wants it


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says of a message; `event_id` is the same however often it says so."""

    token: UUID
    event_id: str
    kind: str
    recipient: str
    at: datetime
    reason: str = ""


def receive(told: Told, *, at: datetime) -> int | None:
    """Take in what a provider says, once; return the id of a message to ring for, if any.

    What is too old, from the future, or about no message of ours changes nothing.
    """
    found = Message.objects.select_related("contact", "organization")
    message = found.filter(token=told.token).first()
    if message is None or not at - OLDEST <= told.at <= at + CLOCKS_DIFFER:
        return None
    if told.kind in WATCHED and not sending.identity(message.organization).has_tracking:
        return None
    _event, is_new = MailEvent.objects.get_or_create(
        organization_id=current().organization_id,
        event_id=told.event_id,
        defaults={"message": message, "kind": told.kind, "at": told.at, "received_at": at},
    )
    if not is_new:
        return None
    if told.kind in DELIVERED:
        _delivered(message, at=at)
    if told.kind in UNWANTED:
        complaints.take_in(message, at=at)
    if told.kind in REFUSED:
        refused(message, reason=told.reason or told.kind, at=at)
    if told.kind in CAME_BACK:
        return came_back(message, reason=told.reason or told.kind, at=at)
    return None


def came_back(message: Message, *, reason: str, at: datetime, stops: bool = False) -> int | None:
    """Note that a message reached nobody, and ask the next contact; return whom to ring for.

    After a letter that no address was found for, a person is asked instead. Locks acts, then the
    message, as everyone does.

    Args:
        stops: the recipient asked for no more of this channel.
    """
    acts = list(Act.objects.filter(message=message).locked())
    related = ("contact", "customer", "organization")
    locked = Message.objects.locked().select_related(*related).get(pk=message.pk)
    if locked.bounced_at is not None or locked.state == State.CANCELLED:
        return None
    locked.state, locked.bounced_at, locked.failure = State.FAILED, at, reason[:250]
    locked.save(update_fields=["state", "bounced_at", "failure"])
    outbox.remember("dunning.message_bounced", locked, at=at)
    _flag(locked, stops=stops, at=at)
    if locked.channel in BY_POST:
        return None
    if locked.kind == StepKind.THANK_YOU or locked.copy_of_id is not None:
        return None  # nobody is asked for anything
    standing = last_look.standing(locked, acts)
    return _ask_another(locked, standing, at=at) if standing else None


def readdress(message: Message) -> None:
    """Turn to another contact, or to none, when the one it is for fails since; it is not saved."""
    contact = message.contact
    if contact is None or _reaches(contact, message):
        return
    message.contact = _first_reached(message)
    if message.contact is not None:
        message.language = message.contact.language or message.language


def _flag(message: Message, *, stops: bool, at: datetime) -> None:
    """Note on whoever a message was for that nothing reaches him there, unless he moved since."""
    contact, customer = message.contact, message.customer
    if message.channel in BY_POST:
        if customer.address_failed_at is None and composing.recipient(message) == message.to:
            recording.address_failed(customer, at=at)
    elif contact is None:
        return
    elif message.channel == Channel.SMS:
        if contact.mobile(country=customer.country) != message.to:
            return
        if stops:
            recording.sms_stopped(contact, at=at)
        else:
            recording.sms_failed(contact, at=at)
    elif contact.email == message.to and contact.email_failed_at is None:
        recording.email_failed(contact, at=at)


def _delivered(message: Message, *, at: datetime) -> None:
    """Note that mail arrived; of one that may have been sent this says that it was.

    What came back later is not delivered after all, in whatever order the two are told.
    """
    locked = Message.objects.locked().select_related("organization").get(pk=message.pk)
    if locked.delivered_at is not None or locked.bounced_at is not None:
        return
    if locked.state == State.UNKNOWN:
        outbox.sent(locked, receipt="delivered", at=locked.call_started_at or at)
    locked.delivered_at = at
    locked.save(update_fields=["delivered_at"])
    outbox.remember("dunning.message_delivered", locked, at=at)


def refused(message: Message, *, reason: str, at: datetime) -> None:
    """Note that a message was not taken in, for a person to look: nobody else is asked by itself.

    What was never handed over, came back or was cancelled stays as it is.
    """
    locked = Message.objects.locked().select_related("organization").get(pk=message.pk)
    if locked.state in {State.SENT, State.UNKNOWN}:
        outbox.failed_after_all(locked, reason=reason, at=at)


def _ask_another(message: Message, acts: list[Act], *, at: datetime) -> int | None:
    """Let the next contact be written to; if none can be, put a call on the list."""
    keys = Q(pk__in=[act.pk for act in acts])
    to = _first_reached(message)
    if to is not None:
        again = _written_again(message, to, at=at)
        Act.objects.filter(keys).update(message=again)
        return again.pk
    others = Contact.objects.filter(customer=message.customer_id).order_by("rank", "pk")
    to = next((person for person in others if person.can_be_called), None)
    if to is not None:
        Act.objects.filter(keys).update(call=_call(message, to, at=at), message=None)
    return None


def _first_reached(message: Message) -> Contact | None:
    others = Contact.objects.filter(customer=message.customer_id).order_by("rank", "pk")
    return next((person for person in others if _reaches(person, message)), None)


def _reaches(person: Contact, message: Message) -> bool:
    if message.channel == Channel.SMS:
        return bool(person.mobile(country=message.customer.country))
    return person.can_be_written_to


def _written_again(message: Message, to: Contact, *, at: datetime) -> Message:
    """Write the same to somebody else: it was decided, and approved, once."""
    again: Message = Message.objects.create(
        organization=message.organization,
        customer_id=message.customer_id,
        contact=to,
        channel=message.channel,
        kind=message.kind,
        tone=message.tone,
        level=message.level,
        state=State.QUEUED,
        language=to.language or message.language,
        written_on=message.written_on,
        quiet=message.quiet,
        created_at=at,
    )
    return again


def _call(message: Message, to: Contact, *, at: datetime) -> Call:
    """Return the customer's open call, or a new one."""
    standing: Call | None = Call.objects.open().filter(customer=message.customer_id).first()
    if standing is not None:
        return standing
    made: Call = Call.objects.create(
        organization=message.organization,
        customer_id=message.customer_id,
        contact=to,
        kind=message.kind,
        tone=message.tone,
        level=message.level,
        written_on=at.astimezone(message.organization.zone).date(),
        created_at=at,
    )
    return made

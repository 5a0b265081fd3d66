"""What the providers of SMS and letters tell of a message, each event once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common import phone
from common.tenancy import current
from dunning import bounces, composing, outbox, posting, returns, waiting
from dunning.models import MailEvent, Message, Returned
from invoices import recording
from invoices.models import Contact

State = Message.State

# What is told, in our words.
ACCEPTED = "accepted"  # the provider has it
DELIVERED = "delivered"
NUMBERED = "numbered"  # the post gave it its number
UNREACHABLE = "unreachable"  # nobody is there
FAILED = "failed"  # it did not arrive, and another might: a person looks
RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class News:
    """What a provider says of a message; `event_id` is the same however often it says so."""

    token: UUID
    channel: str
    event_id: str
    kind: str
    reference: str  # of the message, at the provider
    reason: str = ""
    number: str = ""  # of a registered letter
    stops: bool = False
    why: Returned = Returned.OTHER


def receive(news: News, *, at: datetime) -> int | None:
    """Take in what a provider says, once; return the id of a message to ring for, if any.

    What is about no message of ours, or about one that it knows under another reference, changes
    nothing; nor does what comes late, after something that says more.
    """
    message = Message.objects.filter(token=news.token, channel=news.channel).first()
    if message is None or message.provider_reference not in {"", news.reference}:
        return None
    _event, is_new = MailEvent.objects.get_or_create(
        organization_id=current().organization_id,
        event_id=news.event_id[:120],
        defaults={"message": message, "kind": news.kind, "at": at, "received_at": at},
    )
    if not is_new or (message.delivered_at is not None and news.kind in {UNREACHABLE, FAILED}):
        return None
    if news.kind == UNREACHABLE:
        return bounces.came_back(message, reason=news.reason, stops=news.stops, at=at)
    if news.kind == FAILED:
        bounces.refused(message, reason=news.reason, at=at)
        return None
    following = _accepted(message, news, at=at)
    if news.kind == DELIVERED:
        Message.objects.filter(pk=message.pk, delivered_at=None).update(delivered_at=at)
    if news.kind == NUMBERED and news.number:
        numberless = Message.objects.filter(pk=message.pk, receipt=composing.UNNUMBERED)
        numberless.update(receipt=news.number[:40])
    if news.kind == RETURNED and Message.objects.filter(pk=message.pk, state=State.SENT).exists():
        returns.came_back(message, why=news.why, at=at)
    return following


def stop(number: str, *, at: datetime) -> int:
    """Note of every contact with a number that he asked for no more SMS; return how many.

    Args:
        number: as E.164.
    """
    # How people write a number differs by its signs; its last nine digits are in all of them.
    last = "[^0-9]*".join(number[-9:])
    found = Contact.objects.filter(phone__regex=f"{last}[^0-9]*$", sms_stopped_at=None)
    meant = [
        contact
        for contact in found.select_related("customer").order_by("pk")
        if phone.e164(contact.phone, country=contact.customer.country) == number
    ]
    for contact in meant:
        recording.sms_stopped(contact, at=at)
    return len(meant)


def _accepted(message: Message, news: News, *, at: datetime) -> int | None:
    """Settle a message that may have left: its provider speaks of it, so that it has it."""
    locked = Message.objects.locked().select_related("organization").get(pk=message.pk)
    if locked.state != State.UNKNOWN:
        return None
    by_post = locked.channel in waiting.BY_POST
    receipt = composing.UNNUMBERED if by_post else news.reference
    outbox.sent(locked, receipt=receipt, reference=news.reference, at=at)
    return posting.write_copy(locked, at=at) if by_post else None

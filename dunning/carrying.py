"""Who carries a message, where to, and what he is handed of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from dunning import checklist, composing, enclosures, outbox, sending, waiting
from dunning.channels import registry
from dunning.channels.base import Envelope
from dunning.channels.registry import Provider
from dunning.models import Act, Channel, Message
from dunning.stationery import Stationery


@dataclass(frozen=True, slots=True)
class Claimed:
    """What this worker sends, by whom, and what is still to be drawn and joined to it."""

    envelope: Envelope
    enclosed: enclosures.Enclosed | enclosures.Printed | None
    carrier: Provider

    def whole(self) -> Envelope:
        """Return the envelope with its files; drawing them takes no database."""
        if isinstance(self.enclosed, enclosures.Printed):
            return replace(self.envelope, attachments=enclosures.as_printed(self.enclosed))
        return replace(self.envelope, attachments=enclosures.drawn(self.enclosed))


def carrier(message: Message) -> Provider | None:
    """Return who carries a message; None of a letter that a person prints and posts."""
    if message.channel in waiting.BY_POST and not message.provider:
        return None
    return registry.provider(message.channel)


def address(message: Message) -> str:
    """Return where a message goes; "" when nothing reaches its debtor there."""
    customer, contact = message.customer, message.contact
    if message.channel in waiting.BY_POST:
        return composing.recipient(message) if checklist.is_complete(customer) else ""
    if contact is None:
        return ""
    if message.channel == Channel.SMS:
        return str(contact.mobile(country=customer.country))
    return str(contact.email)


def claimed(
    message: Message, acts: Sequence[Act], by: Provider, *, written_on: Stationery, at: datetime
) -> Claimed:
    """Return what is handed over of a frozen message.

    Args:
        written_on: what is joined, and with which bank details.
    """
    by_post = message.channel in waiting.BY_POST
    envelope = Envelope(
        token=message.token or uuid4(),
        organization_id=message.organization_id,
        sender_name=message.organization.name,
        reply_to=message.organization.email,
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        recipient=composing.place(message) if by_post else None,
        sender=composing.origin(message.organization) if by_post else None,
    )
    if by_post:
        return Claimed(envelope, enclosures.of_letter(message, acts, written_on=written_on), by)
    if message.channel == Channel.SMS:
        return Claimed(envelope, None, by)
    creditor = composing.creditor_of(message, acts, written_on=written_on)
    sender = sending.sender_of(message.organization)
    envelope = replace(envelope, from_address=sender.address, has_tracking=sender.has_tracking)
    on = outbox.day_of(message, at)
    enclosed = enclosures.of_email(message, acts, creditor, on=on, written_on=written_on)
    return Claimed(envelope, enclosed, by)

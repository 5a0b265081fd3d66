"""What every channel is given, and how it answers."""

from dataclasses import dataclass
from uuid import UUID


class Refused(Exception):
    """The channel refused for certain: nothing left."""


class AddressRefused(Refused):
    """The channel refused for certain: nobody is reached at this address."""


class RefusedForNow(Exception):
    """The channel refused for certain, for the moment: nothing left, another try may."""


class NoAnswer(Exception):
    """Nobody knows whether it left."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is joined."""

    name: str
    content: bytes
    kind: str  # its media type


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a channel needs. The claim's token is its idempotency key."""

    token: UUID
    organization_id: int
    sender_name: str
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    sender: str = ""  # the address in From; "" is the house's
    has_tracking: bool = False  # whether a provider that can notes when it is opened

"""What every channel is given, and how it answers."""

from dataclasses import dataclass
from uuid import UUID


class Refused(Exception):
    """The channel refused for certain: nothing left."""


class AddressRefused(Refused):
    """The channel refused for certain: nobody is reached at this address."""


class Stopped(AddressRefused):
    """The channel refused for certain: who has this address asked for no more."""


class RefusedForNow(Exception):
    """The channel refused for certain, for the moment: nothing left, another try may.

    Attributes:
        seconds: how long the channel asks to wait; None where it does not say.
    """

    def __init__(self, reason: str, *, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class NoAnswer(Exception):
    """Nobody knows whether it left."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is joined."""

    name: str
    content: bytes
    kind: str  # its media type


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the post; of the lines, the last before the city is the street."""

    name: str
    lines: tuple[str, ...]
    postcode: str
    city: str
    country: str  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a channel needs. The claim's token is its idempotency key.

    A letter has one attachment, the whole of what is printed, and the two addresses.
    """

    token: UUID
    organization_id: int
    sender_name: str
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    from_address: str = ""  # of an email; "" is the house's
    has_tracking: bool = False  # whether a provider that can notes when it is opened
    recipient: Place | None = None
    sender: Place | None = None

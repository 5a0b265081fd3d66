"""Registered letters through MySendingBox. Never tried live: written after its documentation.

Follows https://docs.mysendingbox.fr (Letters API, Webhooks), whose field names its own client for
Node repeats. A letter is posted with its PDF; the same `Idempotency-Key` is the same letter. Its
webhooks bear no signature: the name and password that are part of their address prove them.
"""

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from common import https
from dunning.channels.accounts import Account
from dunning.channels.base import (
    AddressRefused,
    Envelope,
    NoAnswer,
    Place,
    Refused,
    RefusedForNow,
)

BUSY, UNDER_WAY = 429, 409  # the latter: the same key is being worked on
ABOUT_US = {401, 402, 403}  # no credit, or no right: not about this letter
# How long a key is surely known; less than the day that such interfaces keep it.
KEYS_LIVE = timedelta(hours=20)
REGISTERED = "lrar"  # with the notice of receipt that proves a formal notice
# The countries are named in French.
COUNTRIES = {"FR": "France", "BE": "Belgique", "CH": "Suisse", "LU": "Luxembourg", "MC": "Monaco"}


def send(envelope: Envelope, account: Account) -> str:
    """Hand a registered letter over and return the id under which MySendingBox knows it.

    Raises:
        AddressRefused: the address is none that the post serves.
        Refused: it will never be taken.
        RefusedForNow: it was not taken; nothing is posted.
        NoAnswer: it was asked, and nobody knows what came of it.
    """
    if envelope.recipient is None or envelope.sender is None:
        raise AddressRefused("no address")
    boundary = uuid4().hex
    try:
        reply = https.post(
            f"{account.url}/letters",
            _form(_fields(envelope), envelope.attachments[0].content, boundary),
            headers={
                "Authorization": account.basic(account.secret, ""),
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Accept": "application/json",
                "Idempotency-Key": str(envelope.token),
            },
            seconds=account.patience_seconds,
        )
    except https.NotReached as error:
        raise RefusedForNow(f"no connection: {error}") from error
    except https.NoReply as error:
        raise NoAnswer(str(error)) from error
    return _receipt(reply)


def is_proven(authorization: str, account: Account) -> bool:
    """Return whether a webhook brings the name and password of its address."""
    wanted = account.basic(*account.webhook_secret.partition(":")[::2])
    known = bool(account.webhook_secret)
    return hmac.compare_digest(authorization.encode(), wanted.encode()) and known


def _fields(envelope: Envelope) -> dict[str, str]:
    return {
        **_place("to", envelope.recipient),
        **_place("from", envelope.sender),
        "postage_type": REGISTERED,
        "color": "bw",
        "both_sides": "true",
        "address_placement": "first_page",  # our own page is made for the window
        "manage_returned_mail": "true",
        "manage_delivery_proof": "true",
        "source_file_type": "file",
        "description": str(envelope.token),
        "metadata[organization]": str(envelope.organization_id),
        "metadata[message]": str(envelope.token),
    }


def _place(side: str, place: Place | None) -> dict[str, str]:
    if place is None:
        return {}
    street, *more = place.lines or ("",)
    named = {
        "name": place.name,
        "address_line1": street,
        "address_line2": ", ".join(more),
        "address_postalcode": place.postcode,
        "address_city": place.city,
        "address_country": COUNTRIES.get(place.country, place.country),
    }
    return {f"{side}[{name}]": value for name, value in named.items() if value}


def _form(fields: dict[str, str], pdf: bytes, boundary: str) -> bytes:
    """Return a form with its file. Source: RFC 7578; a name can't close its own quotes."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="source_file";'
        ' filename="letter.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    )
    return b"".join([*parts, head.encode(), pdf, f"\r\n--{boundary}--\r\n".encode()])


def _receipt(reply: https.Reply) -> str:
    document = _document(reply)
    if reply.status in {200, 201} and isinstance(document.get("_id"), str):
        return str(document["_id"])
    if reply.status == BUSY:
        raise RefusedForNow("HTTP 429", seconds=reply.retry_after)
    if reply.status in ABOUT_US:
        raise RefusedForNow(f"HTTP {reply.status}")
    if reply.status == UNDER_WAY or not reply.is_refusal:
        raise NoAnswer(f"HTTP {reply.status}")
    about = str(document.get("error") or document.get("message") or "")
    kind = AddressRefused if "address" in about.lower() else Refused
    raise kind(f"HTTP {reply.status}")


def _document(reply: https.Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook says of a letter."""

    event_id: str
    name: str
    reference: str
    organization: str
    message: str
    number: str

    @property
    def kind(self) -> str:
        """Return it in the words of `callbacks`; "" for what changes nothing here."""
        return EVENTS.get(self.name, "")


# Of the events that the documentation names, those that say something of our letter.
EVENTS = {
    "letter.created": "accepted",
    "letter.accepted": "accepted",
    "letter.filing_proof": "numbered",
    "letter.sent": "numbered",
    "letter.in_transit": "numbered",
    "letter.waiting_to_be_withdrawn": "numbered",
    "letter.distributed": "delivered",
    "letter.delivery_proof": "delivered",
    "letter.returned_to_sender": "returned",
    "letter.wrong_address": "returned",
    "letter.lost": "failed",
    "letter.error": "failed",
    "letter.canceled": "failed",
}
WRONG_ADDRESS = "letter.wrong_address"


def event(body: bytes) -> Event:
    """Return what a webhook says.

    Raises:
        ValueError: it is no event of a letter.
    """
    try:
        document = json.loads(body)
        about, letter = document["event"], document["letter"]
        metadata = letter.get("metadata") or {}
        return Event(
            event_id=str(about["_id"]),
            name=str(about["name"]),
            reference=str(letter["_id"]),
            organization=str(metadata.get("organization", "")),
            message=str(metadata.get("message", "")),
            number=str(letter.get("tracking_number") or ""),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no event of a letter") from error

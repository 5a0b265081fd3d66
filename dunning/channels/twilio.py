"""SMS through Twilio's Programmable Messaging. Never tried live: written after its documentation.

Follows https://www.twilio.com/docs/messaging/api/message-resource (creating a message),
https://www.twilio.com/docs/usage/webhooks/webhooks-security (the signature),
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks and
https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out (answers such as STOP).
It knows no idempotency key. What became of a call without an answer, its status callback tells,
since its address names our message and is signed with the rest.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from common import https
from dunning.channels.accounts import Account
from dunning.channels.base import (
    AddressRefused,
    Envelope,
    NoAnswer,
    Refused,
    RefusedForNow,
    Stopped,
)

BUSY = 429
ABOUT_US = {401, 402, 403}  # no credit, or no right: not about this message
# Codes of https://www.twilio.com/docs/api/errors by which a number is none that takes an SMS:
# not a valid one, not a mobile; and, from a callback, unknown, a landline.
NOBODY = {21211, 21614, 30005, 30006}
STOPPED = 21610  # who has the number answered STOP
# What Twilio's default filter takes for a wish to hear no more, and its French counterparts.
STOP_WORDS = {
    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ARRET",
}  # fmt: skip


def send(envelope: Envelope, account: Account) -> str:
    """Hand an SMS over and return the id under which Twilio knows it.

    Raises:
        AddressRefused: no SMS may reach this number.
        Refused: it will never be taken.
        RefusedForNow: it was not taken; nothing left.
        NoAnswer: it was asked, and nobody knows what came of it.
    """
    by_service = account.sender.startswith("MG")
    fields = {
        "To": envelope.to,
        "MessagingServiceSid" if by_service else "From": account.sender,
        "Body": envelope.text,
        "StatusCallback": callback_url(envelope, account),
    }
    url = f"{account.url}/2010-04-01/Accounts/{account.name}/Messages.json"
    try:
        reply = https.post(
            url,
            urlencode(fields).encode(),
            headers={
                "Authorization": account.basic(account.name, account.secret),
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            seconds=account.patience_seconds,
        )
    except https.NotReached as error:
        raise RefusedForNow(f"no connection: {error}") from error
    except https.NoReply as error:
        raise NoAnswer(str(error)) from error
    return _receipt(reply)


def callback_url(envelope: Envelope, account: Account) -> str:
    """Return where Twilio tells what became of a message."""
    about = {"organization": envelope.organization_id, "message": envelope.token}
    return f"{account.webhook_url}?{urlencode(about)}"


def signature(url: str, fields: Mapping[str, Sequence[str]], *, secret: str) -> str:
    """Return what Twilio signs a form with: the whole address, then each field by its name."""
    said = url + "".join(
        name + value for name in sorted(fields) for value in sorted(set(fields[name]))
    )
    # SHA-1 is Twilio's choice; as a keyed hash it stands.
    digest = hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(url: str, fields: Mapping[str, Sequence[str]], said: str, *, secret: str) -> bool:
    """Return whether a form came from Twilio as it is."""
    return hmac.compare_digest(signature(url, fields, secret=secret).encode(), said.encode())


def _receipt(reply: https.Reply) -> str:
    document = _document(reply)
    if reply.status == 201 and isinstance(document.get("sid"), str):  # noqa: PLR2004
        return str(document["sid"])
    if reply.status == BUSY:
        raise RefusedForNow("HTTP 429", seconds=reply.retry_after)
    if reply.status in ABOUT_US:
        raise RefusedForNow(f"HTTP {reply.status}")
    if not reply.is_refusal:
        raise NoAnswer(f"HTTP {reply.status}")
    code = document.get("code")
    if code == STOPPED:
        raise Stopped("Twilio 21610")
    kind = AddressRefused if code in NOBODY else Refused
    raise kind(f"HTTP {reply.status}, Twilio {code}" if code else f"HTTP {reply.status}")


def _document(reply: https.Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Status:
    """What a status callback says of a message."""

    sid: str
    status: str
    code: int | None

    @property
    def kind(self) -> str:
        """Return it in the words of `callbacks`; "" for what says nothing yet."""
        if self.status in {"delivered", "read"}:
            return "delivered"
        if self.status in {"undelivered", "failed"}:
            gone = self.code in NOBODY or self.code == STOPPED
            return "unreachable" if gone else "failed"
        return "accepted" if self.status in {"accepted", "queued", "sending", "sent"} else ""


def status(fields: Mapping[str, Sequence[str]]) -> Status:
    """Return what a status callback says."""
    code = _first(fields, "ErrorCode")
    known = int(code) if code.isascii() and code.isdecimal() else None
    return Status(_first(fields, "MessageSid"), _first(fields, "MessageStatus"), known)


def who_stops(fields: Mapping[str, Sequence[str]]) -> str:
    """Return the number that an incoming SMS asks to be left alone; "" if it asks nothing such."""
    said = _first(fields, "Body").strip().upper()
    plain = "".join(sign for sign in unicodedata.normalize("NFD", said) if sign.isalnum())
    if _first(fields, "OptOutType").upper() == "STOP" or plain in STOP_WORDS:
        return _first(fields, "From")
    return ""


def _first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    found = fields.get(name)
    return found[0] if found else ""

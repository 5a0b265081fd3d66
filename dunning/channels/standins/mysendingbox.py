"""A stand-in for MySendingBox's letters, after the pages that `channels.mysendingbox` names."""

import json
import uuid
from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Any

from dunning.channels.accounts import Account
from dunning.channels.standins.server import RETRY_AFTER, Answer, Behaviour, Call, StandIn

REFUSALS = {
    Behaviour.BAD_ADDRESS: (400, "The address of the recipient could not be verified"),
    Behaviour.STOPPED: (400, "The address of the recipient could not be verified"),
    Behaviour.REFUSE: (400, "The file has too many pages"),
    Behaviour.NO_CREDIT: (402, "Payment required"),
    Behaviour.BUSY: (429, "Too many requests"),
    Behaviour.DOWN: (503, "Service unavailable"),
}


def stand_in() -> StandIn:
    """Return a MySendingBox that accepts everything unless ordered otherwise."""
    return StandIn(_answer)


def webhook(taken: Mapping[str, Any], name: str, account: Account, *, number: str = "") -> Call:
    """Return the call by which MySendingBox tells an event of a letter that it took."""
    letter = {"_id": taken["_id"], "metadata": taken["metadata"], "tracking_number": number}
    document = {
        "event": {"_id": uuid.uuid4().hex, "name": name, "letter": taken["_id"]},
        "letter": letter,
    }
    headers = {
        "content-type": "application/json",
        "authorization": account.basic(*account.webhook_secret.partition(":")[::2]),
    }
    return Call(account.webhook_url, headers, _json(document))


def _answer(stand_in: StandIn, call: Call, behaviour: Behaviour) -> Answer:
    if behaviour in REFUSALS:
        status, message = REFUSALS[behaviour]
        headers = {"Retry-After": str(RETRY_AFTER)} if behaviour is Behaviour.BUSY else {}
        return Answer(status, _json({"error": {"message": message}}), headers)
    key = call.headers.get("idempotency-key", "")
    known = next((one for one in stand_in.taken if key and one["key"] == key), None)
    if known is None:
        known = {"key": key, "_id": uuid.uuid4().hex, **_letter(call)}
        stand_in.taken.append(known)
    return Answer(200, _json({"_id": known["_id"], "status": {"name": "letter.created"}}))


def _letter(call: Call) -> dict[str, Any]:
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + call.body, policy=policy.HTTP)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        fields[name] = raw if part.get_filename() else raw.decode()
    metadata = {name: fields.get(f"metadata[{name}]", "") for name in ("organization", "message")}
    return {**fields, "metadata": metadata}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()

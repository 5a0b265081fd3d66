"""A stand-in for Twilio's Messages resource, after the pages that `channels.twilio` names."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from dunning.channels import twilio
from dunning.channels.standins.server import RETRY_AFTER, Answer, Behaviour, Call, StandIn

# HTTP status, Twilio's code and its message.
REFUSALS = {
    Behaviour.BAD_ADDRESS: (400, 21211, "Invalid 'To' Phone Number"),
    Behaviour.STOPPED: (400, 21610, "Attempt to send to unsubscribed recipient"),
    Behaviour.REFUSE: (400, 21617, "The concatenated message body exceeds the limit"),
    Behaviour.NO_CREDIT: (403, 20003, "Permission Denied"),
    Behaviour.BUSY: (429, 20429, "Too Many Requests"),
    Behaviour.DOWN: (503, 20503, "Service Unavailable"),
}


def stand_in() -> StandIn:
    """Return a Twilio that accepts everything unless ordered otherwise."""
    return StandIn(_answer)


def callback(taken: Mapping[str, Any], status: str, *, secret: str, code: int = 0) -> Call:
    """Return the signed call by which Twilio tells the status of a message that it took."""
    fields = {
        "AccountSid": taken["account"],
        "From": taken["From"],
        "MessageSid": taken["sid"],
        "MessageStatus": status,
        "SmsSid": taken["sid"],
        "SmsStatus": status,
        "To": taken["To"],
    }
    if code:
        fields["ErrorCode"] = str(code)
    return signed(taken["StatusCallback"], fields, secret=secret)


def signed(url: str, fields: Mapping[str, str], *, secret: str) -> Call:
    """Return a form as Twilio posts it to one of our addresses."""
    signature = twilio.signature(
        url, {name: [value] for name, value in fields.items()}, secret=secret
    )
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature,
    }
    return Call(url, headers, urlencode(fields).encode())


def _answer(stand_in: StandIn, call: Call, behaviour: Behaviour) -> Answer:
    if behaviour in REFUSALS:
        status, code, message = REFUSALS[behaviour]
        headers = {"Retry-After": str(RETRY_AFTER)} if behaviour is Behaviour.BUSY else {}
        return Answer(status, _json({"code": code, "message": message, "status": status}), headers)
    said = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
    sid = f"SM{uuid.uuid4().hex}"
    # It knows no keys: the same again is another message.
    stand_in.taken.append({**said, "sid": sid, "account": call.path.split("/")[3]})
    return Answer(201, _json({"sid": sid, "status": "queued", "to": said.get("To")}))


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()

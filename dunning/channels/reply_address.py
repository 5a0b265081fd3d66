"""The address that a debtor answers to: it names one message, and nobody can make one up.

`reply+<code>@INBOUND_DOMAIN`: the code is the organization, the message's token and a proof, in
the letters that survive being lowered. A mail's Message-ID names both too; it needs no proof, for
only who was written to knows the token.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "dunning.channels.reply_address"
ORGANIZATION_BYTES, TOKEN_BYTES, PROOF_BYTES = 6, 16, 10
_CODE = re.compile(r"reply\+([a-z2-7]{52})", re.IGNORECASE | re.ASCII)  # of 64 letters
_MESSAGE_ID = re.compile(r"<?([0-9a-f-]{36})@o([0-9]{1,15})\.", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """The message that an address or a Message-ID names."""

    organization_id: int
    token: UUID


def of(organization_id: int, token: UUID) -> str:
    """Return the address for answers to a message; "" where none are taken in."""
    if not settings.INBOUND_DOMAIN:
        return ""
    plain = organization_id.to_bytes(ORGANIZATION_BYTES, "big") + token.bytes
    code = base64.b32encode(plain + _proof(plain, settings.SECRET_KEY)).decode().rstrip("=")
    return f"reply+{code.lower()}@{settings.INBOUND_DOMAIN}"


def message_id(organization_id: int, token: UUID, *, domain: str) -> str:
    """Return the Message-ID of a message, the same whoever hands it over."""
    return f"<{token}@o{organization_id}.{domain}>"


def named_by_address(addresses: Iterable[str]) -> Named | None:
    """Return the message that the first of some addresses with a true proof names."""
    for address in addresses:
        local, _at, domain = address.strip().rpartition("@")
        match = _CODE.fullmatch(local)
        if match is not None and domain.lower() == settings.INBOUND_DOMAIN:
            named = _read(match[1])
            if named is not None:
                return named
    return None


def named_by_message_ids(texts: Iterable[str]) -> Named | None:
    """Return the message that the first Message-ID of ours among some texts names."""
    for text in texts:
        for token, organization in _MESSAGE_ID.findall(text):
            try:
                return Named(int(organization), UUID(token))
            except ValueError:
                continue
    return None


def _read(code: str) -> Named | None:
    try:
        raw = base64.b32decode(code.upper() + "=" * (-len(code) % 8))
    except binascii.Error:
        return None
    plain, proof = raw[:-PROOF_BYTES], raw[-PROOF_BYTES:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(proof, _proof(plain, key)) for key in keys):
        return None
    organization_id = int.from_bytes(plain[:ORGANIZATION_BYTES], "big")
    return Named(organization_id, UUID(bytes=plain[ORGANIZATION_BYTES:]))


def _proof(plain: bytes, key: str) -> bytes:
    return salted_hmac(SALT, plain, secret=key, algorithm="sha256").digest()[:PROOF_BYTES]

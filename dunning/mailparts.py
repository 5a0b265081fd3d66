"""The parts of a stored email, as a person reads them."""

from dataclasses import dataclass
from email import message_from_bytes, policy


@dataclass(frozen=True, slots=True)
class File:
    """Something attached to an email."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    text: str
    html: str
    reply_to: str
    attachments: tuple[str, ...]


def parts(content: bytes | memoryview) -> Parts:
    """Return the two forms of an email's text, and the names of what is attached."""
    message = message_from_bytes(bytes(content), policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Parts(
        text=str(text.get_content()) if text is not None else "",
        html=str(html.get_content()) if html is not None else "",
        reply_to=str(message.get("Reply-To", "")),
        attachments=tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def file(content: bytes | memoryview, number: int) -> File | None:
    """Return one of the files attached to an email, counted from 0; None when there is none."""
    message = message_from_bytes(bytes(content), policy=policy.default)
    found = list(message.iter_attachments())[number : number + 1]
    if not found:
        return None
    (part,) = found
    held = part.get_payload(decode=True)
    raw = held if isinstance(held, bytes) else b""
    return File(part.get_filename() or "", part.get_content_type(), raw)

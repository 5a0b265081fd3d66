"""What a mail that came in is: written by a person, by a program, or about mail that came back.

Pure: a parsed mail in, plain values out. Source: RFC 3834 (answers of programs), RFC 3464 (reports
on delivery), RFC 5322 (names of mails).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Mail
from email.policy import compat32
from email.utils import getaddresses, parseaddr
from itertools import islice

from dunning.channels import quoting, replies

MOST_FILES, MOST_FILE_BYTES, MOST_BYTES = 10, 10 * 1024 * 1024, 15 * 1024 * 1024
LONGEST_NAME = 120
MOST_PARTS = 200
MOST_NAMES = 4000  # letters of References that are looked at, from its end

BY_PROGRAMS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id")
RECEIVERS = {"delivered-to", "x-original-to", "envelope-to", "to", "cc"}
FAILED, DELAYED, DELIVERED, REFUSED = "bounced", "deferred", "delivered", "refused"

_OUT = re.compile(
    r"^\s*(?:(?:re|ré|aw|tr|fwd?)\s*:\s*)*(?:"
    r"absen(?:ce|t)\b|out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response)|"
    r"réponse automatique|reponse automatique|message d[’']absence|en congés?\b|"
    r"abwesenheit|automatische antwort|accusé de réception|auto\s*:)",
    re.IGNORECASE,
)
_DAEMONS = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|ne-?pas-?repondre)@", re.IGNORECASE)
_BULK = {"auto_reply", "auto-reply", "bulk", "junk", "list"}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came along."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message, as a mail server says."""

    kind: str
    recipient: str
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that came in, as far as it is kept."""

    sender: str
    sender_name: str
    subject: str
    text: str
    quoted: str
    files: tuple[Attached, ...]
    lost_files: int
    mail_id: str
    is_automatic: bool


def read(mail: Mail) -> Received:
    """Return a mail as text and files; what is too much of them is only counted."""
    name, address = _sender(mail)
    written, quoted = quoting.apart(_text(mail))
    files, lost = _files(mail)
    return Received(
        sender=address,
        sender_name=name,
        subject=_header(mail, "Subject")[:250],
        text=written,
        quoted=quoted,
        files=files,
        lost_files=lost,
        mail_id=_header(mail, "Message-ID"),
        is_automatic=is_automatic(mail),
    )


def is_automatic(mail: Mail) -> bool:
    """Return whether a program wrote it: an absence, a receipt, a list."""
    submitted = _header(mail, "Auto-Submitted").lower()
    if submitted and submitted.split(";")[0].strip() != "no":
        return True
    if any(_raw(mail, name) for name in BY_PROGRAMS):
        return True
    if _header(mail, "Precedence").lower() in _BULK or _header(mail, "Return-Path") == "<>":
        return True
    if is_report(mail):
        return True
    subject, address = _header(mail, "Subject"), _sender(mail)[1]
    is_daemon = _DAEMONS.match(address) is not None
    return _OUT.match(subject) is not None or is_daemon


def recipients(mail: Mail) -> list[str]:
    """Return every address that it may have been sent to."""
    texts = [str(text) for name, text in mail.raw_items() if name.lower() in RECEIVERS]
    return [address for _name, address in getaddresses(texts) if address]


def answered_ids(mail: Mail) -> list[str]:
    """Return what names the mails it answers, the nearest first."""
    references = _header(mail, "References")[-MOST_NAMES:].split()
    return [_header(mail, "In-Reply-To"), *reversed(references)]


def is_report(mail: Mail) -> bool:
    """Return whether a program reports on mail: that it came back, arrived, was read."""
    (whole,) = islice(_parts(mail), 1)
    return whole.get_content_type() == "multipart/report"


def report(mail: Mail) -> Report | None:
    """Return what a report on delivery says; None when it is none, or says nothing certain."""
    if not is_report(mail):
        return None
    for part in _parts(mail):
        if part.get_content_type() == "message/delivery-status":
            return _status(part)
    return None


def reported_ids(mail: Mail) -> Iterator[str]:
    """Give the names of the mails that a report on delivery is about."""
    for part in _parts(mail):
        if part.get_content_type() in {"message/rfc822", "message/global"}:
            for inner in part.get_payload():
                if isinstance(inner, Mail):
                    yield _header(inner, "Message-ID")
        elif part.get_content_type() in {"text/rfc822-headers", "message/global-headers"}:
            found = re.search(r"^Message-ID:\s*(\S+)", _content(part), re.IGNORECASE | re.MULTILINE)
            if found is not None:
                yield found[1]


def _status(part: Mail) -> Report | None:
    """Return the first block about a recipient (RFC 3464, 2.3)."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Mail):
            continue
        action = _header(block, "Action").lower()
        if not action:
            continue
        status, said = _header(block, "Status"), _header(block, "Diagnostic-Code")
        recipient = _header(block, "Final-Recipient") or _header(block, "Original-Recipient")
        address = recipient.partition(";")[2].strip() or recipient
        reason = f"{status} {said}".strip()[:250]
        if action == "failed":
            code = re.sub(r"^smtp\s*;\s*", "", said, flags=re.IGNORECASE)
            is_nobody = replies.says_nobody(f"{code} {status}" if code else f"550 {status}")
            return Report(FAILED if is_nobody else REFUSED, address[:254], reason)
        kind = {"delayed": DELAYED, "delivered": DELIVERED}.get(action)
        return None if kind is None else Report(kind, address[:254], reason)
    return None


def _sender(mail: Mail) -> tuple[str, str]:
    name, address = parseaddr(_raw(mail, "From"))
    return quoting.one_line(_decoded(name))[:LONGEST_NAME], quoting.one_line(address)[:254]


def _header(mail: Mail, name: str) -> str:
    """Return a header as one line of text; "" where it is missing."""
    return quoting.one_line(_decoded(_raw(mail, name)))


def _raw(mail: Mail, name: str) -> str:
    """Return the first header of a name as it came; Python's own reader fails on some."""
    sought = name.lower()
    return next((str(value) for key, value in mail.raw_items() if key.lower() == sought), "")


def _decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, MessageError):
        return text


def _text(mail: Mail) -> str:
    """Return the plain text, or that of the formatted part where there is none."""
    html = ""
    for part in _parts(mail):
        kind = part.get_content_type()
        if _is_file(part):
            continue
        if kind == "text/plain" and (text := _content(part)).strip():
            return text
        if kind == "text/html" and not html:
            html = _content(part)
    return quoting.of_html(html)


def _files(mail: Mail) -> tuple[tuple[Attached, ...], int]:
    kept: list[Attached] = []
    left, lost = MOST_BYTES, 0
    for part in _parts(mail):
        if not _is_file(part):
            continue
        content = _bytes(part)
        if len(kept) >= MOST_FILES or len(content) > min(MOST_FILE_BYTES, left):
            lost += 1
            continue
        left -= len(content)
        kept.append(Attached(_name(part), part.get_content_type()[:100], content))
    return tuple(kept), lost


def _is_file(part: Mail) -> bool:
    """Return whether a part is a file: attached, or a picture within a text that has a name."""
    if part.get_content_maintype() == "multipart":
        return False
    shown = part.get_content_disposition()
    return shown == "attachment" or (shown == "inline" and bool(part.get_filename()))


def _name(part: Mail) -> str:
    """Return a file's name, without the folders that it pretends to lie in."""
    whole = quoting.one_line(_decoded(part.get_filename() or ""))
    name = whole.replace("\\", "/").rpartition("/")[2]
    return name.lstrip(".")[:200] or "file"


def _parts(mail: Mail) -> Iterable[Mail]:
    """Give the parts of a mail, not those of the mails within it."""
    waiting, given = [mail], 0
    while waiting and given < MOST_PARTS:
        part = waiting.pop(0)
        part.policy = compat32  # the reader of headers that fails on none
        given += 1
        yield part
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            waiting[:0] = [one for one in inner if isinstance(one, Mail)]


def _bytes(part: Mail) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        return b"".join(one.as_bytes() for one in inner if isinstance(one, Mail))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _content(part: Mail) -> str:
    raw = _bytes(part)
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a character set that nobody knows
        return raw.decode("utf-8", "replace")

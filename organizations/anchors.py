"""The ends of the histories, written down outside the database, each line signed.

Who may rewrite a whole chain, seals and head and all, can't rewrite what was said about it before:
a history that was sealed anew, or whose tail was cut off, no longer agrees with its anchors. One
file a month holds a JSON line for each end; it is only ever added to. The signature's key follows
from SECRET_KEY, so that a line can't be made without it (docs/decisions/0021).
"""

import hmac
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "organizations.anchors"
MOST_EVENTS = 10_000  # between two anchors

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a chain ended at an instant."""

    organization: int
    position: int
    seal: str
    at: str  # ISO 8601, UTC
    is_ours: bool = True  # its signature is right


def is_due(end: Anchor, *, last: Anchor | None) -> bool:
    """Return whether an end is to be written down: once a day, and after every 10,000 events.

    One at which nothing has happened since says nothing new.
    """
    if last is None:
        return end.position > 0
    added = end.position - last.position
    return added >= MOST_EVENTS or (added != 0 and end.at[:10] != last.at[:10])


def write(ends: Iterable[Anchor], *, at: datetime) -> None:
    """Add ends to the month's file, and return when they are on the disk."""
    text = "".join(f"{_line(end)}\n" for end in ends)
    if not text:
        return
    directory: Path = settings.ANCHORS_DIR
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{at.astimezone(UTC):%Y-%m}.jsonl"
    with path.open("ab") as file:
        torn = file.tell() and not path.read_bytes().endswith(b"\n")
        file.write((b"\n" if torn else b"") + text.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    entry = os.open(directory, os.O_RDONLY)  # the name of a new file
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def of(organization_id: int) -> list[Anchor]:
    """Return all anchors of an organization, in the order in which they were written."""
    return [anchor for anchor in _read(_files()) if anchor.organization == organization_id]


def latest() -> Mapping[int, Anchor]:
    """Return the last anchor of each organization, as far as the last two files know."""
    return {anchor.organization: anchor for anchor in _read(_files()[-2:]) if anchor.is_ours}


def _files() -> list[Path]:
    return sorted(settings.ANCHORS_DIR.glob("????-??.jsonl"))


def _read(files: Iterable[Path]) -> Iterator[Anchor]:
    for path in files:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            anchor = _anchor(line)
            if anchor is not None:
                yield anchor
            elif line:
                logger.warning("Line %s of %s is no anchor", number, path.name)


def _anchor(line: bytes) -> Anchor | None:
    """Read a line; None when it is torn, as a machine leaves it that lost its power."""
    try:
        said = json.loads(line)
        anchor = Anchor(said["organization"], said["position"], said["seal"], said["at"])
        mac = str(said["mac"]).encode()
    except (ValueError, TypeError, KeyError):
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(hmac.compare_digest(_mac(anchor, key).encode(), mac) for key in keys)
    return anchor if is_ours else Anchor(**{**asdict(anchor), "is_ours": False})


def _line(anchor: Anchor) -> str:
    return json.dumps({**_said(anchor), "mac": _mac(anchor, settings.SECRET_KEY)})


def _said(anchor: Anchor) -> dict[str, Any]:
    return {
        "organization": anchor.organization,
        "position": anchor.position,
        "seal": anchor.seal,
        "at": anchor.at,
    }


def _mac(anchor: Anchor, key: str) -> str:
    content = json.dumps(_said(anchor), sort_keys=True)
    return salted_hmac(SALT, content, secret=key, algorithm="sha256").hexdigest()

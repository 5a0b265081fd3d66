"""The memory: what was done, append-only, in commit order, each event sealed to the one before."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from common.tenancy import current
from organizations.models import TimelineEvent, TimelineHead

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found; `first_broken` is the id of the first wrong event."""

    events: int
    ok: bool
    first_broken: int | None


def record(
    kind: str,
    *,
    about: Mapping[str, int],
    at: datetime,
    data: Mapping[str, Value | Mapping[str, Value]] | None = None,
) -> None:
    """Note what happened; it is written at the end of `tenant_transaction`.

    Args:
        kind: `<app>.<past tense>`, never renamed.
        about: subjects, kind to id.
        data: ids, dates, minor units; never personal data.
    """
    scope = current()
    scope.closing[_append].append(
        TimelineEvent(
            organization_id=scope.organization_id,
            kind=kind,
            about=dict(about),
            at=at,
            actor=scope.actor,
            data=dict(data or {}),
            customer_id=about.get("customer"),
            invoice_id=about.get("invoice"),
        )
    )


def actor() -> str:
    """Return who acts in the open transaction: "user:3", "key:5", or "system"."""
    return current().actor


def position() -> int:
    """Return the position of the last event that is written; those of this transaction follow."""
    return TimelineHead.objects.get().position


def happened(kinds: Sequence[str], *, since: int) -> bool:
    """Return whether something of these kinds was noted after a position."""
    found: bool = TimelineEvent.objects.filter(position__gt=since, kind__in=kinds).exists()
    return found


def verify() -> Verdict:
    """Walk the open organization's chain from its first event and check every seal.

    An event that was edited, removed, added or moved breaks the chain at its place; a tail that
    was cut off leaves the head pointing past the end, and then no event is named.
    """
    position, seal = 0, ""
    for event in _in_order():
        position += 1
        seal = _seal(event, after=seal)
        if (event.position, event.seal) != (position, seal) or not _is_indexed_rightly(event):
            return Verdict(events=position, ok=False, first_broken=event.pk)
    head = TimelineHead.objects.get()
    return Verdict(
        events=position, ok=(head.position, head.seal) == (position, seal), first_broken=None
    )


def _append(events: list[TimelineEvent]) -> None:
    """Number and seal the events; the head is locked last, so writers queue for an instant."""
    head = TimelineHead.objects.locked().get()
    for event in events:
        head.position += 1
        event.position = head.position
        event.seal = head.seal = _seal(event, after=head.seal)
    TimelineEvent.objects.bulk_create(events, batch_size=2000)
    head.save(update_fields=["position", "seal"])


def _seal(event: TimelineEvent, *, after: str) -> str:
    """Return the SHA-256 over an event and the seal before it, in hexadecimal."""
    content = json.dumps(
        [
            after,
            event.organization_id,
            event.position,
            event.kind,
            event.at.astimezone(UTC).isoformat(),
            event.actor,
            event.about,
            event.data,
        ],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def _is_indexed_rightly(event: TimelineEvent) -> bool:
    about = event.about
    return (event.customer_id, event.invoice_id) == (about.get("customer"), about.get("invoice"))


def _in_order() -> Iterator[TimelineEvent]:
    """Yield the events by position, in slices, so that a long history fits in memory."""
    reached = 0
    while events := list(
        TimelineEvent.objects.filter(position__gt=reached).order_by("position")[:5000]
    ):
        yield from events
        reached = events[-1].position

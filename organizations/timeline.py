"""The memory: what was done, append-only, in commit order, each event sealed to the one before."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from common.tenancy import current
from organizations.anchors import Anchor
from organizations.models import TimelineEvent, TimelineHead

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An anchor that says something else than the chain."""

    position: int
    at: str  # when it was written
    why: str  # "rewritten": another seal stands there; "cut": nothing does; "forged": not ours


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the chain found; `first_broken` is the id of the first wrong event."""

    events: int
    ok: bool
    first_broken: int | None
    anchors: int = 0  # that agree
    agrees_until: int = 0  # the position of the last of them
    disagrees: Disagreement | None = None  # the first that does not


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


def end(*, at: datetime) -> Anchor:
    """Return where the open organization's chain ends, to be written down outside."""
    head = TimelineHead.objects.get()
    return Anchor(head.organization_id, head.position, head.seal, at.astimezone(UTC).isoformat())


def verify(anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the open organization's chain from its first event and check every seal.

    An event that was edited, removed, added or moved breaks the chain at its place; a tail that
    was cut off leaves the head pointing past the end, and then no event is named. Who sealed all
    anew, or put the head back, is found by the first anchor that disagrees.

    Args:
        anchors: the organization's own, by `anchors.of`.
    """
    compared = _Compared(anchors)
    position, seal = 0, ""
    for event in _in_order():
        position += 1
        seal = _seal(event, after=seal)
        if (event.position, event.seal) != (position, seal) or not _is_indexed_rightly(event):
            return compared.verdict(position, is_whole=False, first_broken=event.pk)
        if position in compared.waiting:
            compared.look(position, seal)
    head = TimelineHead.objects.first()
    is_whole = head is not None and (head.position, head.seal) == (position, seal)
    compared.close()
    return compared.verdict(position, is_whole=is_whole)


class _Compared:
    """The anchors on the way along a chain."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.waiting: dict[int, list[Anchor]] = defaultdict(list)
        self.agreed, self.until = 0, 0
        self.disagrees: Disagreement | None = None
        for anchor in anchors:
            if anchor.is_ours:
                self.waiting[anchor.position].append(anchor)
            else:
                self._note(anchor, "forged")

    def look(self, position: int, seal: str) -> None:
        for anchor in self.waiting.pop(position):
            if anchor.seal != seal:
                self._note(anchor, "rewritten")
            else:
                self.agreed += 1
                self.until = position

    def close(self) -> None:
        """Note the first anchor beyond the last event."""
        if self.waiting:
            self._note(self.waiting[min(self.waiting)][0], "cut")

    def verdict(self, events: int, *, is_whole: bool, first_broken: int | None = None) -> Verdict:
        return Verdict(
            events=events,
            ok=is_whole and self.disagrees is None,
            first_broken=first_broken,
            anchors=self.agreed,
            agrees_until=self.until,
            disagrees=self.disagrees,
        )

    def _note(self, anchor: Anchor, why: str) -> None:
        if self.disagrees is None:
            self.disagrees = Disagreement(anchor.position, anchor.at, why)


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

"""Hold the invoices that money at the bank could be for, and let go of them; many at once.

`reconciliation` knows which they are and calls this: what it knows stays there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F

from dunning.models import Hold
from organizations import timeline
from organizations.models import Organization

KIND = Hold.Kind.PROBABLE_PAYMENT
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Probable:
    """An invoice that waits, and for which bank line, in words."""

    invoice_id: int
    customer_id: int
    reason: str


def place_all(
    organization: Organization, wanted: Sequence[Probable], *, until: date, at: datetime
) -> list[Hold]:
    """Hold invoices until a day, that day included; return the holds in the same order."""
    since = at.astimezone(organization.zone).date()
    placed: list[Hold] = Hold.objects.bulk_create(
        (
            Hold(
                organization=organization,
                kind=KIND,
                invoice_id=one.invoice_id,
                customer_id=one.customer_id,
                reason=one.reason[:LONGEST_REASON],
                since=since,
                until=until,
                author=timeline.actor(),
                placed_at=at,
            )
            for one in wanted
        ),
        batch_size=1000,
    )
    for hold in placed:
        data = {"kind": str(KIND), "until": until.isoformat()}
        timeline.record("dunning.hold_placed", about=_about(hold), data=data, at=at)
    return placed


def end_all(hold_ids: Collection[int], *, because: Hold.Because, at: datetime) -> None:
    """End holds that stand, by themselves, and say why."""
    holds = list(Hold.objects.filter(pk__in=hold_ids, ended_at__isnull=True).locked())
    _end(holds, because=because, at=at)


def end_paid(invoice_ids: Collection[int], *, at: datetime) -> None:
    """End the holds of invoices that are paid now, by whatever money."""
    paid = Hold.objects.filter(
        kind=KIND,
        ended_at__isnull=True,
        invoice__in=invoice_ids,
        invoice__settled_minor__gte=F("invoice__total_minor"),
    )
    _end(list(paid.locked()), because=Hold.Because.PAID, at=at)


def _end(holds: Sequence[Hold], *, because: Hold.Because, at: datetime) -> None:
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(
        ended_at=at, ended_because=because
    )
    for hold in holds:
        data = {"kind": hold.kind, "because": str(because)}
        timeline.record("dunning.hold_ended", about=_about(hold), data=data, at=at)


def _about(hold: Hold) -> dict[str, int]:
    return {
        "hold": hold.pk,
        "customer": hold.customer_id or 0,
        "invoice": hold.invoice_id or 0,
    }

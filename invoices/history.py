"""Which events of the memory are asked for: by kind, actor, customer, invoice and day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.working_days import DAY
from invoices.models import Customer, Invoice
from organizations.models import Organization, TimelineEvent

MOST_EXPORTED = 50_000
SLICE = 1000


class TooManyEvents(DomainError):
    """More events are asked for than a file takes."""

    code = "too_many_events"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one asks for; an empty part asks for everything."""

    kind: str = ""  # one kind, "dunning.reminder_sent", or all of an app, "dunning"
    actor: str = ""  # "user:3", "key:5" or "system"
    customer: str = ""  # its code, or a part of its name
    invoice: str = ""  # its number
    since: date | None = None
    until: date | None = None  # the last day


def events(organization: Organization, wanted: Wanted) -> QuerySet[TimelineEvent]:
    """Return the events asked for; days are the organization's own."""
    found: QuerySet[TimelineEvent] = TimelineEvent.objects.filter(organization=organization)
    if wanted.kind:
        found = found.filter(Q(kind=wanted.kind) | Q(kind__startswith=f"{wanted.kind}."))
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.customer:
        named = Q(code__iexact=wanted.customer) | Q(name__icontains=wanted.customer)
        found = found.filter(customer_id__in=Customer.objects.filter(named).values("pk"))
    if wanted.invoice:
        named = Q(number__iexact=wanted.invoice)
        found = found.filter(invoice_id__in=Invoice.objects.filter(named).values("pk"))
    if wanted.since:
        found = found.filter(at__gte=_midnight(wanted.since, organization))
    if wanted.until and wanted.until < date.max:
        found = found.filter(at__lt=_midnight(wanted.until + DAY, organization))
    return found


def page(
    found: QuerySet[TimelineEvent], *, size: int, before: int | None, after: int | None
) -> tuple[list[TimelineEvent], int | None, int | None]:
    """Return a page, the newest first, and from where the newer and the older ones go on.

    Args:
        before: the position that the page ends above; without it, and without `after`, the newest.
        after: the position that the page begins behind.
    """
    if after is not None:
        ahead = list(found.filter(position__gt=after).order_by("position")[: size + 1])
        shown = ahead[:size][::-1]
        newer = shown[0].position if len(ahead) > size else None
        return shown, newer, shown[-1].position if shown else None
    if before is not None:
        found = found.filter(position__lt=before)
    rows = list(found.order_by("-position")[: size + 1])
    shown = rows[:size]
    newer = shown[0].position if before is not None and shown else None
    return shown, newer, shown[-1].position if len(rows) > size else None


def slices(found: QuerySet[TimelineEvent]) -> Iterator[Sequence[TimelineEvent]]:
    """Give all events, the oldest first, a thousand at a time.

    Raises:
        TooManyEvents: there are more than a file takes.
    """
    if found.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED:
        raise TooManyEvents(
            _("These are more than %(n)s events: narrow the filters.") % {"n": MOST_EXPORTED}
        )
    reached = 0
    while rows := list(found.filter(position__gt=reached).order_by("position")[:SLICE]):
        yield rows
        reached = rows[-1].position


def _midnight(day: date, organization: Organization) -> datetime:
    return datetime.combine(day, time.min, tzinfo=organization.zone)

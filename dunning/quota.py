"""How many invoices an organization's plan follows a month, which they are, and what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from common.working_days import DAY
from dunning import facts, places
from dunning.debtor import DebtorFacts
from dunning.models import Act, StepKind
from dunning.places import Quota, month_of
from invoices.models import Invoice
from organizations import timeline
from organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Usage:
    """What a plan has followed in the month of a day."""

    plan: str
    month: date  # its first day
    limit: int | None  # None: as many as there are
    followed: tuple[int, ...]  # ids of the invoices
    resets_on: date

    @property
    def is_reached(self) -> bool:
        return self.limit is not None and len(self.followed) >= self.limit


def limit_of(organization: Organization) -> int | None:
    """Return how many invoices the plan follows a month; None when it has no limit.

    A plan that the configuration does not know any more is held to the free one's limit.
    """
    limits: dict[str, int | None] = settings.PLAN_LIMITS
    return limits.get(organization.plan, limits["free"])


def of(organization: Organization, *, on: date) -> Quota | None:
    """Return the places of a day's month; None, without a query, when there is no limit."""
    limit = limit_of(organization)
    return None if limit is None else Quota(limit, frozenset(_followed(on)))


def on_a_day(
    organization: Organization, debtors: list[DebtorFacts], *, on: date
) -> list[DebtorFacts]:
    """Return the debtors as the round of a day finds them; among them all that are due an act."""
    month = of(organization, on=on)
    return debtors if month is None else places.on_a_day(debtors, month, on=on)


def usage(organization: Organization, *, on: date) -> Usage:
    """Return what was followed in a day's month, in the organization's zone."""
    first, last = month_of(on)
    return Usage(
        plan=organization.plan,
        month=first,
        limit=limit_of(organization),
        followed=tuple(sorted(_followed(on))),
        resets_on=last + DAY,
    )


def waiting(organization: Organization, *, on: date) -> set[int]:
    """Return the invoices that would be asked in the rest of the month, but for the limit."""
    month = of(organization, on=on)
    if month is None:
        return set()
    days = (month_of(on)[1] - on).days + 1
    return places.waiting(facts.debtors(organization, on=on, days=days), month, on=on)


def count_matched(organization: Organization, invoice_ids: Iterable[int], *, on: date) -> None:
    """Let invoices that a bank line pays count in the month of a day; money is never refused."""
    if limit_of(organization) is not None:
        Invoice.objects.filter(pk__in=invoice_ids).update(matched_on=on)


def note_reached(organization: Organization, *, on: date, at: datetime) -> bool:
    """Note, once a month, that the limit is reached; return whether its owners are to be told."""
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    told = locked.limit_told_on
    if told is not None and told >= month_of(on)[0]:
        return False
    found = usage(locked, on=on)
    if not found.is_reached:
        return False
    locked.limit_told_on = on
    locked.save(update_fields=["limit_told_on"])
    timeline.record("dunning.limit_reached", about={}, data={"limit": found.limit}, at=at)
    return True


def _followed(on: date) -> set[int]:
    """Return the invoices that were asked or matched in a day's month, by one query."""
    month = month_of(on)
    asked = Act.objects.filter(written_on__range=month).exclude(kind=StepKind.THANK_YOU)
    matched = Invoice.objects.filter(matched_on__range=month).values_list("pk", flat=True)
    return set(
        asked.order_by().values_list("instalment__invoice_id", flat=True).union(matched.order_by())
    )

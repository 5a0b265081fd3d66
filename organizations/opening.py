"""Open an organization: its first member, its memory."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.tenancy import tenant_transaction
from organizations import timeline
from organizations.models import Membership, Organization, Plan, Role, TimelineHead, User

# A new organization reads what leaves before it leaves.
APPROVAL_DAYS = 14
TIMEZONE = "Europe/Paris"


class Begin(StrEnum):
    """How the rounds of a new organization begin."""

    AT_ONCE = "at_once"
    WITH_APPROVAL = "with_approval"
    LATER = "later"  # once a person has seen what they will do: `activate`


class ActivatedAlready(DomainError):
    """Rounds have begun."""

    code = "activated_already"


class NameMissing(DomainError):
    """An organization needs a name with at least one letter or digit."""

    code = "name_missing"


def open_organization(
    name: str,
    *,
    slug: str = "",
    owner: User,
    on: date,
    at: datetime,
    plan: str = Plan.FREE,
    country: str = "FR",
    timezone: str = TIMEZONE,
    iban: str = "",
    begin: Begin = Begin.WITH_APPROVAL,
) -> Organization:
    """Create an organization with its owner.

    Args:
        on: today, in the organization's zone: the first of the days of approval.
        begin: when the rounds do, and whether their messages are approved.

    Raises:
        NameMissing: nothing of the name can stand in an address.
    """
    slug = slug or slugify(name)[:50]
    if not slug:
        raise NameMissing(_("Give the organization a name."))
    with transaction.atomic():
        organization = Organization.objects.create(
            name=name.strip(),
            slug=_free(slug),
            plan=plan,
            country=country,
            timezone=timezone,
            iban=iban,
            email=owner.email,
            signatory=owner.name,
            activated_at=None if begin is Begin.LATER else at,
            approval_until=None
            if begin is Begin.AT_ONCE
            else on + timedelta(days=APPROVAL_DAYS - 1),
        )
        Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    with tenant_transaction(organization.pk, actor=f"user:{owner.pk}"):
        TimelineHead.objects.create(organization=organization)
        timeline.record("organizations.organization_opened", about={}, at=at)
    return organization


def activate(organization: Organization, *, on: date, at: datetime) -> None:
    """Let the rounds begin with the next sending hour; for two weeks, each message is approved.

    Raises:
        ActivatedAlready: they have begun.
    """
    locked = Organization.objects.select_for_update().get(pk=organization.pk)
    if locked.activated_at is not None:
        raise ActivatedAlready(_("Reminders are activated already."))
    if at.astimezone(locked.zone).hour >= locked.sending_hour:
        organization.last_round_on = on  # today's hour is over
    organization.activated_at = at
    organization.approval_until = _last_approved(on)
    organization.save(update_fields=["activated_at", "approval_until", "last_round_on"])
    timeline.record("organizations.followup_activated", about={}, at=at)


def _last_approved(on: date) -> date:
    """Return the last day on which a person approves, when the first is `on`."""
    return on + timedelta(days=APPROVAL_DAYS - 1)


def _free(slug: str) -> str:
    """Return the slug, or the first of slug-2, slug-3, ... that nobody has."""
    taken = set(Organization.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    candidate, number = slug, 1
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate

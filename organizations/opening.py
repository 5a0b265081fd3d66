"""Open an organization: its first member, its memory."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from common.errors import DomainError
from common.tenancy import tenant_transaction
from organizations import timeline
from organizations.models import Membership, Organization, Plan, Role, TimelineHead, User

# A new organization reads what leaves before it leaves.
APPROVAL_DAYS = 14
TIMEZONE = "Europe/Paris"


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
    plan: Plan = Plan.FREE,
    country: str = "FR",
    timezone: str = TIMEZONE,
    iban: str = "",
    with_approval: bool = True,
) -> Organization:
    """Create an organization with its owner.

    Args:
        on: today, in the organization's zone: the first of the days of approval.

    Raises:
        NameMissing: nothing of the name can stand in an address.
    """
    slug = slug or slugify(name)[:50]
    if not slug:
        raise NameMissing("Give the organization a name.")
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
            approval_until=on + timedelta(days=APPROVAL_DAYS - 1) if with_approval else None,
        )
        Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    with tenant_transaction(organization.pk, actor=f"user:{owner.pk}"):
        TimelineHead.objects.create(organization=organization)
        timeline.record("organizations.organization_opened", about={}, at=at)
    return organization


def _free(slug: str) -> str:
    """Return the slug, or the first of slug-2, slug-3, ... that nobody has."""
    taken = set(Organization.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    candidate, number = slug, 1
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    return candidate

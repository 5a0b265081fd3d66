"""Who works for which organization, as what, and what that person may do."""

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey
from organizations.models.organization import Organization
from organizations.models.user import User
from organizations.rights import EVERY_RIGHT, RIGHTS, Right, Role


class MembershipQuerySet(models.QuerySet["Membership"]):
    def owners(self) -> Self:
        return self.filter(role=Role.OWNER)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))

    def covered_by(self, member: "Membership", *, on: date) -> Self:
        """Keep the colleagues whom a member stands in for on a day."""
        return self.filter(stand_in=member, away_from__lte=on, away_until__gte=on)


class Membership(models.Model):
    """Global: it decides which organization a person's transaction may be opened for."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    role = models.CharField(_("role"), max_length=12, choices=Role)
    # What differs from the role, for this one person.
    granted = ArrayField(models.CharField(max_length=20, choices=Right), default=list, blank=True)
    withheld = ArrayField(models.CharField(max_length=20, choices=Right), default=list, blank=True)
    # Calls only who is in his own charge, or in nobody's.
    is_limited = models.BooleanField(_("only their own portfolio"), default=False)
    # Who makes his calls while he is away; both days are included.
    stand_in = TenantForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="covers"
    )
    away_from = models.DateField(null=True, blank=True)
    away_until = models.DateField(null=True, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        default_related_name = "memberships"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_unique_per_person"
            ),
            # What points at a member covers both, so that it can't point at a stranger.
            models.UniqueConstraint(
                fields=["organization", "id"], name="membership_in_organization"
            ),
            models.CheckConstraint(
                condition=~Q(role=Role.OWNER) | Q(withheld=[], is_limited=False),
                name="membership_of_owner_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(away_from__isnull=True, away_until__isnull=True)
                | Q(away_from__isnull=False, away_until__gte=F("away_from")),
                name="membership_away_from_a_day_to_a_later_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} as {self.role}"

    @property
    def rights(self) -> frozenset[Right]:
        """Return all that this person may do beyond reading."""
        if self.role == Role.OWNER:
            return EVERY_RIGHT
        given = RIGHTS[self.role] | {Right(right) for right in self.granted}
        return given - {Right(right) for right in self.withheld}

    def may(self, *rights: Right) -> bool:
        """Return whether this person has at least one of some rights."""
        return not self.rights.isdisjoint(rights)

    def is_away(self, *, on: date) -> bool:
        """Return whether a colleague stands in on a day."""
        if self.stand_in_id is None or self.away_from is None or self.away_until is None:
            return False
        return self.away_from <= on <= self.away_until

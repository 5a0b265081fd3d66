"""A letter that lets one person join."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from organizations.models.organization import Organization
from organizations.models.user import User
from organizations.rights import Role


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> Self:
        """Keep those that were neither used nor revoked; they may have expired."""
        return self.filter(used_at__isnull=True, revoked_at__isnull=True)

    def standing(self, *, at: datetime) -> Self:
        """Keep those that still let somebody join."""
        return self.pending().filter(expires_at__gt=at)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Invitation(models.Model):
    """Global: its link names the organization. Only the token's SHA-256 is kept."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    email = models.EmailField(_("email address"))
    role = models.CharField(_("role"), max_length=12, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        default_related_name = "invitations"
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="invitation_email_in_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_used_or_revoked_not_both",
            ),
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="invitation_pending_once_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk} to {self.organization}"

    def is_over(self, *, at: datetime) -> bool:
        """Return whether its days have passed."""
        return self.expires_at <= at

"""Who works for which organization, as what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models.organization import Organization
from organizations.models.user import User


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    COLLECTOR = "collector", _("Collector")
    ACCOUNTANT = "accountant", _("Accountant")


class Membership(models.Model):
    """Global: it decides which organization a person's transaction may be opened for."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    role = models.CharField(_("role"), max_length=12, choices=Role)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_related_name = "memberships"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], name="membership_unique_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} as {self.role}"

    @property
    def may_collect(self) -> bool:
        """Return whether this person may ask for money: write, call, approve."""
        return self.role in {Role.OWNER, Role.COLLECTOR}

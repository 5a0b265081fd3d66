"""A program's way in."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models.organization import Organization


class Scope(models.TextChoices):
    READ = "read", _("Read everything")
    WRITE = "write", _("Write customers and invoices")
    COLLECT = "collect", _("Ask: messages, calls, holds")
    BANK = "bank", _("Statements, matches and payments")
    ADMIN = "admin", _("Settings, members and keys")


class ApiKey(models.Model):
    """Global: the key names the organization. Only the secret's SHA-256 is kept."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="api_keys"
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope))
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def rights(self) -> list[str]:
        """Return what it may do, in the reader's language."""
        return [str(Scope(scope).label) for scope in self.scopes]

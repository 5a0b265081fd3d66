"""A program's way in."""

from datetime import datetime
from ipaddress import ip_network
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.addresses import Network
from organizations.models.organization import Organization


class Scope(models.TextChoices):
    READ = "read", _("Read everything")
    WRITE = "write", _("Write customers and invoices")
    COLLECT = "collect", _("Ask: messages, calls, holds")
    BANK = "bank", _("Statements, matches and payments")
    ADMIN = "admin", _("Settings, members and keys")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def standing(self, *, at: datetime) -> Self:
        """Return the keys that open something at a moment."""
        return self.filter(revoked_at__isnull=True).filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at)
        )

    def locked(self) -> Self:
        """Lock the rows until commit; requests that note their key go on."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class ApiKey(models.Model):
    """Global: the key names the organization. Only the secret's SHA-256 is kept.

    After a rotation the old secret opens beside the new one, until `old_secret_until`.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="api_keys"
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope))
    networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True)
    old_secret_hash = models.CharField(max_length=64, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(old_secret_hash="", old_secret_until__isnull=True)
                | (~Q(old_secret_hash="") & Q(old_secret_until__isnull=False)),
                name="api_key_old_secret_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def rights(self) -> list[str]:
        """Return what it may do, in the reader's language."""
        return [str(Scope(scope).label) for scope in self.scopes]

    @property
    def allowed(self) -> list[Network]:
        """Return the networks that it opens from; none means everywhere."""
        return [ip_network(text) for text in self.networks]

    def old_secret_opens(self, *, at: datetime) -> bool:
        """Return whether the secret before the last rotation still opens at a moment."""
        return self.old_secret_until is not None and at < self.old_secret_until

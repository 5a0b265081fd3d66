"""From whom an organization's email leaves."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantManager, TenantModel


class SendingIdentityQuerySet(models.QuerySet["SendingIdentity"]):
    def locked(self) -> Self:
        """Lock the row until commit; after messages, before the timeline's head."""
        return self.order_by("pk").select_for_update(of=("self",))


class SendingIdentity(TenantModel):
    """One per organization, once it chose something: its own address, and what became of it.

    The address is in From while it is verified and does not fail; the house's is otherwise.
    """

    address = models.EmailField(_("address"), blank=True)  # its domain in ASCII; "" is the house's
    verified_at = models.DateTimeField(null=True, blank=True)  # when it first held
    failing_since = models.DateTimeField(null=True, blank=True)  # when it stopped to
    checked_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list, blank=True)  # of the last look, record by record
    has_tracking = models.BooleanField(_("note when emails are opened"), default=False)
    # When a person let email leave again after too many complaints: older ones count no more.
    resumed_at = models.DateTimeField(null=True, blank=True)
    untold = models.JSONField(default=list, blank=True)  # what the owners are still to be told

    objects = TenantManager.from_queryset(SendingIdentityQuerySet)()

    class Meta:
        default_related_name = "sending_identities"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], name="sending_identity_one_per_organization"
            ),
            models.CheckConstraint(
                condition=~Q(address="") | Q(verified_at__isnull=True, failing_since__isnull=True),
                name="sending_identity_is_verified_by_its_address",
            ),
        ]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2].lower()

    @property
    def is_usable(self) -> bool:
        """Return whether the address may stand in From."""
        return self.verified_at is not None and self.failing_since is None

    def __str__(self) -> str:
        return self.address or "–"

"""An account of the creditor, as its statements name it."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantManager, TenantModel


class BankAccountQuerySet(models.QuerySet["BankAccount"]):
    def locked(self) -> Self:
        """Lock the rows until commit: two uploads for one account queue here."""
        return self.order_by("pk").select_for_update(of=("self",))


class BankAccount(TenantModel):
    """Known by its IBAN, or by what the file says when it gives none.

    One made by a statement is unconfirmed: messages only ever show the IBAN of the settings.
    """

    identity = models.CharField(max_length=80)  # the IBAN, or "bank/branch/number"
    iban = models.CharField("IBAN", max_length=34, blank=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    confirmed = models.BooleanField(default=False)
    applies_by_itself = models.BooleanField(default=True)
    # Whether the bank counts as known only when this account is: not one that was closed.
    is_followed = models.BooleanField(default=True)
    # Until when its lines are all known, and from which day on some are missing.
    known_until = models.DateField(null=True, blank=True)
    gap_since = models.DateField(null=True, blank=True)

    objects = TenantManager.from_queryset(BankAccountQuerySet)()

    class Meta:
        default_related_name = "bank_accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "identity", "currency"], name="bank_account_known_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.identity

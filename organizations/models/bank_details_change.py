"""A change of where the money goes: asked by one person, waited for, seen by every owner."""

from typing import Self

from django.db import models
from django.db.models import Q

from common.tenancy import TenantManager, TenantModel
from organizations.models.user import User


class BankDetailsChangeQuerySet(models.QuerySet["BankDetailsChange"]):
    def pending(self) -> Self:
        """Keep the one that neither came into force nor was called off."""
        return self.filter(state=BankDetailsChange.State.PENDING)

    def untold(self) -> Self:
        """Keep those that the owners were not written to about."""
        return self.filter(told_at__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit; first of all that a transaction locks."""
        return self.order_by("pk").select_for_update(of=("self",))


class BankDetailsChange(TenantModel):
    """What the bank details were, and what they become.

    pending → done, when its hour has come; pending → called off, by an owner. A first IBAN is
    done at once.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        CALLED_OFF = "called_off"

    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    old_iban = models.CharField(max_length=34, blank=True)
    old_bic = models.CharField(max_length=11, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # done, or called off
    told_at = models.DateTimeField(null=True)  # when the owners were written to

    objects = TenantManager.from_queryset(BankDetailsChangeQuerySet)()

    class Meta:
        default_related_name = "bank_details_changes"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(state="pending"),
                name="bank_details_have_one_pending_change",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", ended_at__isnull=True)
                | (~Q(state="pending") & Q(ended_at__isnull=False)),
                name="bank_details_change_ends_unless_pending",
            ),
        ]
        indexes = [
            # Those to tell the owners about.
            models.Index(
                fields=["organization"],
                condition=Q(told_at__isnull=True),
                name="bank_details_changes_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ending(self.old_iban)} → {self.ending(self.iban)}"

    @staticmethod
    def ending(iban: str) -> str:
        """Return the last four characters, which name an account and give nothing away."""
        return f"…{iban[-4:]}" if iban else "–"

    @property
    def old_ending(self) -> str:
        return self.ending(self.old_iban)

    @property
    def new_ending(self) -> str:
        return self.ending(self.iban)

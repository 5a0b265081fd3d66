"""Money that came in."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models import Customer

if TYPE_CHECKING:
    from payments.models.allocation import Allocation


class PaymentQuerySet(models.QuerySet["Payment"]):
    def standing(self) -> Self:
        """Keep the payments that were not undone."""
        return self.filter(undone_at__isnull=True)

    def with_allocations(self) -> Self:
        return self.select_related("customer").prefetch_related(
            "allocations__invoice", "allocations__reversals"
        )

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Payment(TenantModel):
    """What its allocations leave over is the customer's credit."""

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("Transfer")
        CARD = "card", _("Card")
        DIRECT_DEBIT = "direct_debit", _("Direct debit")
        CHEQUE = "cheque", _("Cheque")
        CASH = "cash", _("Cash")
        EFFECT = "effect", _("Bill of exchange")
        SET_OFF = "set_off", _("Set-off")
        OTHER = "other", _("Other")

    class Source(models.TextChoices):
        BANK = "bank", _("Bank statement")
        MANUAL = "manual", _("Entered by hand")
        API = "api", _("API")

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # What standing allocations have used of it, kept beside the amount.
    allocated_minor = models.BigIntegerField(default=0)
    received_on = models.DateField(_("received"))
    method = models.CharField(_("means"), max_length=12, choices=Method, default=Method.TRANSFER)
    source = models.CharField(_("source"), max_length=8, choices=Source)
    reference = models.CharField(_("reference"), max_length=140, blank=True)
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(PaymentQuerySet)()

    class Meta:
        default_related_name = "payments"
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=Q(allocated_minor__gte=0, allocated_minor__lte=F("amount_minor")),
                name="payment_allocated_between_zero_and_amount",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(allocated_minor=0),
                name="payment_undone_settles_nothing",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "customer"], name="payment_of_customer"),
            # The list of payments, newest first, and what came in by week.
            models.Index(fields=["organization", "-received_on", "-id"], name="payment_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.received_on}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def standing_allocations(self) -> "list[Allocation]":
        """Return the allocations that were not reversed; no query after `with_allocations()`."""
        ledger = sorted(self.allocations.all(), key=lambda line: line.pk)
        return [line for line in ledger if line.amount_minor > 0 and not line.reversals.all()]

    @property
    def unallocated(self) -> Money:
        return Money(self.amount_minor - self.allocated_minor, self.currency)

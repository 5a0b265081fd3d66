"""What a customer was given back without money moving."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models.customer import Customer
from invoices.models.invoice import Invoice


class CreditNoteQuerySet(models.QuerySet["CreditNote"]):
    def open(self) -> Self:
        """Keep credit notes with something left to set off."""
        return self.filter(applied_minor__lt=F("total_minor"))

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class CreditNote(TenantModel):
    """A reduction of what is owed; its amounts are positive."""

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    number = models.CharField(_("number"), max_length=64)
    issued_on = models.DateField(_("issued"))
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField()
    applied_minor = models.BigIntegerField(default=0)
    # Of it, what the books had set off before the import.
    applied_elsewhere_minor = models.BigIntegerField(default=0)
    external_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    objects = TenantManager.from_queryset(CreditNoteQuerySet)()

    class Meta:
        default_related_name = "credit_notes"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"],
                name="credit_note_number_unique_per_organization",
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gt=0, applied_minor__gte=0)
                & Q(applied_minor__lte=F("total_minor")),
                name="credit_note_applied_between_zero_and_total",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "customer"], name="credit_note_of_customer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Return what is left to set off."""
        return Money(self.total_minor - self.applied_minor, self.currency)


class CreditAllocation(TenantModel):
    """A part of a credit note set off against an invoice."""

    credit_note = TenantForeignKey(CreditNote, on_delete=models.PROTECT)
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    applied_on = models.DateField()

    class Meta:
        default_related_name = "credit_allocations"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="credit_allocation_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "invoice"], name="credit_alloc_of_invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.credit_note_id} → {self.invoice_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

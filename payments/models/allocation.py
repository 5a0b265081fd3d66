"""Which part of a payment settles which invoice."""

import pgtrigger
from django.db import models
from django.db.models import Q

from common.money import Money
from common.tenancy import TenantForeignKey, TenantModel
from invoices.models import Invoice
from payments.models.payment import Payment


class Allocation(TenantModel):
    """A line of a ledger: never changed, never removed. To undo one, its reverse is added."""

    payment = TenantForeignKey(Payment, on_delete=models.PROTECT)
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()  # negative in a reverse
    currency = models.CharField(max_length=3)
    allocated_at = models.DateTimeField()
    reverses = TenantForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals"
    )

    class Meta:
        default_related_name = "allocations"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, reverses__isnull=True)
                | Q(amount_minor__lt=0, reverses__isnull=False),
                name="allocation_negative_only_to_reverse",
            ),
            models.UniqueConstraint(
                fields=["organization", "reverses"], name="allocation_reversed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "payment"], name="allocation_of_payment"),
            models.Index(fields=["organization", "invoice"], name="allocation_of_invoice"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="allocations_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id} to {self.invoice_id}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

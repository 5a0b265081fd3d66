"""What the creditor gave up on an invoice."""

from django.db import models
from django.db.models import Q

from common.money import Money
from common.tenancy import TenantForeignKey, TenantModel
from invoices.models.invoice import Invoice


class WriteOff(TenantModel):
    """A reduction of a balance without money: a few cents, a discount taken, a bad debt."""

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    written_off_on = models.DateField()

    class Meta:
        default_related_name = "write_offs"
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="write_off_positive"),
        ]
        indexes = [
            models.Index(fields=["organization", "invoice"], name="write_off_of_invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

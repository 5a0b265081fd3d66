"""The tie between a bank line and a hold on an invoice that it could pay."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from dunning.models import Hold
from invoices.models import Invoice
from reconciliation.models.bank_transaction import BankTransaction


class ProbablePayment(TenantModel):
    """One to a line and invoice: it keeps the hold that was placed last.

    A hold that a person ended, or that ran out, is not placed again for the same line.
    """

    transaction = TenantForeignKey(BankTransaction, on_delete=models.PROTECT)
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    hold = TenantForeignKey(Hold, on_delete=models.PROTECT)
    why = models.CharField(max_length=12)  # of `probable.Could`

    class Meta:
        default_related_name = "probable_payments"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "transaction", "invoice"],
                name="probable_payment_once_per_line_and_invoice",
            ),
            models.UniqueConstraint(
                fields=["organization", "hold"], name="probable_payment_has_its_own_hold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id} ? {self.invoice_id}"

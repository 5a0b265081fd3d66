"""The tie between a bank line and the payment it was recognised as."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from payments.models import Payment
from reconciliation.models.bank_transaction import BankTransaction


class Match(TenantModel):
    """One decision, by a rule or a person. Undone, it stays as history."""

    transaction = TenantForeignKey(BankTransaction, on_delete=models.PROTECT)
    payment = TenantForeignKey(Payment, on_delete=models.PROTECT)
    method = models.CharField(max_length=20)
    actor = models.CharField(max_length=40)
    matched_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_related_name = "matches"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "transaction"],
                condition=models.Q(undone_at__isnull=True),
                name="match_stands_once_per_transaction",
            ),
        ]
        indexes = [models.Index(fields=["organization", "payment"], name="match_of_payment")]

    def __str__(self) -> str:
        return f"{self.transaction_id} → {self.payment_id}"

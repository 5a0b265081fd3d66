"""What was paid before Encours kept the books: knowledge, not money."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.money import Money
from common.tenancy import TenantForeignKey, TenantModel
from invoices.models import Customer
from organizations.models import StoredFile


class PastPayment(TenantModel):
    """How a customer's money once looked at the bank. It settles nothing and is no credit.

    The books it comes from have already taken it off their invoices; what matching learns from it
    is who pays, from which account, in which words.
    """

    file = TenantForeignKey(StoredFile, on_delete=models.PROTECT)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    identity = models.CharField(max_length=90)  # its id in the file, or what makes it itself
    paid_on = models.DateField()
    amount_minor = models.BigIntegerField()  # a refund is negative
    currency = models.CharField(max_length=3)
    label = models.TextField(blank=True)
    payer_name = models.CharField(max_length=200, blank=True)
    payer_iban = models.CharField(max_length=34, blank=True)
    invoice_numbers = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    class Meta:
        default_related_name = "past_payments"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "identity"], name="past_payment_known_once"
            ),
        ]
        indexes = [
            # What one customer's payments look like.
            models.Index(fields=["organization", "customer"], name="past_payment_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.paid_on} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

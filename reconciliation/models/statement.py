"""A bank statement as it was uploaded."""

from django.db import models

from common.money import Money
from common.tenancy import TenantForeignKey, TenantModel
from organizations.models import StoredFile
from reconciliation.models.bank_account import BankAccount


class Statement(TenantModel):
    """What one file said about one account."""

    account = TenantForeignKey(BankAccount, on_delete=models.PROTECT)
    file = TenantForeignKey(StoredFile, on_delete=models.PROTECT)
    format = models.CharField(max_length=10)
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField(null=True, blank=True)
    opening_minor = models.BigIntegerField(null=True, blank=True)
    closing_minor = models.BigIntegerField(null=True, blank=True)
    moved_minor = models.BigIntegerField(null=True, blank=True)  # the sum of its lines
    currency = models.CharField(max_length=3)
    lines = models.PositiveIntegerField()
    new = models.PositiveIntegerField()
    known = models.PositiveIntegerField()
    imported_at = models.DateTimeField()
    # A person said that what is missing before or within it holds nothing up.
    gap_accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_related_name = "statements"
        indexes = [models.Index(fields=["organization", "-imported_at"], name="statement_latest")]

    def __str__(self) -> str:
        return f"{self.format} {self.from_on} – {self.to_on}"

    @property
    def closing(self) -> Money | None:
        """Return the balance at its end, if the file says it."""
        return None if self.closing_minor is None else Money(self.closing_minor, self.currency)


class QuarantinedLine(TenantModel):
    """A line that could not be read, kept in sight until a person has dealt with it."""

    statement = TenantForeignKey(Statement, on_delete=models.PROTECT)
    row = models.PositiveIntegerField()
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=250)

    class Meta:
        default_related_name = "quarantined_lines"

    def __str__(self) -> str:
        return f"{self.row} {self.code}"

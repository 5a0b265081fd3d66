"""What an import did, and with which file."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from organizations.models import StoredFile


class ImportedFile(TenantModel):
    """One file taken in: its report is what the screen, the API and the command show."""

    class Kind(models.TextChoices):
        INVOICES = "invoices"
        CUSTOMERS = "customers"
        PAYMENTS = "payments"
        EINVOICE_STATUSES = "statuses"

    file = TenantForeignKey(StoredFile, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.CharField(max_length=40)
    imported_at = models.DateTimeField()
    report = models.JSONField(default=dict)

    class Meta:
        default_related_name = "imported_files"
        indexes = [
            models.Index(fields=["organization", "-imported_at"], name="imported_file_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.imported_at:%Y-%m-%d}"

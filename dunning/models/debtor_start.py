"""When a debtor of the backlog is first asked."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from invoices.models import Customer


class DebtorStart(TenantModel):
    """Written once, so that a first import of hundreds of late customers is asked day by day."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE)
    start_on = models.DateField()

    class Meta:
        default_related_name = "debtor_starts"
        constraints = [
            models.UniqueConstraint(fields=["organization", "customer"], name="debtor_starts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} from {self.start_on}"

"""When a debtor has to be looked at again: a filter for the rounds, not a plan."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from invoices.models import Customer


class DebtorLook(TenantModel):
    """The first day on which something can be due to a debtor, if nothing of him changes."""

    customer = TenantForeignKey(Customer, on_delete=models.CASCADE)
    look_on = models.DateField(null=True, blank=True)  # None: never

    class Meta:
        default_related_name = "debtor_looks"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer"], name="debtor_is_looked_at_once"
            ),
        ]
        indexes = [
            # Whom the round of a day looks at.
            models.Index(fields=["organization", "look_on"], name="debtor_look_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} on {self.look_on}"


class Touched(TenantModel):
    """Something of a debtor changed since the last round; rows are written by triggers alone.

    They are only added, and taken by the next round: so writers never wait for one another. With
    no customer it is something of everyone's.
    """

    customer_id = models.BigIntegerField(null=True)  # no key: what points nowhere is harmless

    class Meta:
        default_related_name = "touched"

    def __str__(self) -> str:
        return f"{self.customer_id}"

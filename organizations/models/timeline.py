"""The rows of the memory; `organizations/timeline.py` writes and reads them."""

from typing import Self

import pgtrigger
from django.db import models

from common.tenancy import TenantManager, TenantModel


class TimelineHeadQuerySet(models.QuerySet["TimelineHead"]):
    def locked(self) -> Self:
        """Lock the head until commit: writers of one organization queue here, last of all."""
        return self.order_by("pk").select_for_update(of=("self",))


class TimelineHead(TenantModel):
    """Where an organization's chain ends. One row each."""

    position = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, default="")

    objects = TenantManager.from_queryset(TimelineHeadQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization"], name="timeline_has_one_head"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}:{self.position}"


class TimelineEvent(TenantModel):
    """Something that was done. Never changed, never removed.

    `about` names the subjects, kind to id; customer and invoice also stand in columns of their
    own, since an index on JSON can't be used under row security.
    """

    position = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    about = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    customer_id = models.BigIntegerField(null=True)
    invoice_id = models.BigIntegerField(null=True)
    seal = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "position"], name="timeline_position_used_once"
            ),
        ]
        indexes = [
            # The history of one customer, of one invoice.
            models.Index(
                fields=["organization", "customer_id", "position"], name="timeline_of_customer"
            ),
            models.Index(
                fields=["organization", "invoice_id", "position"], name="timeline_of_invoice"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="timeline_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"

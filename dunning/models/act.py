"""One level asked of one instalment."""

from typing import Self

from django.db import models
from django.db.models import Prefetch, Q

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.call import Call
from dunning.models.message import Message
from dunning.models.scenario import Channel, StepKind
from invoices.models import Customer, Instalment


class ActQuerySet(models.QuerySet["Act"]):
    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


def with_acts() -> Prefetch[str]:
    """Return what brings the acts of messages or calls, those of the oldest instalment first."""
    acts = Act.objects.select_related("instalment__invoice")
    return Prefetch("acts", acts.order_by("instalment__due_on", "pk"))


class Act(TenantModel):
    """Written on the day it is due, never before. Its key makes asking twice impossible."""

    instalment = TenantForeignKey(Instalment, on_delete=models.PROTECT)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    cycle = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=17, choices=Channel)
    kind = models.CharField(max_length=13, choices=StepKind)
    offset_days = models.SmallIntegerField()  # of the step, so that intervals are kept
    rule = models.CharField(max_length=120)
    written_on = models.DateField()
    message = TenantForeignKey(Message, on_delete=models.PROTECT, null=True, blank=True)
    call = TenantForeignKey(Call, on_delete=models.PROTECT, null=True, blank=True)

    objects = TenantManager.from_queryset(ActQuerySet)()

    class Meta:
        default_related_name = "acts"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "instalment", "cycle", "level", "channel"],
                name="act_once_per_instalment_cycle_level_and_channel",
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=False, call__isnull=True)
                | Q(message__isnull=True, call__isnull=False),
                name="act_is_carried_by_a_message_or_a_call",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "message"], name="act_of_message"),
            models.Index(fields=["organization", "call"], name="act_of_call"),
            # What a debtor was asked lately.
            models.Index(fields=["organization", "customer", "written_on"], name="act_of_debtor"),
        ]

    def __str__(self) -> str:
        return f"{self.instalment_id} level {self.level} by {self.channel}"

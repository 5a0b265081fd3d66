"""A phone call to make."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.scenario import StepKind, Tone
from invoices.models import Contact, Customer

if TYPE_CHECKING:
    from dunning.models.act import Act


class CallQuerySet(models.QuerySet["Call"]):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True, cancelled_at__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))

    def locked_if_free(self) -> Self:
        """Lock the rows that nobody else holds at this instant, in their own order."""
        return self.select_for_update(of=("self",), skip_locked=True)


class Call(TenantModel):
    """It stays on the list until a try decides it, or until nothing is owed any more."""

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    contact = TenantForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True)
    kind = models.CharField(max_length=13, choices=StepKind)
    tone = models.CharField(max_length=9, choices=Tone)
    level = models.PositiveSmallIntegerField()
    written_on = models.DateField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)  # not before: to be tried again then
    # The last thing that came of it, for the order of the queue; "" before the first try.
    outcome = models.CharField(max_length=12, blank=True)
    passed_at = models.DateTimeField(null=True, blank=True)  # put behind the others of that day
    leased_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline
    leased_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=40, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # Since when it waits again because a promise given in it was broken.
    reopened_at = models.DateTimeField(null=True, blank=True)

    asked_acts: "list[Act]"  # where `waiting.with_asked` brought them

    objects = TenantManager.from_queryset(CallQuerySet)()

    class Meta:
        default_related_name = "calls"
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(cancelled_at__isnull=True),
                name="call_done_or_cancelled_not_both",
            ),
        ]
        indexes = [
            # The list of the day.
            models.Index(
                fields=["organization", "written_on"],
                condition=Q(done_at__isnull=True, cancelled_at__isnull=True),
                name="call_open",
            ),
            models.Index(fields=["organization", "customer", "written_on"], name="call_of_debtor"),
        ]

    def __str__(self) -> str:
        return f"call of {self.written_on}"

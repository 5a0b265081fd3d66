"""Something that a person has to look at."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models import Customer, Invoice
from organizations.models import Membership


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Task(TenantModel):
    """Open until a person does it, or until what it asks for is decided elsewhere.

    What it is about beyond a customer and an invoice points at it, never the other way round: a
    bank line, which lies above, knows its task.
    """

    class Kind(models.TextChoices):
        CHECK_PAYMENT = "check_payment", _("Check a payment")
        OTHER = "other", _("Something else")

    class Because(models.TextChoices):
        """Why it was done by itself."""

        DECIDED = "decided", _("What it asks for was decided")

    kind = models.CharField(max_length=20, choices=Kind)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True)
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    # Whose it is; with nobody's name it is the team's.
    owner = TenantForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True)
    due_on = models.DateField(_("due date"))
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=40)  # an actor of the timeline
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline
    done_because = models.CharField(max_length=10, choices=Because, blank=True)

    objects = TenantManager.from_queryset(TaskQuerySet)()

    class Meta:
        default_related_name = "tasks"
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=False) | Q(done_by="", done_because=""),
                name="task_that_is_open_was_done_by_nobody",
            ),
        ]
        indexes = [
            # What is to do, the most urgent first.
            models.Index(
                fields=["organization", "due_on", "id"],
                condition=Q(done_at__isnull=True),
                name="task_to_do",
            ),
            models.Index(
                fields=["organization", "-done_at", "-id"],
                condition=Q(done_at__isnull=False),
                name="task_latest_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reason}"

"""A line of a bank statement."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models import Task
from reconciliation.models.bank_account import BankAccount
from reconciliation.models.statement import Statement


class BankTransactionQuerySet(models.QuerySet["BankTransaction"]):
    def to_clear(self) -> Self:
        """Keep the credits that nobody has dealt with."""
        return self.filter(state__in=["unmatched", "suggested"], amount_minor__gt=0)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class BankTransaction(TenantModel):
    """Exactly once each, whatever is uploaded again; in exactly one state."""

    class State(models.TextChoices):
        UNMATCHED = "unmatched", _("To clear")
        SUGGESTED = "suggested", _("Suggested")
        APPLIED = "applied", _("Matched")
        NOT_CUSTOMER = "not_customer", _("Not a customer payment")

    account = TenantForeignKey(BankAccount, on_delete=models.PROTECT)
    statement = TenantForeignKey(Statement, on_delete=models.PROTECT)
    booked_on = models.DateField()
    value_on = models.DateField(null=True, blank=True)
    amount_minor = models.BigIntegerField()  # money received is positive
    currency = models.CharField(max_length=3)
    name = models.CharField(max_length=250, blank=True)
    label = models.TextField()
    reference = models.CharField(max_length=250, blank=True)  # the line's own id in its file
    operation = models.CharField(max_length=40, blank=True)
    fingerprint = models.CharField(max_length=64)
    occurrence = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.UNMATCHED)
    method = models.CharField(max_length=20, blank=True)  # "reference", "manual", ...
    reasons = models.JSONField(default=list, blank=True)
    # What a suggestion would settle: the ids of invoices, the likeliest first.
    proposal = models.JSONField(default=list, blank=True)
    # What asks a person to look at it: the last one that was opened.
    task = TenantForeignKey(Task, on_delete=models.PROTECT, null=True, blank=True)

    objects = TenantManager.from_queryset(BankTransactionQuerySet)()

    class Meta:
        default_related_name = "bank_transactions"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "account", "fingerprint", "occurrence"],
                name="bank_transaction_once_per_account",
            ),
            models.UniqueConstraint(
                fields=["organization", "task"],
                condition=Q(task__isnull=False),
                name="bank_transaction_one_to_a_task",
            ),
        ]
        indexes = [
            # The lines to clear, oldest first.
            models.Index(
                fields=["organization", "booked_on", "id"],
                condition=Q(state__in=["unmatched", "suggested"], amount_minor__gt=0),
                name="bank_transaction_to_clear",
            ),
            models.Index(
                fields=["organization", "-booked_on", "-id"], name="bank_transaction_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

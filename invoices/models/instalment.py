"""A part of an invoice, due on one day."""

from datetime import date, timedelta
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models.invoice import SUM_OF_INSTALMENTS, Invoice


class InstalmentQuerySet(models.QuerySet["Instalment"]):
    def open(self) -> Self:
        return self.filter(settled_minor__lt=F("amount_minor"))

    def overdue(self, *, on: date, by_days: int = 1) -> Self:
        """Keep open instalments at least `by_days` whole days past their due date."""
        return self.open().filter(due_on__lte=on - timedelta(days=by_days))


class Instalment(TenantModel):
    """Every invoice has at least one; together they make its total.

    Being overdue is never stored: it follows from `due_on` and the day one asks.
    """

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    # The customer of the invoice, repeated so that the plan reads one table.
    customer = TenantForeignKey("invoices.Customer", on_delete=models.PROTECT)
    due_on = models.DateField(_("due"))
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    settled_minor = models.BigIntegerField(default=0)
    # What the customer contests of it and is not asked for meanwhile; all of it is a hold.
    contested_minor = models.BigIntegerField(default=0)
    # The day it was settled in full through Encours; empty when it is open or came settled.
    settled_on = models.DateField(null=True, blank=True)
    cycle = models.PositiveSmallIntegerField(default=1)  # one more each time it is reopened

    objects = TenantManager.from_queryset(InstalmentQuerySet)()

    class Meta:
        default_related_name = "instalments"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="instalment_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(settled_minor__gte=0, settled_minor__lte=F("amount_minor")),
                name="instalment_settled_between_zero_and_amount",
            ),
            models.CheckConstraint(
                condition=Q(contested_minor__gte=0, contested_minor__lt=F("amount_minor")),
                name="instalment_contested_in_part",
            ),
        ]
        indexes = [
            # The plan of the day, aging and the dashboard: open ones by due date, from the index.
            models.Index(
                "organization",
                "due_on",
                condition=Q(settled_minor__lt=F("amount_minor")),
                include=["customer", "amount_minor", "settled_minor", "currency"],
                name="instalment_open_by_due_date",
            ),
            # The thank-yous of the last days.
            models.Index(
                fields=["organization", "settled_on"],
                condition=Q(settled_on__isnull=False),
                name="instalment_by_settlement",
            ),
            models.Index(fields=["organization", "invoice"], name="instalment_of_invoice"),
            models.Index(fields=["organization", "customer"], name="instalment_of_customer"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="instalments_add_up_to_their_invoice",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("amount_minor", "invoice_id"),
                timing=pgtrigger.Deferred,
                func=SUM_OF_INSTALMENTS.format(invoice="NEW.invoice_id"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.due_on}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def balance(self) -> Money:
        return Money(self.amount_minor - self.settled_minor, self.currency)

    @property
    def contested(self) -> Money:
        """Return what of the balance the customer contests."""
        return min(Money(self.contested_minor, self.currency), self.balance)

    @property
    def asked(self) -> Money:
        """Return what may be asked for: the balance without what is contested of it."""
        return self.balance - self.contested

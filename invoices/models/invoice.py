"""What a customer owes for one sale."""

from datetime import date
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models.customer import Customer
from organizations.models import StoredFile

# Rows that came in this transaction are unknown to the planner's statistics: without the first
# line it would read the whole table for each of them.
SUM_OF_INSTALMENTS = """
    PERFORM set_config('enable_seqscan', 'off', true);
    IF (SELECT total_minor FROM invoices_invoice
        WHERE organization_id = NEW.organization_id AND id = {invoice})
       IS DISTINCT FROM
       (SELECT sum(amount_minor) FROM invoices_instalment
        WHERE organization_id = NEW.organization_id AND invoice_id = {invoice})
    THEN
        RAISE EXCEPTION 'The instalments of invoice % do not add up to its total.', {invoice}
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'invoice_total_is_the_sum_of_its_instalments';
    END IF;
    RETURN NULL;
"""


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def with_instalments(self) -> Self:
        return self.prefetch_related("instalments")

    def open(self) -> Self:
        """Keep invoices with something left to pay."""
        return self.filter(settled_minor__lt=models.F("total_minor"))

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order, so two payers can't deadlock."""
        return self.order_by("pk").select_for_update(of=("self",))


class Invoice(TenantModel):
    """When it is due, its instalments say. Immutable, but for what has been settled."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        DEPOSIT = "deposit", _("Deposit invoice")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        PARTLY_PAID = "partly_paid", _("Part paid")
        PAID = "paid", _("Paid")
        WRITTEN_OFF = "written_off", _("Written off")

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    number = models.CharField(_("number"), max_length=64)
    # The number with nothing but capitals and digits: what a bank label is compared with.
    number_norm = models.CharField(max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.INVOICE)
    issued_on = models.DateField(_("issued"))
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField()
    # What the instalments have settled in all, kept beside the total so that lists need no sum.
    settled_minor = models.BigIntegerField(default=0)
    # Of it, what was settled outside Encours, and what the last import said about it.
    settled_elsewhere_minor = models.BigIntegerField(default=0)
    imported_settled_minor = models.BigIntegerField(default=0)
    written_off_minor = models.BigIntegerField(default=0)
    order_number = models.CharField(_("order number"), max_length=64, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    # The invoice as it was sent: a PDF, joined to what is written about it.
    document = TenantForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True)
    # The last day a bank line was found to pay it, while a plan counts what it follows.
    matched_on = models.DateField(null=True, blank=True)
    recorded_on = models.DateField()  # the day it entered Encours, in the organization's zone
    created_at = models.DateTimeField()

    objects = TenantManager.from_queryset(InvoiceQuerySet)()

    class Meta:
        default_related_name = "invoices"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="invoice_number_unique_per_organization"
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="invoice_external_id_unique_per_organization",
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="invoice_total_positive"),
            models.CheckConstraint(
                condition=Q(settled_minor__gte=0, settled_minor__lte=models.F("total_minor")),
                name="invoice_settled_between_zero_and_total",
            ),
        ]
        indexes = [
            # Lists and statements of one customer.
            models.Index(fields=["organization", "customer"], name="invoice_of_customer"),
            # What a plan with a limit followed this month.
            models.Index(
                fields=["organization", "matched_on"],
                condition=Q(matched_on__isnull=False),
                name="invoice_matched_by_day",
            ),
            # Matching compares the words of a bank label with open numbers.
            models.Index(
                fields=["organization", "number_norm"],
                condition=Q(settled_minor__lt=models.F("total_minor")),
                name="invoice_open_by_number",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="invoice_total_is_the_sum_of_its_instalments",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("total_minor"),
                timing=pgtrigger.Deferred,
                func=SUM_OF_INSTALMENTS.format(invoice="NEW.id"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def balance(self) -> Money:
        """Return what is left to pay."""
        return Money(self.total_minor - self.settled_minor, self.currency)

    @property
    def due_on(self) -> date:
        """Return the day of the first instalment still open, else of the last one.

        No query after `with_instalments()`.
        """
        parts = sorted(self.instalments.all(), key=lambda part: (part.due_on, part.pk))
        return next((part.due_on for part in parts if part.balance), parts[-1].due_on)

    @property
    def status(self) -> Status:
        if self.balance:
            return self.Status.PARTLY_PAID if self.settled_minor else self.Status.OPEN
        return self.Status.WRITTEN_OFF if self.written_off_minor else self.Status.PAID

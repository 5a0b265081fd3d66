"""What a platform said of an electronic invoice."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models.invoice import Invoice


class EInvoiceCode(models.TextChoices):
    """The life cycle of an electronic invoice, in the numbers of its platforms.

    Source: the life-cycle statuses of the French reform, external specifications of the tax
    administration, with those between platforms and with factors of AFNOR XP Z12-012; 501 is said
    of a file that was not let in.
    """

    SUBMITTED = "200", _("Submitted")
    ISSUED = "201", _("Issued by the platform")
    RECEIVED = "202", _("Received by the customer’s platform")
    MADE_AVAILABLE = "203", _("Made available")
    TAKEN_OVER = "204", _("Taken over")
    APPROVED = "205", _("Approved")
    PARTLY_APPROVED = "206", _("Partly approved")
    IN_DISPUTE = "207", _("In dispute")
    SUSPENDED = "208", _("Suspended")
    COMPLETED = "209", _("Completed")
    REFUSED = "210", _("Refused")
    PAYMENT_SENT = "211", _("Payment sent")
    CASH_RECEIVED = "212", _("Cash received")
    REJECTED = "213", _("Rejected by a platform")
    CANCELLED = "220", _("Cancelled")
    NOT_ROUTED = "221", _("Not routed")
    DIRECT_PAYMENT = "224", _("Direct payment asked for")
    FACTORED = "225", _("Factored")
    FACTORED_CONFIDENTIALLY = "226", _("Factored, confidentially")
    ACCOUNT_CHANGED = "227", _("Account to pay changed")
    NOT_FACTORED = "228", _("Not factored any more")
    INADMISSIBLE = "501", _("Inadmissible")


class EInvoiceReason(models.TextChoices):
    """Why a platform or a customer says so; other codes are kept as they come.

    Source: the reason codes for 207, 208 and 210 in the same specifications.
    """

    OTHER = "AUTRE", _("something else")
    BANK_DETAILS = "COORD_BANC_ERR", _("wrong bank details")
    VAT_RATE = "TX_TVA_ERR", _("wrong VAT rate")
    TOTAL = "MONTANTTOTAL_ERR", _("wrong total")
    CALCULATION = "CALCUL_ERR", _("wrong calculation")
    MENTION = "NON_CONFORME", _("a required mention is missing")
    DUPLICATE = "DOUBLON", _("duplicate")
    ADDRESSEE = "DEST_ERR", _("wrong addressee")
    TRANSACTION = "TRANSAC_INC", _("unknown transaction")
    ISSUER = "EMMET_INC", _("unknown issuer")
    CONTRACT_OVER = "CONTRAT_TERM", _("the contract is over")
    INVOICED_TWICE = "DOUBLE_FACT", _("invoiced twice")
    ORDER_NUMBER = "CMD_ERR", _("order number wrong or missing")
    ADDRESS = "ADR_ERR", _("electronic address wrong or missing")
    SIRET = "SIRET_ERR", _("SIRET wrong or missing")
    ROUTING = "CODE_ROUTAGE_ERR", _("routing code wrong or missing")
    CONTRACT_REFERENCE = "REF_CT_ABSENT", _("contract reference missing")
    REFERENCE = "REF_ERR", _("wrong reference")
    UNIT_PRICE = "PU_ERR", _("wrong unit price")
    DISCOUNT = "REM_ERR", _("wrong discount")
    QUANTITY = "QTE_ERR", _("wrong quantity")
    ITEM = "ART_ERR", _("wrong item")
    PAYMENT_TERMS = "MODPAI_ERR", _("wrong terms of payment")
    QUALITY = "QUALITE_ERR", _("quality of the delivery")
    INCOMPLETE = "LIVR_INCOMP", _("incomplete delivery")
    PROOF = "JUSTIF_ABS", _("supporting document missing or insufficient")


class EInvoiceStatusQuerySet(models.QuerySet["EInvoiceStatus"]):
    def newest(self) -> Self:
        """Keep the newest of each invoice: by its moment, then by its code, then as it came."""
        return self.order_by("invoice", "-at", "-code", "-pk").distinct("invoice")

    def newest_of(self, invoice_ids: Collection[int]) -> dict[int, "EInvoiceStatus"]:
        """Return the newest status of each of some invoices that has any; one query."""
        return {found.invoice_id: found for found in self.filter(invoice__in=invoice_ids).newest()}


class EInvoiceStatus(TenantModel):
    """Never changed, never removed; which one counts, their moments say."""

    class Source(models.TextChoices):
        API = "api"
        FILE = "file"

    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT)
    code = models.CharField(max_length=3, choices=EInvoiceCode)
    at = models.DateTimeField()  # when it began, by the platform's clock
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    # Of a part approval the accepted part, of a payment what was sent or received.
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    source = models.CharField(max_length=4, choices=Source)
    event_id = models.CharField(max_length=80, blank=True)  # the platform's own, where it gives one
    received_at = models.DateTimeField()

    objects = TenantManager.from_queryset(EInvoiceStatusQuerySet)()

    class Meta:
        default_related_name = "einvoice_statuses"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event_id"],
                condition=~Q(event_id=""),
                name="einvoice_event_taken_in_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "invoice", "code", "at"],
                condition=Q(event_id=""),
                name="einvoice_status_without_event_taken_in_once",
            ),
            models.CheckConstraint(
                condition=Q(code__in=EInvoiceCode.values), name="einvoice_status_code_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True) | (Q(amount_minor__gte=0) & ~Q(currency="")),
                name="einvoice_status_amount_has_currency",
            ),
        ]
        indexes = [
            # The newest of an invoice, and the list of all of them.
            models.Index(
                fields=["organization", "invoice", "-at", "-code", "-id"],
                name="einvoice_status_newest",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="einvoice_status_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d}"

    @property
    def amount(self) -> Money | None:
        """Return what it says of money, if anything."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

    @property
    def moment(self) -> tuple[datetime, str]:
        """Return what puts it in order: of two at one moment, the later code comes later."""
        return self.at, self.code

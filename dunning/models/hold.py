"""A reason to wait."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.call_attempt import CallAttempt
from invoices.models import Customer, Instalment, Invoice


class Ground(models.TextChoices):
    """Why a debtor contests an invoice."""

    NOT_DELIVERED = "not_delivered", _("Not delivered, or not yet")
    FAULTY = "faulty", _("Faulty or incomplete")
    PRICE = "price", _("Price or discount")
    NOT_ORDERED = "not_ordered", _("Not ordered")
    ORDER_NUMBER = "order_number", _("Order number missing")
    NOT_RECEIVED = "not_received", _("Invoice not received")
    CREDIT_NOTE = "credit_note", _("Credit note awaited")
    OTHER = "other", _("Something else")


class HoldQuerySet(models.QuerySet["Hold"]):
    def standing(self, *, on: date) -> Self:
        """Keep the holds that cover a day: not ended by a person, not past their last day."""
        return self.filter(ended_at__isnull=True).filter(Q(until__isnull=True) | Q(until__gte=on))

    def whole(self) -> Self:
        """Leave out those that hold a part of an amount: the rest of it is asked for."""
        return self.filter(held_minor__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Hold(TenantModel):
    """What it covers: an instalment, an invoice, a customer, or, with none, the whole organization.

    A dispute with `held_minor` covers that amount of its instalment alone: the rest is still asked
    for. A hold ends by itself after `until`, its last day; with no last day it is looked at again
    on `review_on`.
    """

    class Kind(models.TextChoices):
        PROMISE = "promise", _("Promise to pay")
        PAUSE = "pause", _("Pause")
        DISPUTE = "dispute", _("Dispute")
        SAYS_PAID = "says_paid", _("Says it is paid")
        INSOLVENCY = "insolvency", _("Insolvency")
        PLAN = "plan", _("Instalment plan")
        PROBABLE_PAYMENT = "probable_payment", _("A payment that could be this one")
        EINVOICE_STATUS = "einvoice_status", _("Status of the electronic invoice")
        REPLY = "reply", _("An answer to read")

    class Result(models.TextChoices):
        KEPT = "kept", _("Kept")
        BROKEN = "broken", _("Broken")

    kind = models.CharField(max_length=16, choices=Kind)
    customer = TenantForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True)
    invoice = TenantForeignKey(Invoice, on_delete=models.PROTECT, null=True, blank=True)
    # Of the invoice, when one of its instalments alone is held.
    instalment = TenantForeignKey(Instalment, on_delete=models.PROTECT, null=True, blank=True)
    # Of a dispute about a part of an instalment: what is contested, in minor units.
    held_minor = models.BigIntegerField(null=True, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    author = models.CharField(max_length=40)  # an actor of the timeline
    promised_minor = models.BigIntegerField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    # Of a dispute its ground, of money said to be on its way its means.
    category = models.CharField(max_length=16, blank=True)
    # Of a promise: what the invoice had settled when it was given, and what became of it.
    settled_before_minor = models.BigIntegerField(null=True, blank=True)
    result = models.CharField(max_length=6, choices=Result, blank=True)
    attempt = TenantForeignKey(CallAttempt, on_delete=models.PROTECT, null=True, blank=True)
    placed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(HoldQuerySet)()

    class Meta:
        default_related_name = "holds"
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="hold_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=False) | Q(review_on__isnull=False),
                name="hold_ends_or_is_reviewed",
            ),
            models.CheckConstraint(
                condition=~Q(kind="promise") | Q(promised_minor__gt=0, promised_on__isnull=False),
                name="hold_promise_has_amount_and_day",
            ),
            models.CheckConstraint(
                condition=Q(instalment__isnull=True) | Q(invoice__isnull=False),
                name="hold_of_an_instalment_names_its_invoice",
            ),
            models.CheckConstraint(
                condition=Q(held_minor__isnull=True)
                | Q(kind="dispute", instalment__isnull=False, until__isnull=True, held_minor__gt=0),
                name="hold_of_a_part_is_a_dispute_of_an_instalment",
            ),
        ]
        indexes = [
            # What holds a debtor back today.
            models.Index(
                fields=["organization", "customer", "invoice"],
                condition=Q(ended_at__isnull=True),
                name="hold_not_ended",
            ),
            # The promises whose day comes, or came to nothing.
            models.Index(
                fields=["organization", "kind", "until"],
                condition=Q(kind__in=["promise", "dispute", "says_paid"]),
                name="hold_of_a_debtor",
            ),
        ]

    @property
    def promised(self) -> Money | None:
        """Return the amount of a promise."""
        if self.promised_minor is None:
            return None
        return Money(self.promised_minor, self.currency)

    @property
    def contested(self) -> Money | None:
        """Return the amount of a dispute about a part; None when it is about the whole."""
        return None if self.held_minor is None else Money(self.held_minor, self.currency)

    @property
    def is_broken(self) -> bool:
        return self.result == self.Result.BROKEN

    def __str__(self) -> str:
        return f"{self.kind} until {self.until}"

"""Something said to a debtor in writing."""

from datetime import date
from typing import Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.money import Money
from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.own_text import OwnText
from dunning.models.scenario import Channel, StepKind, Tone
from invoices.models import Contact, Customer


class MessageQuerySet(models.QuerySet["Message"]):
    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Message(TenantModel):
    """One email or letter; it carries the acts that were due to one debtor on one channel.

    awaiting_approval → queued → claimed → sent | failed | unknown; unknown → sent | failed,
    by a person. What is not yet called for may be cancelled. Nothing goes back to queued once
    a call has begun, unless it was refused for certain.
    """

    class State(models.TextChoices):
        AWAITING_APPROVAL = "awaiting_approval", _("To approve")
        QUEUED = "queued", _("Queued")
        CLAIMED = "claimed", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("May have been sent")
        CANCELLED = "cancelled", _("Cancelled")

    customer = TenantForeignKey(Customer, on_delete=models.PROTECT)
    contact = TenantForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True)
    channel = models.CharField(max_length=17, choices=Channel)
    kind = models.CharField(max_length=13, choices=StepKind)
    tone = models.CharField(max_length=9, choices=Tone)
    level = models.PositiveSmallIntegerField()  # the highest it carries
    state = models.CharField(max_length=17, choices=State)
    language = models.CharField(max_length=2)
    written_on = models.DateField()
    # The days on which no other reminder of this channel may reach this debtor.
    quiet = DateRangeField(null=True, blank=True)
    to = models.CharField(max_length=254, blank=True)
    # Frozen at the claim: what the debtor saw.
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    # The version of the tenant's own words that a person approved or that was frozen; none when
    # they are the house's.
    own_text = TenantForeignKey(OwnText, on_delete=models.PROTECT, null=True, blank=True)
    total_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    # A letter is frozen when it is first printed; until it is posted its number may be known.
    printed_at = models.DateTimeField(null=True, blank=True)
    printed_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline
    # The state machine's own columns; see dunning/delivery.py.
    token = models.UUIDField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    call_started_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)  # as the provider says
    bounced_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline
    # The letter that this email brings a copy of; it asks for what the letter asks.
    copy_of = TenantForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    receipt = models.CharField(max_length=250, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField()

    objects = TenantManager.from_queryset(MessageQuerySet)()

    class Meta:
        default_related_name = "messages"
        constraints = [
            models.UniqueConstraint(fields=["organization", "token"], name="message_token_unique"),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(token__isnull=False, claimed_at__isnull=False),
                name="message_claimed_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="message_sent_at_some_time",
            ),
            ExclusionConstraint(
                name="message_reminders_of_a_debtor_keep_their_distance",
                expressions=[
                    ("organization", RangeOperators.EQUAL),
                    ("customer", RangeOperators.EQUAL),
                    ("channel", RangeOperators.EQUAL),
                    ("quiet", RangeOperators.OVERLAPS),
                ],
                condition=Q(quiet__isnull=False) & ~Q(state__in=["cancelled", "failed"]),
            ),
        ]
        indexes = [
            # What the sweeper rings for, and the pages of what waits.
            models.Index(
                fields=["organization", "state", "created_at"],
                condition=~Q(state__in=["sent", "cancelled"]),
                name="message_in_hand",
            ),
            models.Index(
                fields=["organization", "customer", "written_on"], name="message_of_debtor"
            ),
            models.Index(fields=["organization", "-written_on", "-id"], name="message_latest"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="message_moves_are_legal",
                field="state",
                transitions=[
                    ("awaiting_approval", "queued"),
                    ("awaiting_approval", "cancelled"),
                    ("queued", "claimed"),
                    ("queued", "cancelled"),
                    ("queued", "awaiting_approval"),  # an approval taken back at once
                    ("queued", "sent"),  # a letter that a person posted
                    ("claimed", "queued"),
                    ("claimed", "sent"),
                    ("claimed", "failed"),
                    ("claimed", "unknown"),
                    ("sent", "failed"),  # it bounced
                    ("unknown", "sent"),
                    ("unknown", "failed"),
                ],
            ),
            pgtrigger.Trigger(
                name="message_begun_is_not_queued_again",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(
                    old__state="claimed",
                    new__state="queued",
                    new__call_started_at__isnull=False,
                    new__failure="",
                ),
                func="RAISE EXCEPTION 'A message whose sending began is not queued again blindly.'"
                " USING ERRCODE = 'check_violation';",
            ),
        ]

    @property
    def total(self) -> Money | None:
        """Return what was asked for, or received; None until it is frozen."""
        return None if self.total_minor is None else Money(self.total_minor, self.currency)

    @property
    def reference(self) -> str:
        """Return what a debtor may quote to name a letter; nothing before it is kept."""
        return f"L-{self.pk}" if self.pk else ""

    @property
    def printed_on(self) -> date | None:
        """Return the day that a printed letter bears; the message came with its organization."""
        if self.printed_at is None:
            return None
        return self.printed_at.astimezone(self.organization.zone).date()

    def __str__(self) -> str:
        return f"{self.channel} {self.kind} of {self.written_on}"

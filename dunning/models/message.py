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

# Fixed when it is written, and when it is claimed.
WHAT_IT_IS = (
    "customer_id", "channel", "written_on", "copy_of_id", "again_of_id", "created_at",
)  # fmt: skip
WHAT_IT_SAYS = (
    "kind", "tone", "level", "language", "to", "subject", "text", "html", "total_minor", "currency",
)  # fmt: skip


def _changed(*columns: str) -> str:
    """Return the condition that a row changes in one of some columns."""
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("OLD", "NEW"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


def _refusal(sentence: str) -> str:
    """Return the body of a trigger that refuses."""
    return f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation';"


class Returned(models.TextChoices):
    """Why the post brought a letter back."""

    WRONG_ADDRESS = "wrong_address", _("Not known at this address")
    REFUSED = "refused", _("Refused")
    UNCLAIMED = "unclaimed", _("Not fetched in time")
    OTHER = "other", _("Another reason")


class MessageQuerySet(models.QuerySet["Message"]):
    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Message(TenantModel):
    """One email, SMS or letter; it carries the acts that were due to one debtor on one channel.

    awaiting_approval → queued → claimed → sent | failed | unknown; unknown → sent | failed,
    by a person, by a late answer, or as sent by the clock. What is not yet called for may be
    cancelled. Nothing goes back to queued once a call has begun, unless it was refused for
    certain; and no word changes once it was claimed.
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
    # Who carries it, and under what it is known there; nobody as long as people post a letter.
    provider = models.CharField(max_length=20, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    # Frozen at the claim: what the debtor saw.
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    text_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the three
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
    # A letter that came back was sent all the same: its state does not change.
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_as = models.CharField(max_length=13, choices=Returned, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=40, blank=True)  # an actor of the timeline
    # The letter that this email brings a copy of; it asks for what the letter asks.
    copy_of = TenantForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    # The message that may have left, of which a person decided that its acts are sent by this one.
    again_of = TenantForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="sent_again"
    )
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
                condition=~Q(state__in=["awaiting_approval", "queued"])
                | Q(token__isnull=True, claimed_at__isnull=True, call_started_at__isnull=True),
                name="message_that_waits_is_claimed_by_nobody",
            ),
            models.CheckConstraint(
                condition=~Q(state="unknown") | Q(call_started_at__isnull=False),
                name="message_may_have_left_once_its_sending_began",
            ),
            models.UniqueConstraint(
                fields=["organization", "again_of"], name="message_is_sent_again_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="message_sent_at_some_time",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, returned_as="")
                | Q(returned_at__isnull=False, sent_at__isnull=False)
                & ~Q(returned_as="")
                & Q(channel__in=["letter", "registered_letter"]),
                name="message_returned_is_a_letter_that_was_sent",
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
                    old__call_started_at__isnull=False,
                    new__failure="",
                ),
                func=_refusal("A message whose sending began is not queued again blindly."),
            ),
            pgtrigger.Trigger(
                name="message_begun_stays_begun",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.call_started_at IS NOT NULL"
                    " AND NOT (OLD.state = 'claimed' AND NEW.state = 'queued') AND "
                    + _changed("call_started_at", "token", "claimed_at")
                ),
                func=_refusal("When the sending of a message began is not forgotten."),
            ),
            pgtrigger.Trigger(
                name="message_is_to_one_debtor_for_ever",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(_changed(*WHAT_IT_IS)),
                func=_refusal("To whom and for when a message was written does not change."),
            ),
            pgtrigger.Trigger(
                name="message_says_what_was_said",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.state NOT IN ('awaiting_approval', 'queued') AND "
                    + _changed(*WHAT_IT_SAYS)
                ),
                func=_refusal("What a message said does not change once it was claimed."),
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

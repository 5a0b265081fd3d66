"""The creditor: whose invoices are followed up, and how it wants to ask."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Plan(models.TextChoices):
    """The plans that come with Encours; a configuration may name others (`plans.py`)."""

    FREE = "free", _("Free")
    UNLIMITED = "unlimited", _("Unlimited")


class Organization(models.Model):
    """Global: it is what a transaction is opened for."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    country = models.CharField(_("country"), max_length=2, default="FR")
    region = models.CharField(_("region"), max_length=20, blank=True)  # its own holidays
    timezone = models.CharField(_("time zone"), max_length=40, default="Europe/Paris")
    language = models.CharField(_("language"), max_length=2, default="fr")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    plan = models.CharField(max_length=12, choices=Plan, default=Plan.FREE)
    limit_told_on = models.DateField(null=True, blank=True)  # to its owners, once a month
    created_at = models.DateTimeField(auto_now_add=True)

    # Who asks, as the debtor reads it.
    siren = models.CharField("SIREN", max_length=9, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    address = models.TextField(_("address"), blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    email = models.EmailField(_("reply address"), blank=True)
    phone = models.CharField(_("phone"), max_length=24, blank=True)
    signatory = models.CharField(_("signed by"), max_length=120, blank=True)
    signatory_title = models.CharField(_("quality of who signs"), max_length=80, blank=True)
    legal_footer = models.CharField(_("legal line"), max_length=240, blank=True)
    iban = models.CharField("IBAN", max_length=34, blank=True)
    bic = models.CharField("BIC", max_length=11, blank=True)
    # Set while a change of both waits or is to be told; where to look: `bank_details`.
    bank_change_at = models.DateTimeField(null=True, blank=True)

    # How it asks; before it is activated nothing leaves by itself.
    activated_at = models.DateTimeField(null=True, blank=True)
    sending_hour = models.PositiveSmallIntegerField(_("sending hour"), default=9)  # local
    gap_days = models.PositiveSmallIntegerField(_("days between two contacts"), default=2)
    cap_count = models.PositiveSmallIntegerField(_("contacts at most"), default=3)
    cap_days = models.PositiveSmallIntegerField(_("in days"), default=7)
    # What waiting for a customer's usual payment puts a soft step off by, at most; 0: not at all.
    habit_cap_days = models.PositiveSmallIntegerField(
        _("days that a customer’s usual delay is waited for"), default=10
    )
    backlog_per_day = models.PositiveSmallIntegerField(_("first contacts a day"), default=20)
    approval_until = models.DateField(_("reminders are approved until"), null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)  # the kill switch

    # What the rounds and the bank last knew.
    last_round_on = models.DateField(null=True, blank=True)
    bank_data_until = models.DateField(null=True, blank=True)
    matched_position = models.BigIntegerField(default=0)  # of the timeline, when lines were matched

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sending_hour__lte=23), name="organization_sends_within_the_day"
            ),
            models.CheckConstraint(
                condition=Q(cap_count__gte=1, cap_days__gte=1),
                name="organization_may_contact_at_least_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def approves(self, *, on: date) -> bool:
        """Return whether a person approves what leaves on a day."""
        return self.approval_until is not None and on <= self.approval_until

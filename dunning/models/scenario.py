"""The way of asking: its steps, before and after the due date."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from invoices.models import Customer, Invoice


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    CALL = "call", _("Call")
    LETTER = "letter", _("Letter")
    REGISTERED_LETTER = "registered_letter", _("Registered letter")
    SMS = "sms", _("SMS")


class Tone(models.TextChoices):
    FRIENDLY = "friendly", _("Friendly")
    COURTEOUS = "courteous", _("Courteous")
    FIRM = "firm", _("Firm")
    FORMAL = "formal", _("Formal")


class StepKind(models.TextChoices):
    PREVENTIVE = "preventive", _("Before the due date")
    DUE = "due", _("Due day")
    FRIENDLY = "friendly", _("Friendly reminder")
    COURTEOUS = "courteous", _("Courteous reminder")
    FIRM = "firm", _("Firm reminder")
    LAST = "last", _("Last reminder")
    FORMAL_NOTICE = "formal_notice", _("Formal notice")
    THANK_YOU = "thank_you", _("Thank-you")


class CustomerKind(models.TextChoices):
    """Whose law applies to what is owed; `choosing.kind_of` tells it by the legal numbers."""

    PROFESSIONAL = "professional", _("Professional")
    PUBLIC = "public", _("Public buyer")
    CONSUMER = "consumer", _("Consumer")


class Approval(models.TextChoices):
    """Whether a person looks at what a step writes before it leaves."""

    INHERIT = "inherit", _("As the organization does")
    ALWAYS = "always", _("Always approved by a person")
    NEVER = "never", _("Leaves by itself")


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def living(self) -> Self:
        """Keep those that may be chosen; archived ones are only read."""
        return self.filter(archived_at__isnull=True)

    def locked(self) -> Self:
        """Lock the rows until commit, always in the same order."""
        return self.order_by("pk").select_for_update(of=("self",))


class Scenario(TenantModel):
    """A ladder. Exactly one of an organization is what its customers get unless said otherwise."""

    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)  # the number of what is in force
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(ScenarioQuerySet)()

    class Meta:
        default_related_name = "scenarios"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="scenario_name_unique_per_organization"
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(is_default=True),
                name="scenario_has_one_default",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(archived_at__isnull=True),
                name="scenario_by_default_is_not_archived",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StepQuerySet(models.QuerySet["Step"]):
    def living(self) -> Self:
        """Keep those in force; retired ones only remember their level."""
        return self.filter(retired_at__isnull=True)


class Step(TenantModel):
    """One part of a scenario. Its level belongs to it for ever and is never renumbered.

    One that is taken out is retired: made again on the same day and channel, it has its old level.
    """

    scenario = TenantForeignKey(Scenario, on_delete=models.CASCADE)
    level = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()  # after the due date; negative before it
    channel = models.CharField(max_length=17, choices=Channel)
    tone = models.CharField(max_length=9, choices=Tone)
    kind = models.CharField(max_length=13, choices=StepKind)
    # Who is asked: the first with this role who can be reached, else the first of all.
    contact_role = models.CharField(max_length=60, blank=True)
    # Only where so much is left to pay of the invoice; in the organization's currency.
    least_minor = models.BigIntegerField(null=True, blank=True)
    customer_kind = models.CharField(max_length=12, choices=CustomerKind, blank=True)
    approval = models.CharField(max_length=7, choices=Approval, default=Approval.INHERIT)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(StepQuerySet)()

    class Meta:
        default_related_name = "steps"
        ordering = ["level"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "scenario", "level"],
                name="step_level_unique_per_scenario",
            ),
            models.CheckConstraint(
                condition=Q(least_minor__isnull=True) | Q(least_minor__gt=0),
                name="step_least_amount_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.offset_days:+d}"


class ScenarioVersion(TenantModel):
    """A scenario as somebody saved it; what was in force from then to the next one."""

    scenario = TenantForeignKey(Scenario, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    steps = models.JSONField()  # as `drafts.StepDraft` writes them
    author = models.CharField(max_length=40)  # as the timeline names who acts
    saved_at = models.DateTimeField(null=True)  # empty: so it was from the beginning

    class Meta:
        default_related_name = "versions"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "scenario", "number"],
                name="scenario_version_number_unique_per_scenario",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class ScenarioRule(TenantModel):
    """Which invoices follow a scenario by themselves; of the ordered list the first match wins."""

    position = models.PositiveSmallIntegerField()
    scenario = TenantForeignKey(Scenario, on_delete=models.PROTECT)
    segment = models.CharField(_("segment"), max_length=40, blank=True)
    customer_kind = models.CharField(max_length=12, choices=CustomerKind, blank=True)
    # Amounts in the organization's currency: what the customer owes in all, what was invoiced.
    owed_minor = models.BigIntegerField(null=True, blank=True)
    invoiced_minor = models.BigIntegerField(null=True, blank=True)
    # The median of days from the due date to the money, of one who paid often enough.
    late_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        default_related_name = "scenario_rules"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "position"],
                name="scenario_rule_position_unique_per_organization",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=~Q(segment="", customer_kind="")
                | Q(owed_minor__isnull=False)
                | Q(invoiced_minor__isnull=False)
                | Q(late_days__isnull=False),
                name="scenario_rule_asks_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.scenario_id}"


class ScenarioOverride(TenantModel):
    """The scenario that somebody chose for one customer or one invoice, whatever the rules say."""

    scenario = TenantForeignKey(Scenario, on_delete=models.PROTECT)
    customer = TenantForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True)
    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        default_related_name = "scenario_overrides"
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, invoice__isnull=True)
                | Q(customer__isnull=True, invoice__isnull=False),
                name="scenario_override_is_of_a_customer_or_an_invoice",
            ),
            models.UniqueConstraint(
                fields=["organization", "customer"],
                condition=Q(customer__isnull=False),
                name="scenario_override_once_per_customer",
            ),
            models.UniqueConstraint(
                fields=["organization", "invoice"],
                condition=Q(invoice__isnull=False),
                name="scenario_override_once_per_invoice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.invoice_id}: {self.scenario_id}"

"""The way of asking: its steps, before and after the due date."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantModel


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


class Scenario(TenantModel):
    """A ladder. Exactly one of an organization is what its customers get unless said otherwise."""

    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(default=False)

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
        ]

    def __str__(self) -> str:
        return self.name


class Step(TenantModel):
    """One part of a scenario. Its level belongs to it for ever and is never renumbered."""

    scenario = TenantForeignKey(Scenario, on_delete=models.CASCADE)
    level = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()  # after the due date; negative before it
    channel = models.CharField(max_length=17, choices=Channel)
    tone = models.CharField(max_length=9, choices=Tone)
    kind = models.CharField(max_length=13, choices=StepKind)

    class Meta:
        default_related_name = "steps"
        ordering = ["level"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "scenario", "level"],
                name="step_level_unique_per_scenario",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.offset_days:+d}"

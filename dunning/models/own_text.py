"""What a tenant says in words of its own, and what is joined to what it sends."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantModel


class Joining(models.TextChoices):
    """When copies of the invoices are joined."""

    ALWAYS = "always", _("To every reminder")
    FIRM = "firm", _("To firm reminders and formal notices")
    NEVER = "never", _("Never")


class OwnText(TenantModel):
    """One version of a text. The last one of its key and language is in force; none is changed.

    A half that is missing from `parts` is said in the words of the house.
    """

    family = models.CharField(max_length=6)
    kind = models.CharField(max_length=14)
    tone = models.CharField(max_length=9, blank=True)
    language = models.CharField(max_length=2)
    version = models.PositiveIntegerField()
    parts = models.JSONField(default=dict)  # "one" and "many", each part by its name
    written_by = models.CharField(max_length=40)  # an actor of the timeline
    written_at = models.DateTimeField()

    class Meta:
        default_related_name = "own_texts"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "family", "kind", "tone", "language", "version"],
                name="own_text_version_used_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    family__in=["email", "letter", "sms", "call"], language__in=["fr", "en"]
                ),
                name="own_text_is_of_a_family_and_language",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="own_text_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.kind} {self.tone} {self.language} v{self.version}"


class Enclosing(TenantModel):
    """What is joined to what is sent; without a row, as its defaults say."""

    copies = models.CharField(max_length=6, choices=Joining, default=Joining.FIRM)
    statement = models.BooleanField(default=True)  # when a message is about several invoices
    bank_details = models.BooleanField(default=True)
    # What the account of the bank details takes beside the organization's own currency.
    currencies = ArrayField(models.CharField(max_length=3), default=list, blank=True)

    class Meta:
        default_related_name = "enclosing"
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], name="enclosing_once_per_organization"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.copies}"

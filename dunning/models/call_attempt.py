"""One time that somebody picked up the phone."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.tenancy import TenantForeignKey, TenantManager, TenantModel
from dunning.models.call import Call
from invoices.models import Contact


class Outcome(models.TextChoices):
    """How it went; the order is that of the keys 1 to 8."""

    PROMISE = "promise", _("Promise")
    SAYS_PAID = "says_paid", _("Says it is paid")
    DISPUTE = "dispute", _("Dispute")
    CALL_BACK = "call_back", _("Call back")
    VOICEMAIL = "voicemail", _("Voicemail")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    NO_ANSWER = "no_answer", _("No answer")
    OTHER = "other", _("Other")


class OtherOutcome(models.TextChoices):
    """What "other" stands for: each has an effect of its own."""

    SOMETHING_ELSE = "something_else", _("Something else")
    INSOLVENCY = "insolvency", _("Insolvency proceedings")
    REFUSES_TO_PAY = "refuses_to_pay", _("Refuses to pay")
    LEFT_THE_COMPANY = "left_the_company", _("Has left the company")


class CallAttemptQuerySet(models.QuerySet["CallAttempt"]):
    def standing(self) -> Self:
        """Keep those that nobody took back."""
        return self.filter(undone_at__isnull=True)


class CallAttempt(TenantModel):
    """What a person noted after ringing. Taken back, it stays as history."""

    call = TenantForeignKey(Call, on_delete=models.PROTECT)
    contact = TenantForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome)
    what = models.CharField(max_length=16, choices=OtherOutcome, blank=True)  # of the outcome other
    note = models.CharField(_("note"), max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=40)  # an actor of the timeline
    again_at = models.DateTimeField(null=True, blank=True)  # None: the call is done
    undone_at = models.DateTimeField(null=True, blank=True)
    # Of a wrong number that was put right: both numbers, so that the old one can come back.
    phone_given = models.CharField(max_length=24, blank=True)
    phone_before = models.CharField(max_length=24, blank=True)
    phone_failed_before = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(CallAttemptQuerySet)()

    class Meta:
        default_related_name = "attempts"
        indexes = [
            models.Index(fields=["organization", "call"], name="call_attempt_of_call"),
            # What somebody just did, to be taken back; what was done today.
            models.Index(fields=["organization", "-made_at"], name="call_attempt_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.call_id}"

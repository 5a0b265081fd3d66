"""What an email provider told us, each event once."""

from django.db import models

from common.tenancy import TenantForeignKey, TenantModel
from dunning.models.message import Message


class MailEvent(TenantModel):
    """An event as it was received; its key makes a repeated one harmless."""

    message = TenantForeignKey(Message, on_delete=models.PROTECT)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        default_related_name = "mail_events"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "event_id"], name="mail_event_received_once"
            ),
        ]
        indexes = [models.Index(fields=["organization", "message"], name="mail_event_of_message")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.message_id}"

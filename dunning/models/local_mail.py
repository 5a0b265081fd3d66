"""Mail that stayed on this machine, because no provider is configured."""

from django.db import models

from common.tenancy import TenantModel


class LocalMail(TenantModel):
    """A message as it would have left, bytes and all."""

    message_id = models.CharField(max_length=250)
    sender = models.CharField(max_length=254)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=250)
    content = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        default_related_name = "local_mails"
        indexes = [
            models.Index(fields=["organization", "-id"], name="local_mail_latest"),
        ]

    def __str__(self) -> str:
        return self.subject

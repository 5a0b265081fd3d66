"""The email backend that keeps everything here, for members of the organization to read."""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from common import tenancy
from dunning.models import LocalMail

logger = logging.getLogger(__name__)


class LocalMailbox(BaseEmailBackend):
    """Keep each message with its organization; what belongs to none, as a reset link, is logged."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Take the messages in; return how many."""
        for message in email_messages:
            organization_id = getattr(message, "organization_id", None)
            if organization_id is None:
                logger.warning("Mail of the house to %s:\n%s", message.to, message.body)
            else:
                _keep(message, organization_id)
        return len(email_messages)


def _keep(message: Any, organization_id: int) -> None:
    sent = message.message()
    with tenancy.tenant_transaction(organization_id):
        LocalMail.objects.create(
            organization_id=organization_id,
            message_id=sent["Message-ID"],
            sender=message.from_email[:254],
            to=", ".join(message.to)[:254],
            subject=message.subject[:250],
            content=sent.as_bytes(linesep="\r\n"),
            received_at=timezone.now(),
        )

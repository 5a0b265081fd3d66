"""Mail that its reader calls spam: the address is left alone, and too much of it stops all email.

Providers of mailboxes refuse everything from who is complained about in more than 3 of 1,000 mails;
then email stops for the organization until a person has looked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from dunning import outbox, sending
from dunning.models import Channel, MailEvent, Message
from invoices import recording
from organizations import timeline
from organizations.models import Organization

WITHIN = timedelta(days=30)
# Source: Google, "Email sender guidelines": keep below 0.1 %, and never reach 0.3 %.
MOST_PER_THOUSAND = 3
FEWEST_COMPLAINTS, FEWEST_SENT = 3, 200  # below, a rate says nothing
KIND = "complained"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the emails of the last days were called spam."""

    sent: int
    complained: int

    @property
    def share(self) -> Decimal:
        """Return it as a fraction: Decimal("0.003") is 0.3 %."""
        return Decimal(self.complained) / self.sent if self.sent else Decimal(0)

    @property
    def is_too_high(self) -> bool:
        is_enough = self.complained >= FEWEST_COMPLAINTS and self.sent >= FEWEST_SENT
        return is_enough and self.complained * 1000 >= MOST_PER_THOUSAND * self.sent


def rate(organization: Organization, *, at: datetime) -> Rate:
    """Count the emails sent in the last 30 days, and those called spam.

    What was before a person let email leave again does not count.
    """
    since = at - WITHIN
    resumed_at = sending.identity(organization).resumed_at
    if resumed_at is not None:
        since = max(since, resumed_at)
    sent = organization.messages.filter(channel=Channel.EMAIL, sent_at__gt=since).count()
    told = MailEvent.objects.filter(kind=KIND, at__gt=since)
    return Rate(sent, told.values("message").distinct().count())


def take_in(message: Message, *, at: datetime) -> None:
    """Note that a message was called spam; its address is written to no more by itself."""
    outbox.remember("dunning.message_complained", message, at=at)
    contact = message.contact
    if contact is not None and contact.email == message.to and contact.email_failed_at is None:
        recording.email_failed(contact, at=at)
    organization = message.organization
    told = {"kind": "complaint", "message": message.pk}
    chosen = sending.locked_identity(organization.pk)
    chosen.untold = [*chosen.untold, told]
    if organization.mail_stopped_at is None and rate(organization, at=at).is_too_high:
        _stop(organization, at=at)
        chosen.untold = [*chosen.untold, {"kind": "mail_stopped"}]
    chosen.save(update_fields=["untold"])


def resume(organization: Organization, *, at: datetime) -> None:
    """Let email leave again: a person has looked at why it was unwanted."""
    lifted = Organization.objects.filter(pk=organization.pk, mail_stopped_at__isnull=False)
    if not lifted.update(mail_stopped_at=None):
        return
    organization.mail_stopped_at = None
    chosen = sending.locked_identity(organization.pk)
    chosen.resumed_at = at
    chosen.save(update_fields=["resumed_at"])
    timeline.record("dunning.mail_resumed", about={}, at=at)


def _stop(organization: Organization, *, at: datetime) -> None:
    running = Q(pk=organization.pk, mail_stopped_at__isnull=True)
    if Organization.objects.filter(running).update(mail_stopped_at=at):
        organization.mail_stopped_at = at
        timeline.record("dunning.mail_stopped", about={}, at=at)

"""What debtors write back: taken in once, so that nobody is asked before somebody read it.

A colleague of the debtor often answers in his place, so that an unknown sender holds as well:
whoever answers had the message before him. What programs answer is noted, and holds nothing.
"""

import hashlib
import logging
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from common.errors import DomainError
from dunning import bounces, facts, holds, outbox
from dunning.channels import quoting
from dunning.channels.inbound import Received, Report
from dunning.models import Hold, Message, Reply, ReplyFile
from invoices.models import Contact
from organizations import files, timeline

logger = logging.getLogger(__name__)

READ_DAYS = 3  # working days in which an answer should be read; then asking goes on
MOST_REPLIES = 50  # to one message: two programs that answer each other


class AlreadyRead(DomainError):
    """Somebody read it before."""

    code = "already_read"


def take_in(received: Received, message: Message, *, event_id: str, at: datetime) -> Reply | None:
    """Keep an answer to a message, once; None when it was kept before, or too many were."""
    locked = Message.objects.locked().select_related("organization").get(pk=message.pk)
    mail_id = _hash(received.mail_id) if received.mail_id else ""
    same = Q(event_id=event_id) | Q(mail_id=mail_id) if mail_id else Q(event_id=event_id)
    if Reply.objects.filter(same).exists():
        return None
    if Reply.objects.filter(message=locked).count() >= MOST_REPLIES:
        logger.warning("Message %s has %s answers: no more are kept", locked.pk, MOST_REPLIES)
        return None
    kind = Reply.Kind.AUTOMATIC if received.is_automatic else Reply.Kind.WRITTEN
    reply: Reply = Reply.objects.create(
        organization=locked.organization,
        message=locked,
        customer_id=locked.customer_id,
        contact=_contact(locked, received.sender),
        hold=None if received.is_automatic else _held(locked, at=at),
        kind=kind,
        sender=received.sender,
        sender_name=received.sender_name,
        subject=received.subject,
        text=received.text,
        quoted=received.quoted,
        lost_files=received.lost_files,
        event_id=event_id,
        mail_id=mail_id,
        received_at=at,
    )
    _keep_files(reply, received, at=at)
    is_automatic = received.is_automatic
    outbox.remember(
        "dunning.reply_received", locked, at=at, reply=reply.pk, is_automatic=is_automatic
    )
    return reply


def take_in_report(report: Report, message: Message, *, event_id: str, at: datetime) -> int | None:
    """Take in what a mail server says of a message; return the id of one to ring for, if any."""
    if message.token is None:
        return None
    told = bounces.Told(
        token=message.token,
        event_id=event_id,
        kind=report.kind,
        recipient=report.recipient,
        at=at,
        reason=report.reason,
    )
    return bounces.receive(told, at=at)


def mark_read(reply: Reply, *, at: datetime) -> None:
    """Note that somebody read an answer: what it held goes on.

    Raises:
        AlreadyRead: somebody did before.
    """
    locked = Reply.objects.locked().select_related("hold").get(pk=reply.pk)
    if locked.read_at is not None:
        raise AlreadyRead(_("This answer was read already."))
    locked.read_at, locked.read_by = at, timeline.actor()
    locked.save(update_fields=["read_at", "read_by"])
    if locked.hold is not None and locked.hold.ended_at is None:
        holds.end(locked.hold, at=at)
    about = {"customer": locked.customer_id, "reply": locked.pk}
    timeline.record("dunning.reply_read", about=about, at=at)


def identity_of(event_id: str, received: Received) -> str:
    """Return what makes an event itself: the provider's own id, or what came."""
    if event_id:
        return quoting.one_line(event_id)[:120]
    return _hash("\n".join((received.mail_id, received.sender, received.subject, received.text)))


def _held(message: Message, *, at: datetime) -> Hold:
    today = at.astimezone(message.organization.zone).date()
    calendar = facts.calendar_of(message.organization)
    until = calendar.add_working(today, READ_DAYS)
    return holds.reply(message.customer, until=until, at=at)


def _contact(message: Message, sender: str) -> Contact | None:
    """Return the contact who answers; None for a colleague, or a stranger."""
    found: Contact | None = (
        Contact.objects.filter(customer=message.customer_id, email__iexact=sender)
        .order_by("rank", "pk")
        .first()
    )
    return found


def _keep_files(reply: Reply, received: Received, *, at: datetime) -> None:
    ReplyFile.objects.bulk_create(
        ReplyFile(
            organization_id=reply.organization_id,
            reply=reply,
            file=files.keep(attached.name, attached.content, at=at),
            number=number,
            name=attached.name,
            content_type=attached.content_type,
        )
        for number, attached in enumerate(received.files, start=1)
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

"""Where an email provider hands over what debtors answer: proven, limited, and each mail once."""

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message as Mail
from http import HTTPStatus
from itertools import chain
from typing import cast

from anymail.exceptions import AnymailError
from anymail.signals import AnymailInboundEvent
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from common.tenancy import tenant_transaction
from dunning import bounces, reading, tasks
from dunning.channels import inbound, reply_address
from dunning.channels.reply_address import Named
from dunning.models import Message
from dunning.views.mail_events import LONGEST_RETRY
from organizations.models import Organization

logger = logging.getLogger(__name__)

# The providers whose mail is proven and comes whole; those that have us fetch it are left out.
INBOUND = {
    "mailersend": "mailersend.MailerSendInboundWebhookView",
    "mailgun": "mailgun.MailgunInboundWebhookView",
    "mailjet": "mailjet.MailjetInboundWebhookView",
    "postmark": "postmark.PostmarkInboundWebhookView",
    "sendgrid": "sendgrid.SendGridInboundWebhookView",
    "sparkpost": "sparkpost.SparkPostInboundWebhookView",
}


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def mail_inbound(request: HttpRequest) -> HttpResponse:
    """Take in what debtors answer; without a proof nothing is read."""
    if request.method == "HEAD":  # how some providers try an address
        return HttpResponse()
    reader = _reader()
    if not _is_small_enough(request):
        return _refusal("Larger than an email may be.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        _take_body(request)
        reader.run_validators(request)
        _refuse_stale(request, at=timezone.now())
        events = list(reader.parse_events(request))
    except RequestDataTooBig:
        return _refusal("Larger than an email may be.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except (
        SuspiciousOperation, AnymailError, ValueError, LookupError, TypeError, AttributeError,
    ) as error:  # fmt: skip
        logger.warning("An inbound mail was refused: %s", type(error).__name__)
        return _refusal("Not signed, or not a mail.", HTTPStatus.FORBIDDEN)
    for event in events:
        _take_in(event)
    return HttpResponse()


def _reader() -> AnymailBaseWebhookView:
    """Return what checks and reads the provider's mails; 404 where none are taken in."""
    name = INBOUND.get(settings.MAIL_PROVIDER)
    if name is None or not settings.INBOUND_DOMAIN:
        raise Http404
    reader = cast("AnymailBaseWebhookView", import_string(f"anymail.webhooks.{name}")())
    if reader.warn_if_no_basic_auth and not reader.basic_auth:
        raise Http404  # neither signature nor secret: anybody could say anything
    return reader


def _is_small_enough(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return length.isascii() and length.isdigit() and int(length) <= settings.INBOUND_MOST_BYTES


def _take_body(request: HttpRequest) -> None:
    """Read a body of JSON, which is longer than what is read of anybody else.

    A form's files are not in memory, so that Django's own limits hold for it.
    """
    if request.content_type != "multipart/form-data":
        request._body = request.read(settings.INBOUND_MOST_BYTES)  # noqa: SLF001


def _refuse_stale(request: HttpRequest, *, at: datetime) -> None:
    """Refuse an old signature of Mailgun, as for its events: it proves its own moment alone.

    Raises:
        SuspiciousOperation: it was made too long ago, or is from the future.
    """
    if settings.MAIL_PROVIDER != "mailgun":
        return
    if request.content_type == "application/json":
        signed = json.loads(request.body)["signature"]["timestamp"]
    else:
        signed = request.POST["timestamp"]
    made_at = datetime.fromtimestamp(int(signed), tz=UTC)
    if not at - LONGEST_RETRY <= made_at <= at + bounces.CLOCKS_DIFFER:
        raise SuspiciousOperation("The signature is too old.")


def _take_in(event: AnymailInboundEvent) -> None:
    """Open the organization that the mail names, and take the mail in; others are dropped."""
    mail: Mail = event.message
    named = _named(mail)
    if named is None or not Organization.objects.filter(pk=named.organization_id).exists():
        logger.info("An inbound mail that names no message of ours was dropped")
        return
    try:
        with tenant_transaction(named.organization_id):
            _note(event, mail, named)
    except IntegrityError:
        logger.info("An inbound mail came twice at once, and was kept once")


def _note(event: AnymailInboundEvent, mail: Mail, named: Named) -> None:
    message = Message.objects.filter(token=named.token).first()
    if message is None:
        logger.info("An inbound mail for organization %s was dropped", named.organization_id)
        return
    at = timezone.now()
    received = inbound.read(mail)
    event_id = reading.identity_of(str(event.event_id or ""), received)
    report = inbound.report(mail)
    if report is None:
        reading.take_in(received, message, event_id=event_id, at=at)
        return
    following = reading.take_in_report(report, message, event_id=event_id, at=at)
    if following is not None:
        tasks.ring(named.organization_id, following)


def _named(mail: Mail) -> Named | None:
    """Return the message that a mail is about: a report by what it encloses, others by address."""
    if inbound.is_report(mail):
        about = reply_address.named_by_message_ids(inbound.reported_ids(mail))
        if about is not None:
            return about
    to: Iterable[str] = chain(
        [str(getattr(mail, "envelope_recipient", "") or "")], inbound.recipients(mail)
    )
    return reply_address.named_by_address(to) or reply_address.named_by_message_ids(
        inbound.answered_ids(mail)
    )


def _refusal(sentence: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain")

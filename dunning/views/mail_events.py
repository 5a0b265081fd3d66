"""Where an email provider tells what became of our mail: signed, and each event once."""

import hashlib
import logging
from typing import Any, cast
from uuid import UUID

from anymail.exceptions import AnymailError
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from common.fields import key
from common.tenancy import tenant_transaction
from dunning import bounces, tasks
from organizations.models import Organization

logger = logging.getLogger(__name__)

# The providers whose events are proven by a signature, or by the secret in WEBHOOK_SECRET.
TRACKING = {
    "brevo": "brevo.BrevoTrackingWebhookView",
    "mailersend": "mailersend.MailerSendTrackingWebhookView",
    "mailgun": "mailgun.MailgunTrackingWebhookView",
    "mailjet": "mailjet.MailjetTrackingWebhookView",
    "mailtrap": "mailtrap.MailtrapTrackingWebhookView",
    "postmark": "postmark.PostmarkTrackingWebhookView",
    "resend": "resend.ResendTrackingWebhookView",
    "sendgrid": "sendgrid.SendGridTrackingWebhookView",
    "sparkpost": "sparkpost.SparkPostTrackingWebhookView",
}


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def mail_events(request: HttpRequest) -> HttpResponse:
    """Take in the events of the provider that is configured; without a proof nothing is read."""
    if request.method == "HEAD":  # how some providers try an address
        return HttpResponse()
    reader = _reader()
    try:
        reader.run_validators(request)
        events = reader.parse_events(request)
    except (SuspiciousOperation, AnymailError, ValueError, KeyError, TypeError) as error:
        logger.warning("A mail event was refused: %s", error)
        return HttpResponse("Not signed, or not an event.", status=403, content_type="text/plain")
    for event in events:
        _take_in(event)
    return HttpResponse()


def _reader() -> AnymailBaseWebhookView:
    """Return what checks and reads the provider's events; 404 where none can be proven."""
    name = TRACKING.get(settings.MAIL_PROVIDER)
    if name is None:
        raise Http404
    reader = cast("AnymailBaseWebhookView", import_string(f"anymail.webhooks.{name}")())
    if reader.warn_if_no_basic_auth and not reader.basic_auth:
        raise Http404  # neither signature nor secret: anybody could say anything
    return reader


def _take_in(event: AnymailTrackingEvent) -> None:
    """Open the organization that a message belongs to, as its metadata says, and note the event."""
    metadata: dict[str, Any] = event.metadata or {}
    organization_id = key(str(metadata.get("organization", "")))
    try:
        token = UUID(str(metadata.get("message", "")))
    except ValueError:
        return
    if not Organization.objects.filter(pk=organization_id).exists():
        return
    at = timezone.now()
    told = bounces.Told(
        token=token,
        event_id=_identity(event),
        kind=str(event.event_type),
        recipient=str(event.recipient or ""),
        at=event.timestamp or at,
        reason=str(event.description or event.reject_reason or ""),
    )
    with tenant_transaction(organization_id):
        following = bounces.receive(told, at=at)
        if following is not None:
            tasks.ring(organization_id, following)


def _identity(event: AnymailTrackingEvent) -> str:
    """Return the event's own id, or what makes it itself where a provider gives none."""
    if event.event_id:
        return str(event.event_id)[:120]
    parts = (event.event_type, event.recipient, event.timestamp, event.message_id)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()

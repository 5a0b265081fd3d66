"""Where an email provider tells what became of our mail: signed, and each event once."""

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import cast
from uuid import UUID

from anymail.exceptions import AnymailError
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from common.fields import key
from common.tenancy import tenant_transaction
from dunning import bounces, tasks
from dunning.channels import quoting, replies
from organizations.models import Organization

logger = logging.getLogger(__name__)

NOT_DELIVERED = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
LONGEST_RETRY = timedelta(hours=12)  # Mailgun tries again for eight

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
        _refuse_stale(request, at=timezone.now())
    except RequestDataTooBig:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return HttpResponse("Larger than events are.", status=status, content_type="text/plain")
    except (
        SuspiciousOperation, AnymailError, ValueError, KeyError, TypeError, AttributeError,
    ) as error:  # fmt: skip
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


def _refuse_stale(request: HttpRequest, *, at: datetime) -> None:
    """Refuse an old signature of Mailgun: it proves its own moment and token, not what is said.

    Its token is the event's id, so that a signature proves one event, and here only for as long
    as Mailgun itself tries again.

    Raises:
        SuspiciousOperation: it was made too long ago, or is from the future.
    """
    if settings.MAIL_PROVIDER != "mailgun":
        return  # the others sign the whole body
    signed = json.loads(request.body)["signature"]["timestamp"]
    made_at = datetime.fromtimestamp(int(signed), tz=UTC)
    if not at - LONGEST_RETRY <= made_at <= at + bounces.CLOCKS_DIFFER:
        raise SuspiciousOperation("The signature is too old.")


def _take_in(event: AnymailTrackingEvent) -> None:
    """Open the organization that a message belongs to, as its metadata says, and note the event."""
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
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
        kind=_kind(event),
        recipient=str(event.recipient or ""),
        at=event.timestamp or at,
        reason=quoting.one_line(str(event.description or event.reject_reason or "")),
    )
    with tenant_transaction(organization_id):
        following = bounces.receive(told, at=at)
        if following is not None:
            tasks.ring(organization_id, following)
        if told.kind in bounces.UNWANTED:
            tasks.ring_for_news(organization_id)


def _kind(event: AnymailTrackingEvent) -> str:
    """Return what became of the mail; "bounced" is kept for addresses where nobody is."""
    kind = str(event.event_type)
    if kind not in NOT_DELIVERED or _is_for_good(event):
        return kind
    return "refused"


def _is_for_good(event: AnymailTrackingEvent) -> bool:
    if event.esp_event.get("Type") == "SoftBounce":  # of Postmark, which Anymail calls a bounce
        return False
    if event.reject_reason in {RejectReason.BOUNCED, RejectReason.INVALID}:
        return True
    if event.reject_reason not in {None, RejectReason.OTHER}:
        return False
    status = event.esp_event.get("event-data", {}).get("delivery-status") or {}
    said = (status.get("code"), event.mta_response, event.description)
    return replies.says_nobody(" ".join(str(part) for part in said if part))


def _identity(event: AnymailTrackingEvent) -> str:
    """Return the event's own id, or what makes it itself where a provider gives none."""
    if event.event_id:
        return quoting.one_line(str(event.event_id))[:120]
    parts = (event.event_type, event.recipient, event.timestamp, event.message_id)
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()

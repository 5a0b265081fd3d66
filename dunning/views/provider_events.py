"""Where the providers of SMS and letters tell what became of ours: proven, and each event once."""

import hashlib
import logging
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from common.fields import key
from common.tenancy import tenant_transaction
from dunning import callbacks, tasks
from dunning.callbacks import News
from dunning.channels import mysendingbox, twilio
from dunning.models import Channel, Returned
from organizations.models import Organization

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def sms_events(request: HttpRequest) -> HttpResponse:
    """Take in what Twilio tells of an SMS, or an answer to one; unsigned, nothing is read."""
    account = settings.SMS_ACCOUNT
    if account is None or account.provider != "twilio":
        raise Http404
    fields = dict(request.POST.lists())
    # The address as Twilio was told it: a proxy in front may have changed ours.
    url = account.webhook_url + (f"?{said}" if (said := request.META["QUERY_STRING"]) else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    if not twilio.is_signed(url, fields, signature, secret=account.secret):
        return _refused("An SMS event was not signed")
    if "message" not in request.GET:
        return _answered(twilio.who_stops(fields))
    told = twilio.status(fields)
    if told.kind:
        _take_in(
            request.GET.get("organization", ""),
            request.GET["message"],
            channel=Channel.SMS,
            # Twilio numbers no events; a message has each status once.
            event_id=hashlib.sha256(f"{told.sid} {told.status}".encode()).hexdigest(),
            kind=told.kind,
            reference=told.sid,
            reason=f"Twilio {told.status} {told.code or ''}".strip(),
            stops=told.code == twilio.STOPPED,
        )
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def letter_events(request: HttpRequest) -> HttpResponse:
    """Take in what MySendingBox tells of a letter; without its password nothing is read."""
    account = settings.REGISTERED_LETTER_ACCOUNT
    if account is None or account.provider != "mysendingbox" or not account.webhook_secret:
        raise Http404
    if not mysendingbox.is_proven(request.headers.get("Authorization", ""), account):
        return _refused("A letter event was not proven")
    try:
        told = mysendingbox.event(request.body)
    except ValueError:
        return _refused("A letter event could not be read")
    if told.kind:
        _take_in(
            told.organization,
            told.message,
            channel=Channel.REGISTERED_LETTER,
            event_id=told.event_id,
            kind=told.kind,
            reference=told.reference,
            reason=told.name,
            number=told.number,
            why=Returned.WRONG_ADDRESS
            if told.name == mysendingbox.WRONG_ADDRESS
            else Returned.UNCLAIMED,
        )
    return HttpResponse(status=204)


def _take_in(organization: str, message: str, **said: object) -> None:
    """Open the organization that an event names, and note it."""
    organization_id = key(organization)
    try:
        news = News(token=UUID(message), **said)  # type: ignore[arg-type]
    except ValueError:
        return
    if not Organization.objects.filter(pk=organization_id).exists():
        return
    with tenant_transaction(organization_id):
        following = callbacks.receive(news, at=timezone.now())
        if following is not None:
            tasks.ring(organization_id, following)


def _answered(number: str) -> HttpResponse:
    """Let every organization know that a number wants no more: all write from the same one."""
    if number:
        try:
            tasks.stop_sms.delay(number=number)
        except OperationalError:
            logger.warning("The broker is down; Twilio itself keeps the number from being written")
            return HttpResponse(status=503)
    return HttpResponse("<Response/>", content_type="text/xml")


def _refused(why: str) -> HttpResponse:
    logger.warning(why)
    return HttpResponse("Not signed, or not an event.", status=403, content_type="text/plain")

"""The kill switches: of one organization, and of the whole installation.

While one is on nothing is decided and nothing leaves; what was queued or approved waits where it
is. It is read at the claim and again before the call, so only what is on the line still goes.
What waited leaves a few a minute afterwards, not all at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from common import bulk
from common.errors import DomainError
from common.tenancy import tenant_transaction
from dunning.models import Channel, Message
from organizations import fan_out, timeline
from organizations.models import Organization, SendingStop

# Between two messages that leave after a stop: 30 a minute.
APART = timedelta(seconds=2)


class SendingStopped(DomainError):
    """Nothing leaves while sending is stopped."""

    code = "sending_stopped"


class AlreadyStopped(DomainError):
    """Sending is stopped already."""

    code = "already_stopped"


class NotStopped(DomainError):
    """There is no stop to end."""

    code = "not_stopped"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop that stands for an organization."""

    since: datetime
    reason: str
    for_all: bool  # of the whole installation


def standing(organization: Organization) -> Stopped | None:
    """Return the stop that stands, as the organization's row says it, or all sending's."""
    if organization.stopped_at is not None:
        return Stopped(organization.stopped_at, organization.stopped_reason, for_all=False)
    stop = SendingStop.standing()
    return None if stop is None else Stopped(stop.stopped_at, stop.reason, for_all=True)


def refuse(organization: Organization) -> None:
    """Refuse to release anything while sending is stopped.

    Raises:
        SendingStopped: it is.
    """
    stop = standing(organization)
    if stop is not None and stop.for_all:
        raise SendingStopped(_("Sending is stopped for everybody: %s") % stop.reason)
    if stop is not None:
        raise SendingStopped(_("Sending is stopped: let it go on first."))


def stop(organization: Organization, *, reason: str, at: datetime) -> None:
    """Stop all that an organization sends.

    Raises:
        AlreadyStopped: it is.
    """
    locked = _locked(organization)
    if locked.stopped_at is not None:
        raise AlreadyStopped(_("Sending is stopped already."))
    locked.stopped_at, locked.stopped_reason = at, reason.strip()[:200]
    locked.save(update_fields=["stopped_at", "stopped_reason"])
    timeline.record("dunning.sending_stopped", about={}, at=at)


def resume(organization: Organization, *, at: datetime) -> int:
    """Let an organization send again; return how many messages leave over the next minutes.

    Raises:
        NotStopped: it is not stopped.
    """
    locked = _locked(organization)
    if locked.stopped_at is None:
        raise NotStopped(_("Sending is not stopped."))
    locked.stopped_at, locked.stopped_reason = None, ""
    locked.save(update_fields=["stopped_at", "stopped_reason"])
    waiting = spread(since=at)
    timeline.record("dunning.sending_resumed", about={}, data={"waiting": waiting}, at=at)
    return waiting


def stop_all(*, reason: str, at: datetime) -> None:
    """Stop all that this installation sends, for every organization.

    Raises:
        AlreadyStopped: it is.
    """
    try:
        with transaction.atomic():
            SendingStop.objects.create(reason=reason.strip()[:200], stopped_at=at)
    except IntegrityError as error:
        raise AlreadyStopped(_("Sending is stopped already.")) from error


def resume_all(*, at: datetime) -> int:
    """Let this installation send again; return how many messages leave over the next minutes.

    What waits is put apart first: who ends here half-way leaves sending stopped.

    Raises:
        NotStopped: it is not stopped.
    """
    if SendingStop.standing() is None:
        raise NotStopped(_("Sending is not stopped."))
    count = 0
    for organization_id in fan_out.everyone():
        with tenant_transaction(organization_id):
            count += spread(since=at + count * APART)
    SendingStop.objects.filter(resumed_at__isnull=True).update(resumed_at=at)
    return count


def spread(*, since: datetime) -> int:
    """Put the emails apart that wait to leave, those written first before the others."""
    waiting = list(
        Message.objects.filter(state=Message.State.QUEUED, channel=Channel.EMAIL)
        .order_by("created_at", "pk")
        .only("pk", "not_before", "organization_id")
    )
    for place, message in enumerate(waiting):
        turn = since + place * APART
        message.not_before = max(turn, message.not_before or turn)
    bulk.update(waiting, "not_before")
    return len(waiting)


def _locked(organization: Organization) -> Organization:
    return Organization.objects.select_for_update().get(pk=organization.pk)

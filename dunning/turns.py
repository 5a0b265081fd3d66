"""When a message may leave: in its channel's hours, and no faster than its provider takes it."""

from datetime import datetime, timedelta

from common import limits
from dunning import carrying, hours
from dunning.models import Channel, Message

State = Message.State

ITS_TURN = "its_turn"  # why a message waits that was given its place in a provider's stream
PLACE_KEEPS = timedelta(minutes=2)  # beyond, as after an outage, another place is taken


def postpone(message_id: int, *, at: datetime) -> datetime | None:
    """Put a message off that may not leave yet, and return until when; None when it may leave.

    An SMS waits for the hours in which a phone may ring. What leaves faster than its provider
    takes it waits for its place, which is its own: it is not asked again whether it may leave.
    """
    message = Message.objects.select_related("organization").get(pk=message_id)
    carrier = carrying.carrier(message)
    waits = message.not_before is not None and message.not_before > at
    if carrier is None or message.state != State.QUEUED or waits:
        return None
    until = at
    if message.channel == Channel.SMS:
        until = hours.opens_at(message.organization, at=at)
    had_its_place = (
        message.failure == ITS_TURN
        and message.not_before is not None
        and at - message.not_before <= PLACE_KEEPS
    )
    if until <= at and carrier.per_minute and not had_its_place:
        wait = limits.place(
            carrier.stream,
            per_minute=carrier.per_minute,
            at=at,
            burst=max(1, carrier.per_minute // 60),
        )
        until = at + timedelta(seconds=wait)
    if until <= at:
        return None
    queued = Message.objects.filter(pk=message_id, state=State.QUEUED)
    queued.update(not_before=until, failure=ITS_TURN)
    return until

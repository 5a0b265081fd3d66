"""The calls that people make."""

from datetime import datetime

from common.errors import DomainError
from dunning.models import Call
from organizations import timeline

LONGEST_NOTE = 500


class CallClosed(DomainError):
    """The call was made, or is not needed any more."""

    code = "call_closed"


def done(call: Call, note: str, *, at: datetime) -> None:
    """Note that a call was made, and what was said.

    Raises:
        CallClosed: someone ticked it already, or nothing is owed any more.
    """
    locked = Call.objects.locked().get(pk=call.pk)
    if locked.done_at is not None or locked.cancelled_at is not None:
        raise CallClosed("This call is closed already.")
    locked.done_at, locked.done_by, locked.note = at, timeline.actor(), note[:LONGEST_NOTE]
    locked.save(update_fields=["done_at", "done_by", "note"])
    timeline.record(
        "dunning.call_done", about={"customer": locked.customer_id, "call": locked.pk}, at=at
    )

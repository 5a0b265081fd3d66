"""The calls that people make."""

from datetime import datetime

from common.errors import DomainError
from dunning.models import Act, Call
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
    about = {"customer": locked.customer_id, "call": locked.pk}
    carried = Act.objects.filter(call=locked).order_by("instalment__invoice")
    for invoice_id in carried.values_list("instalment__invoice", flat=True).distinct():
        timeline.record("dunning.call_done", about={**about, "invoice": invoice_id}, at=at)

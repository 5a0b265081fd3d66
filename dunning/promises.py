"""What becomes of promises: kept when the money comes, broken when it does not, by themselves."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db.models import QuerySet

from dunning.models import Call, Hold, Outcome
from organizations import timeline

Result = Hold.Result


def look_at_payments(received: Mapping[int, date], *, at: datetime) -> None:
    """Keep the promises that money just applied to invoices fulfils; locks their holds.

    One that was noted as broken is kept after all when the money had come within its days: the
    bank only said so later.

    Args:
        received: invoice id to the day on which its money came.
    """
    for hold in _of_invoices(received):
        was_in_time = hold.until is not None and received[hold.invoice_id or 0] <= hold.until
        is_open = hold.result == "" and hold.ended_at is None
        if _is_fulfilled(hold) and (is_open or (hold.result == Result.BROKEN and was_in_time)):
            _settle(hold, Result.KEPT, at=at)


def look_again(invoice_ids: Collection[int], *, at: datetime) -> None:
    """Let the promises stand again that were kept by money which was taken back."""
    for hold in _of_invoices(invoice_ids).filter(result=Result.KEPT):
        if not _is_fulfilled(hold):
            hold.result, hold.ended_at = "", None
            hold.save(update_fields=["result", "ended_at"])


def end_due(*, on: date, at: datetime) -> None:
    """Settle the promises whose last day has come: what was not paid is broken.

    On that day reminders are still quiet, so that the customer is called before anything else
    is written: the call in which the promise was given comes back to the list. One that a credit
    note fulfilled is kept the day after, so that this day stays as quiet as it was foretold.
    """
    due = Hold.objects.filter(
        kind=Hold.Kind.PROMISE, result="", ended_at__isnull=True, until__lte=on
    )
    for hold in due.select_related("invoice", "attempt").locked():
        if _is_fulfilled(hold):
            if hold.until is not None and hold.until < on:
                _settle(hold, Result.KEPT, at=at)
            continue
        _settle(hold, Result.BROKEN, at=at)
        if hold.attempt is not None:
            _bring_back(hold.attempt.call_id, at=at)


def _of_invoices(invoice_ids: Collection[int]) -> QuerySet[Hold]:
    found: QuerySet[Hold] = (
        Hold.objects.filter(kind=Hold.Kind.PROMISE, invoice__in=invoice_ids)
        .select_related("invoice")
        .locked()
    )
    return found


def _is_fulfilled(hold: Hold) -> bool:
    """Return whether what was promised came since, or nothing is left to pay."""
    invoice = hold.invoice
    if invoice is None or hold.promised_minor is None:
        return False
    came = invoice.settled_minor - (hold.settled_before_minor or 0)
    return not invoice.balance or came >= hold.promised_minor


def _settle(hold: Hold, result: str, *, at: datetime) -> None:
    """Note what became of a promise; a broken one keeps the invoice quiet to the end of its day."""
    hold.result = result
    hold.ended_at = at if result == Result.KEPT else None
    hold.save(update_fields=["result", "ended_at"])
    about = {"hold": hold.pk}
    about |= {"customer": hold.customer_id} if hold.customer_id else {}
    about |= {"invoice": hold.invoice_id} if hold.invoice_id else {}
    timeline.record(
        f"dunning.promise_{result}",
        about=about,
        data={"minor": hold.promised_minor, "currency": hold.currency},
        at=at,
    )


def _bring_back(call_id: int, *, at: datetime) -> None:
    """Put a call back on the list: what it ended in came to nothing.

    That it waits again is noted on the call itself, since no try says so: `calling` returns to it
    when a later try is taken back.
    """
    done = Call.objects.filter(pk=call_id, cancelled_at__isnull=True)
    done.update(
        reopened_at=at,
        done_at=None,
        done_by="",
        due_at=at,
        outcome=Outcome.PROMISE,
        leased_by="",
        leased_until=None,
    )

"""The no-chase gate: whoever may have paid is not chased until a person has looked at the line.

Each credit line that waits holds the invoices that it could pay, and asks a person to look. The
holds end by themselves when the line is decided, when the invoice is paid, when the line does not
fit any more, and after `WORKING_DAYS` in any case; the task stays until the line is decided.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import bulk, sentences
from dunning import facts, probable, task_list
from dunning.models import Hold, Task
from dunning.probable import Probable
from invoices.models import Invoice
from organizations.models import Organization
from reconciliation import payers, wording
from reconciliation.models import BankTransaction, ProbablePayment
from reconciliation.probable import Could, Credit, could_pay
from reconciliation.scoring import Named, Reading
from reconciliation.suggesting import Book

WORKING_DAYS = 10  # that a hold lasts when nobody looks
TASK_DAYS = 2  # working days in which a line should be looked at
OLDEST_DAYS = 60  # a line booked earlier holds nobody: its invoice would have been missed by now
LONGEST_PAYER = 60

Wanted = Mapping[int, Could]  # by the line's id


@dataclass(slots=True)
class _Change:
    """What is to be placed and ended."""

    to_place: list[tuple[BankTransaction, int]] = field(default_factory=list)  # line, invoice
    to_end: list[int] = field(default_factory=list)  # holds
    known: dict[tuple[int, int], ProbablePayment] = field(default_factory=dict)


def look(
    organization: Organization,
    lines: Sequence[BankTransaction],
    *,
    readings: Mapping[int, Reading],
    known: Mapping[str, Sequence[Named]],
    book: Book,
    at: datetime,
) -> None:
    """Hold what locked lines that wait could pay, and let go of what they do not fit any more.

    Asked again, it changes nothing: there is one hold to a line and an invoice. A number of
    queries that does not follow the lines.
    """
    if not lines:
        return
    on = at.astimezone(organization.zone).date()
    wanted = _wanted(lines, readings, known, book, on=on)
    change = _compare(lines, wanted, on=on)
    probable.end_all(change.to_end, because=Hold.Because.NO_FIT, at=at)
    if change.to_place:
        _place(organization, change, wanted, on=on, at=at)


def let_go(lines: Iterable[BankTransaction], *, at: datetime) -> None:
    """End what lines hold and ask for: somebody, or the rule, has decided on them."""
    decided = list(lines)
    held = ProbablePayment.objects.filter(
        transaction__in=[line.pk for line in decided], hold__ended_at__isnull=True
    )
    hold_ids = list(held.values_list("hold_id", flat=True))
    if hold_ids:
        probable.end_all(hold_ids, because=Hold.Because.DECIDED, at=at)
    task_ids = [line.task_id for line in decided if line.task_id is not None]
    if task_ids:
        task_list.close_all(task_ids, because=Task.Because.DECIDED, at=at)


def held_by(line: BankTransaction, *, on: date) -> list[Invoice]:
    """Return the invoices that wait for a line on a day, the oldest first."""
    standing = Hold.objects.standing(on=on)
    ties = line.probable_payments.filter(hold__in=standing).select_related("invoice")
    return [tie.invoice for tie in ties.order_by("invoice__issued_on", "invoice")]


def _wanted(
    lines: Sequence[BankTransaction],
    readings: Mapping[int, Reading],
    known: Mapping[str, Sequence[Named]],
    book: Book,
    *,
    on: date,
) -> dict[int, Could]:
    recent = [line for line in lines if line.booked_on >= on - timedelta(days=OLDEST_DAYS)]
    paid_before = payers.of(recent)
    wanted: dict[int, Could] = {}
    for line in recent:
        credit = Credit(
            reading=readings[line.pk],
            text=f"{line.label} {line.name}",
            amount=line.amount,
            booked_on=line.booked_on,
            payers=paid_before.get(line.pk, frozenset()),
        )
        found = could_pay(credit, known=known, book=book)
        if found is not None:
            wanted[line.pk] = found
    return wanted


def _compare(lines: Sequence[BankTransaction], wanted: Wanted, *, on: date) -> _Change:
    """Compare what lines could pay with what they hold."""
    change = _Change()
    ids = [line.pk for line in lines]
    for tie in ProbablePayment.objects.filter(transaction__in=ids).select_related("hold"):
        change.known[tie.transaction_id, tie.invoice_id] = tie
        fits = tie.transaction_id in wanted and tie.invoice_id in (
            wanted[tie.transaction_id].invoices
        )
        if not fits and _stands(tie.hold, on=on):
            change.to_end.append(tie.hold_id)
    for line in lines:
        for invoice_id in wanted[line.pk].invoices if line.pk in wanted else ():
            tied = change.known.get((line.pk, invoice_id))
            # What a person ended, or what ran out, is not placed again for the same line.
            if tied is None or tied.hold.ended_because:
                change.to_place.append((line, invoice_id))
    return change


def _stands(hold: Hold, *, on: date) -> bool:
    return hold.ended_at is None and (hold.until is None or hold.until >= on)


def _place(
    organization: Organization, change: _Change, wanted: Wanted, *, on: date, at: datetime
) -> None:
    calendar = facts.calendar_of(organization)
    invoices = Invoice.objects.in_bulk({invoice_id for _line, invoice_id in change.to_place})
    with translation.override(organization.language):
        said = {line.pk: _in_words(line, wanted[line.pk]) for line, _invoice in change.to_place}
    holds = probable.place_all(
        organization,
        [
            Probable(invoice_id, invoices[invoice_id].customer_id, said[line.pk])
            for line, invoice_id in change.to_place
        ],
        until=calendar.add_working(on, WORKING_DAYS),
        at=at,
    )
    _tie(organization, change, holds, wanted)
    due_on = calendar.add_working(on, TASK_DAYS)
    _ask(organization, change, invoices, wanted, said, due_on=due_on, at=at)


def _tie(
    organization: Organization, change: _Change, holds: Sequence[Hold], wanted: Wanted
) -> None:
    """Note which hold is whose."""
    new: list[ProbablePayment] = []
    again: list[ProbablePayment] = []
    for (line, invoice_id), hold in zip(change.to_place, holds, strict=True):
        tie = change.known.get((line.pk, invoice_id)) or ProbablePayment(
            organization=organization, transaction=line, invoice_id=invoice_id
        )
        tie.hold, tie.why = hold, wanted[line.pk].why
        (new if tie.pk is None else again).append(tie)
    ProbablePayment.objects.bulk_create(new, batch_size=1000)
    bulk.update(again, "hold", "why")


def _ask(
    organization: Organization,
    change: _Change,
    invoices: Mapping[int, Invoice],
    wanted: Wanted,
    said: Mapping[int, str],
    *,
    due_on: date,
    at: datetime,
) -> None:
    """Open a task for each line that holds something, unless its own is open still."""
    held: defaultdict[BankTransaction, list[Invoice]] = defaultdict(list)
    for line, invoice_id in change.to_place:
        held[line].append(invoices[invoice_id])
    asked = {line.task_id for line in held if line.task_id is not None}
    is_open = set(Task.objects.open().filter(pk__in=asked).values_list("pk", flat=True))
    lines = [line for line in held if line.task_id not in is_open]
    tasks = []
    with translation.override(organization.language):
        for line in lines:
            customers = {invoice.customer_id for invoice in held[line]}
            alone = len(held[line]) == 1
            tasks.append(
                Task(
                    organization=organization,
                    kind=Task.Kind.CHECK_PAYMENT,
                    customer_id=customers.pop() if len(customers) == 1 else None,
                    invoice_id=held[line][0].pk if alone else None,
                    reason=_with_left_out(said[line.pk], wanted[line.pk].left_out),
                    due_on=due_on,
                )
            )
    for line, task in zip(lines, task_list.open_all(tasks, at=at), strict=True):
        line.task = task
    bulk.update(lines, "task")


def _in_words(line: BankTransaction, could: Could) -> str:
    """Say which bank line it is, and why it could be this payment: day, amount, payer."""
    return _("Bank line of %(day)s, %(amount)s, %(payer)s: %(why)s") % {
        "day": sentences.of_day(line.booked_on),
        "amount": sentences.of_amount(line.amount),
        "payer": (line.label or line.name)[:LONGEST_PAYER],
        "why": wording.probable(could.why),
    }


def _with_left_out(text: str, left_out: int) -> str:
    if not left_out:
        return text
    more = ngettext(
        "%(n)s more invoice fits and is not held.",
        "%(n)s more invoices fit and are not held.",
        left_out,
    )
    return f"{text} {more % {'n': left_out}}"

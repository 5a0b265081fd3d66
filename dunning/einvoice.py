"""Take in what platforms say of electronic invoices, and let it act on the follow-up.

Each is kept, once. It acts when nothing is known of its invoice that decides something and is
newer: by the platform's moment, not by when it came. What only proves something holds nothing back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from common import sentences
from common.errors import DomainError
from common.money import Money
from common.working_days import WorkingDays
from dunning import holds
from dunning.einvoice_effects import EFFECTS, Does, ground
from dunning.models import Hold
from invoices.models import EInvoiceReason, EInvoiceStatus, Invoice
from organizations import timeline

AHEAD = timedelta(hours=24)  # that a platform's clock or zone may be ahead of ours
BATCH = 2000
LONGEST_REASON = 200


class StatusAhead(DomainError):
    """The status is dated in the future, where it would outdo all that come."""

    code = "einvoice_status_ahead"


class AmountUnfit(DomainError):
    """The amount of a status does not fit its invoice."""

    code = "einvoice_amount_unfit"


class EventReused(DomainError):
    """The platform's id of an event stands for another status."""

    code = "einvoice_event_reused"


@dataclass(frozen=True, slots=True)
class Said:
    """What a platform said of one invoice."""

    invoice: Invoice
    code: str  # of `EInvoiceCode`
    at: datetime
    reason_code: str = ""
    reason: str = ""
    amount: Money | None = None  # of 206 the accepted part, of 211 the payment
    event_id: str = ""  # unique in the organization


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: the status that is kept, or why none is."""

    status: EInvoiceStatus | None
    is_new: bool = False
    refusal: DomainError | None = None


def take_in(
    said: Sequence[Said], *, source: EInvoiceStatus.Source, at: datetime, calendar: WorkingDays
) -> list[Taken]:
    """Keep what is new of some statuses, let it act, and return what came of each.

    One that is refused leaves the others alone: `StatusAhead`, `AmountUnfit` or `EventReused`.

    Args:
        said: of any number of invoices, in any order.
    """
    invoices = _locked({one.invoice.pk for one in said})
    known = _Known(invoices, {one.event_id for one in said if one.event_id})
    taken = [known.take(one, source=source, at=at) for one in said]
    new = [one.status for one in taken if one.is_new and one.status is not None]
    EInvoiceStatus.objects.bulk_create(new, batch_size=BATCH)
    follow = _FollowUp(invoices, at=at, calendar=calendar)
    for status in sorted(new, key=lambda status: (*status.moment, status.pk)):
        follow.on(status, acts=known.is_newest(status))
    return taken


def _locked(ids: set[int]) -> dict[int, Invoice]:
    found: dict[int, Invoice] = {}
    for some in _batches(sorted(ids)):
        with_names = Invoice.objects.select_related("organization", "customer")
        for invoice in with_names.filter(pk__in=some).locked():
            found[invoice.pk] = invoice
    return found


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


class _Known:
    """The statuses of some invoices, and those that came with some events."""

    def __init__(self, invoices: dict[int, Invoice], events: Iterable[str]) -> None:
        self.invoices = invoices
        self.by_event: dict[str, EInvoiceStatus] = {}
        self.by_moment: dict[tuple[int, str, datetime], EInvoiceStatus] = {}
        # Of each invoice the moment of the newest that decided something.
        self.decided: dict[int, tuple[datetime, str]] = {}
        for some in _batches(sorted(invoices)):
            for status in EInvoiceStatus.objects.filter(invoice__in=some):
                self._note(status)
                if EFFECTS[status.code].decides:
                    earlier = self.decided.get(status.invoice_id, status.moment)
                    self.decided[status.invoice_id] = max(earlier, status.moment)
        wanted = sorted(set(events) - self.by_event.keys())
        for start in range(0, len(wanted), BATCH):
            some_events = wanted[start : start + BATCH]
            for status in EInvoiceStatus.objects.filter(event_id__in=some_events):
                self.by_event[status.event_id] = status

    def is_newest(self, status: EInvoiceStatus) -> bool:
        """Return whether nothing that was known, and decides, is newer."""
        decided = self.decided.get(status.invoice_id)
        return decided is None or status.moment >= decided

    def take(self, said: Said, *, source: EInvoiceStatus.Source, at: datetime) -> Taken:
        """Return the status that is to be kept, the one that is known, or why there is none."""
        try:
            _check(said, at=at)
            known = self._same(said)
        except DomainError as refusal:
            return Taken(None, refusal=refusal)
        if known is not None:
            return Taken(known)
        status = EInvoiceStatus(
            organization_id=said.invoice.organization_id,
            invoice=self.invoices[said.invoice.pk],
            code=said.code,
            at=said.at,
            reason_code=said.reason_code,
            reason=said.reason,
            amount_minor=None if said.amount is None else said.amount.minor,
            currency="" if said.amount is None else said.amount.currency,
            source=source,
            event_id=said.event_id,
            received_at=at,
        )
        self._note(status)
        return Taken(status, is_new=True)

    def _same(self, said: Said) -> EInvoiceStatus | None:
        if not said.event_id:
            return self.by_moment.get((said.invoice.pk, said.code, said.at))
        known = self.by_event.get(said.event_id)
        if known is None:
            return None
        if (known.invoice_id, known.code, known.at) != (said.invoice.pk, said.code, said.at):
            raise EventReused(
                _("The event “%(event)s” stands for another status already.")
                % {"event": said.event_id}
            )
        return known

    def _note(self, status: EInvoiceStatus) -> None:
        self.by_moment.setdefault((status.invoice_id, status.code, status.at), status)
        if status.event_id:
            self.by_event[status.event_id] = status


def _check(said: Said, *, at: datetime) -> None:
    if said.at > at + AHEAD:
        raise StatusAhead(_("A status cannot be dated in the future."))
    amount, invoice = said.amount, said.invoice
    if amount is None:
        return
    accepts_more = said.code == "206" and amount.minor > invoice.total_minor
    if amount.currency != invoice.currency or amount.minor < 0 or accepts_more:
        raise AmountUnfit(
            _("%(amount)s does not fit invoice %(number)s, which is over %(total)s.")
            % {
                "amount": sentences.of_amount(amount),
                "number": invoice.number,
                "total": sentences.of_amount(invoice.total),
            }
        )


@dataclass(slots=True)
class _FollowUp:
    """What follows from new statuses, each after the ones before it."""

    invoices: dict[int, Invoice]
    at: datetime
    calendar: WorkingDays
    # The standing holds that statuses placed, by invoice.
    placed: dict[int, list[Hold]] = field(init=False)

    def __post_init__(self) -> None:
        self.placed = defaultdict(list)
        for some in _batches(sorted(self.invoices)):
            standing = Hold.objects.filter(
                invoice__in=some, einvoice_status__isnull=False, ended_at__isnull=True
            )
            for hold in standing.select_related("einvoice_status").order_by("pk"):
                self.placed[hold.invoice_id or 0].append(hold)

    def on(self, status: EInvoiceStatus, *, acts: bool) -> None:
        """Note a status in the timeline and, when it acts, do what it does."""
        invoice = status.invoice
        timeline.record(
            "dunning.einvoice_status_received",
            about={
                "customer": invoice.customer_id,
                "invoice": invoice.pk,
                "einvoice_status": status.pk,
            },
            data={
                "code": status.code,
                "said_at": status.at.isoformat(),
                "reason_code": status.reason_code,
                "minor": status.amount_minor,
                "currency": status.currency or None,
                "acts": acts,
            },
            at=self.at,
        )
        if acts:
            self._end(status)
            with translation.override(invoice.organization.language):
                hold = self._place(status)
            if hold is not None:
                self.placed[invoice.pk].append(hold)

    def _end(self, status: EInvoiceStatus) -> None:
        """End what earlier statuses placed and this one answers."""
        ends = EFFECTS[status.code].ends
        standing = []
        for hold in self.placed[status.invoice_id]:
            if hold.einvoice_status is not None and hold.einvoice_status.code in ends:
                holds.end(hold, at=self.at)
            else:
                standing.append(hold)
        self.placed[status.invoice_id] = standing

    def _place(self, status: EInvoiceStatus) -> Hold | None:
        match EFFECTS[status.code].does:
            case Does.SUSPEND | Does.STOP:
                return holds.einvoice_status(status, reason=_to_do(status), at=self.at)
            case Does.CONTEST:
                return self._contest(status, None)
            case Does.CONTEST_REST:
                return self._contest_rest(status)
            case Does.EXPECT_MONEY:
                return self._expect(status)
            case _:
                return None

    def _contest(self, status: EInvoiceStatus, contested: Money | None) -> Hold:
        return holds.dispute(
            status.invoice,
            category=ground(status.reason_code),
            reason=_why(status),
            contested=contested,
            status=status,
            at=self.at,
        )

    def _contest_rest(self, status: EInvoiceStatus) -> Hold | None:
        """Contest what is not accepted and still owed; all of it, when that is not said."""
        invoice, accepted = status.invoice, status.amount
        if accepted is None:
            return self._contest(status, None)
        contested = min(invoice.total - accepted, invoice.balance)
        if not contested:
            return None
        try:
            return self._contest(status, contested)
        except holds.OverContested:  # no instalment alone is as large
            return self._contest(status, None)

    def _expect(self, status: EInvoiceStatus) -> Hold | None:
        """Wait for the money, unless it should have been seen already, or nothing is owed."""
        invoice = status.invoice
        zone = invoice.organization.zone
        sent_on, today = status.at.astimezone(zone).date(), self.at.astimezone(zone).date()
        seen_by = self.calendar.add_working(sent_on, holds.LOOKED_FOR_DAYS)
        if seen_by < today or not invoice.balance:
            return None
        day = sentences.of_day(sent_on)
        said = _("Payment sent on %(day)s") % {"day": day}
        if status.amount is not None:
            amount = sentences.of_amount(status.amount)
            said = _("Payment of %(amount)s sent on %(day)s") % {"amount": amount, "day": day}
        return holds.says_paid(
            invoice,
            category="transfer",
            reason=" · ".join(filter(None, (said, _why(status))))[:LONGEST_REASON],
            status=status,
            at=self.at,
            calendar=self.calendar,
        )


def _to_do(status: EInvoiceStatus) -> str:
    """Return what a status says, and what there is to do, then why as far as there is room."""
    label, todo = status.get_code_display(), _(EFFECTS[status.code].todo)
    said, why = f"{label} · {todo}", _why(status)
    return f"{said} ({why})"[:LONGEST_REASON] if why else said


def _why(status: EInvoiceStatus) -> str:
    """Return why, in words: what the platform's code means, and what was written beside it."""
    code = status.reason_code
    named = str(EInvoiceReason(code).label) if code in EInvoiceReason.values else code
    return " · ".join(filter(None, (named, status.reason)))[:LONGEST_REASON]

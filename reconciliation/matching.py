"""Which bank line is which payment: by the one rule, by a person, and taken back.

Locks bank lines, then payments, then invoices, each in key order, as everyone does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from common import bulk
from common.errors import DomainError
from common.money import Money
from common.tenancy import current
from dunning import quota
from invoices.models import Customer
from organizations import timeline
from organizations.models import Organization
from payments import allocation
from payments.allocation import Order, Parts
from payments.models import Payment
from reconciliation import candidates, gate, noting, scoring
from reconciliation.models import BankTransaction, Match
from reconciliation.scoring import Decision, Named, Reading

State = BankTransaction.State

MANUAL = "manual"
# What may be the invoice that a line waits for.
NEW_INVOICES = ("invoices.invoice_recorded", "invoices.invoice_updated", "invoices.file_imported")
LONGEST_REFERENCE = 140

# How money came, by what the bank calls the movement.
METHODS = {
    "CHECK": Payment.Method.CHEQUE,
    "DIRECTDEBIT": Payment.Method.DIRECT_DEBIT,
    "POS": Payment.Method.CARD,
    "CASH": Payment.Method.CASH,
}


class AlreadyDecided(DomainError):
    """Somebody was faster: the line is matched, or said to be no customer's payment."""

    code = "already_matched"


class NotMatched(DomainError):
    """There is nothing to take back."""

    code = "not_matched"


class NotACredit(DomainError):
    """Money that left the account pays no invoice."""

    code = "not_a_credit"


class NothingChosen(DomainError):
    """A match needs an invoice, or at least a customer."""

    code = "nothing_chosen"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did with the lines that waited; `unmatched` are all that wait for a person."""

    applied: int
    suggested: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class _Decided:
    line: BankTransaction
    decision: Decision


def match_new(organization: Organization, *, at: datetime) -> Outcome:
    """Apply the rule to every line that waits, the oldest first; for the others, suggest.

    Lines are read anew each time, so that an invoice imported after its payment is found.
    """
    waiting, left_to_people = candidates.to_match()
    readings = {line.pk: scoring.read(line.label) for line in (*waiting, *left_to_people)}
    first = _take_over(waiting, readings, at=at)
    lines = [line for line in waiting if line.pk not in first]
    decided = _decide(lines, [readings[line.pk] for line in lines])
    sure = [one for one in decided if one.line.account.applies_by_itself]
    payments = [_payment(organization, one, at=at) for one in sure]
    allocation.record_all(payments, at=at)
    orders = [
        Order(payment, one.decision.parts) for payment, one in zip(payments, sure, strict=True)
    ]
    allocation.allocate_all(orders, at=at)
    tied = [(one.line, payment) for one, payment in zip(sure, payments, strict=True)]
    _tie(tied, method=scoring.METHOD, at=at)
    settled = [invoice_id for one in sure for invoice_id in one.decision.parts]
    quota.count_matched(organization, settled, on=at.astimezone(organization.zone).date())
    applied = {one.line.pk for one in sure}
    rest = [line for line in (*lines, *left_to_people) if line.pk not in applied]
    exact = {one.line.pk: one.decision for one in decided}
    suggested = noting.note(organization, rest, readings, exact=exact, at=at)
    organization.matched_position = timeline.position()
    organization.save(update_fields=["matched_position"])
    left = BankTransaction.objects.filter(state=State.UNMATCHED, amount_minor__gt=0).count()
    return Outcome(len(applied) + len(first), suggested, left)


def is_worth_another_look(organization: Organization) -> bool:
    """Return whether lines wait, and invoices came since they were last looked at."""
    if not BankTransaction.objects.to_clear().exists():
        return False
    return timeline.happened(NEW_INVOICES, since=organization.matched_position)


def refuse_decided(line: BankTransaction) -> None:
    """Refuse a line that somebody dealt with.

    Raises:
        AlreadyDecided: it is matched or set aside.
    """
    if line.state not in {State.UNMATCHED, State.SUGGESTED}:
        raise AlreadyDecided(_("This line is already matched or set aside."))


def match_by_hand(
    transaction: BankTransaction,
    parts: Parts,
    *,
    at: datetime,
    customer: Customer | None = None,
) -> Payment:
    """Recognise a line as the payment of some invoices; what they leave over is a credit.

    Args:
        parts: invoice id to the amount applied to it.
        customer: who paid, by default the customer of the first invoice; without invoices the
            whole amount becomes his credit.

    Raises:
        AlreadyDecided: somebody was faster.
        NotACredit: the line is a debit.
        NothingChosen: neither an invoice nor a customer.
        OverAllocated, OverSettled, ...: as `allocation.allocate`.
    """
    line = _locked(transaction)
    refuse_decided(line)
    if line.amount_minor <= 0:
        raise NotACredit(_("Money that left the account pays no invoice."))
    payer = customer or _payer(parts)
    payment = allocation.record(
        payer,
        line.amount,
        received_on=line.booked_on,
        method=METHODS.get(line.operation, Payment.Method.TRANSFER),
        source=Payment.Source.BANK,
        reference=line.label[:LONGEST_REFERENCE],
        at=at,
    )
    if parts:
        allocation.allocate(payment, parts, at=at)
    line.reasons = [{"code": "by_hand", "value": ""}]
    _tie([(line, payment)], method=MANUAL, at=at)
    organization = transaction.organization
    quota.count_matched(organization, parts, on=at.astimezone(organization.zone).date())
    _show(transaction, line)
    return payment


def mark_not_customer(transaction: BankTransaction, *, at: datetime) -> None:
    """Set a line aside: it is no customer's payment.

    Raises:
        AlreadyDecided: somebody was faster.
    """
    line = _locked(transaction)
    refuse_decided(line)
    line.state, line.method, line.reasons, line.proposal = State.NOT_CUSTOMER, MANUAL, [], []
    line.save(update_fields=["state", "method", "reasons", "proposal"])
    gate.let_go([line], at=at)
    timeline.record("reconciliation.transaction_set_aside", about={"transaction": line.pk}, at=at)
    _show(transaction, line)


def unmatch(transaction: BankTransaction, *, at: datetime) -> None:
    """Take back what was decided on a line: its payment is undone exactly, and it waits again.

    What it may pay is suggested anew, but no rule decides on it a second time.

    Raises:
        NotMatched: nothing was decided.
    """
    line = _locked(transaction)
    if line.state not in {State.APPLIED, State.NOT_CUSTOMER}:
        raise NotMatched(_("This line is not matched."))
    about = {"transaction": line.pk}
    match = line.matches.filter(undone_at__isnull=True).select_related("payment").first()
    if match is not None:
        allocation.undo(match.payment, at=at)
        match.undone_at = at
        match.save(update_fields=["undone_at"])
        about |= {"customer": match.payment.customer_id, "payment": match.payment_id}
    readings = {line.pk: scoring.read(line.label)}
    noting.note(transaction.organization, [line], readings, exact={}, at=at)
    timeline.record("reconciliation.transaction_unmatched", about=about, at=at)
    _show(transaction, line)


def undo_payment(payment: Payment, *, at: datetime) -> None:
    """Take a payment back; the bank line that it was recognised in, if any, waits again.

    Raises:
        PaymentUndone: it was taken back before.
    """
    match = payment.matches.filter(undone_at__isnull=True).select_related("transaction").first()
    if match is None:
        allocation.undo(payment, at=at)
    else:
        unmatch(match.transaction, at=at)
        payment.refresh_from_db()


def _decide(lines: Sequence[BankTransaction], readings: Sequence[Reading]) -> list[_Decided]:
    """Decide line by line, each seeing what the ones before have used of the balances."""
    numbers = {one.norm for reading in readings for one in reading.mentions}
    known = candidates.called(numbers, lock=True)
    decided: list[_Decided] = []
    for line, reading in zip(lines, readings, strict=True):
        decision = scoring.decide(reading, line.amount, known)
        if decision is None:
            continue
        line.reasons = [{"code": one.code, "value": one.value} for one in decision.reasons]
        decided.append(_Decided(line, decision))
        if line.account.applies_by_itself:
            for mention in reading.mentions:
                if mention.norm in known:
                    known[mention.norm] = [_paid(one) for one in known[mention.norm]]
    return decided


def _take_over(
    lines: Sequence[BankTransaction], readings: Mapping[int, Reading], *, at: datetime
) -> set[int]:
    """Let a line pay what a later one was recognised for, when both pay the same invoice in full.

    Statements of several accounts come in any order, and the first payment is the one that paid.
    Nothing is settled anew: the payment keeps its allocation and gets the earlier day; the later
    line waits for a person, as a second payment does. Return the lines that took over.
    """
    numbers = {mention.norm for reading in readings.values() for mention in reading.mentions}
    paid = candidates.paid_by_rule(numbers)
    known = candidates.called(numbers, lock=False) if paid else {}
    for norm, named in known.items():
        known[norm] = [_as_it_was(one, paid) for one in named]
    taken: set[int] = set()
    for line in lines:
        decision = scoring.decide(readings[line.pk], line.amount, known)
        if decision is None or len(decision.parts) > 1 or not line.account.applies_by_itself:
            continue
        (invoice_id,) = decision.parts
        match = paid[invoice_id][0] if invoice_id in paid else None
        if match is None or match.transaction.booked_on <= line.booked_on:
            continue
        line.reasons = [{"code": one.code, "value": one.value} for one in decision.reasons]
        _exchange(match, line, at=at)
        taken.add(line.pk)
        del paid[invoice_id]
    return taken


def _as_it_was(named: Named, paid: Mapping[int, tuple[Match, Money]]) -> Named:
    """Return an invoice as its payment found it; what is called alike but is none stays."""
    if named.balance is None or named.id not in paid:
        return named
    return replace(named, balance=paid[named.id][1])


def _exchange(match: Match, line: BankTransaction, *, at: datetime) -> None:
    """Recognise the payment of a match in another line, and let the match's own line wait."""
    later = _locked(match.transaction)
    payment = Payment.objects.locked().get(pk=match.payment_id)
    match.undone_at = at
    match.save(update_fields=["undone_at"])
    later.state, later.method, later.reasons = State.UNMATCHED, "", []
    later.save(update_fields=["state", "method", "reasons"])
    about = {"customer": payment.customer_id, "transaction": later.pk, "payment": payment.pk}
    timeline.record("reconciliation.transaction_unmatched", about=about, at=at)
    payment.received_on = line.booked_on
    payment.method = METHODS.get(line.operation, Payment.Method.TRANSFER)
    payment.reference = line.label[:LONGEST_REFERENCE]
    payment.save(update_fields=["received_on", "method", "reference"])
    _tie([(line, payment)], method=scoring.METHOD, at=at)


def _paid(named: Named) -> Named:
    balance = named.balance
    return named if balance is None else replace(named, balance=Money(0, balance.currency))


def _payment(organization: Organization, decided: _Decided, *, at: datetime) -> Payment:
    line = decided.line
    return Payment(
        organization=organization,
        customer_id=decided.decision.customer_id,
        amount_minor=line.amount_minor,
        currency=line.currency,
        received_on=line.booked_on,
        method=METHODS.get(line.operation, Payment.Method.TRANSFER),
        source=Payment.Source.BANK,
        reference=line.label[:LONGEST_REFERENCE],
        created_at=at,
    )


def _tie(tied: Sequence[tuple[BankTransaction, Payment]], *, method: str, at: datetime) -> None:
    """Write that lines are payments."""
    actor = current().actor
    matches = [
        Match(
            organization_id=line.organization_id,
            transaction=line,
            payment=payment,
            method=method,
            actor=actor,
            matched_at=at,
        )
        for line, payment in tied
    ]
    Match.objects.bulk_create(matches, batch_size=1000)
    for line, payment in tied:
        line.state, line.method, line.proposal = State.APPLIED, method, []
        timeline.record(
            "reconciliation.transaction_matched",
            about={
                "customer": payment.customer_id,
                "transaction": line.pk,
                "payment": payment.pk,
            },
            data={"method": method, "minor": line.amount_minor, "currency": line.currency},
            at=at,
        )
    lines = [line for line, _payment in tied]
    bulk.update(lines, "state", "method", "reasons", "proposal")
    gate.let_go(lines, at=at)


def _locked(transaction: BankTransaction) -> BankTransaction:
    return BankTransaction.objects.filter(pk=transaction.pk).locked().get()


def _payer(parts: Parts) -> Customer:
    first = next(iter(parts), None)
    if first is None:
        raise NothingChosen(_("Choose an invoice, or at least a customer."))
    payer = Customer.objects.filter(invoices=first).first()
    if payer is None:
        raise allocation.UnknownInvoice(_("There is no such invoice."))
    return payer


def _show(transaction: BankTransaction, line: BankTransaction) -> None:
    """Let the caller's object say what was written."""
    transaction.state, transaction.method = line.state, line.method
    transaction.reasons = line.reasons

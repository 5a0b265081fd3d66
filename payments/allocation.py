"""What came in, which invoices it settles, for how much, and how all of that is taken back.

Allocations are a ledger: nothing is changed or removed, an undo adds the reverse of each.
Locks payments, then invoices, both in key order, as everyone does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from common import bulk, sentences
from common.errors import DomainError
from common.money import Money, total
from dunning import probable, promises
from invoices import settlement
from invoices.models import Customer, Instalment, Invoice
from organizations import timeline
from payments import habits
from payments.models import Allocation, Payment

Parts = Mapping[int, Money]  # invoice id to the amount applied to it


class Rule(StrEnum):
    """In which order a payment that names no invoices settles them.

    They differ only where interest and costs are booked as debts of their own. Here an invoice
    carries its principal alone, so that all three settle what fell due first.

    Source: Code civil, art. 1342-10 (the debtor's choice, then the oldest) and 1343-1.
    """

    DEBTOR = "debtor"
    LEGAL = "legal"
    PRINCIPAL_FIRST = "principal_first"


class NotPositive(DomainError):
    """A payment, or a part of one, is more than nothing."""

    code = "not_positive"


class OverAllocated(DomainError):
    """More would be applied than is left of the payment."""

    code = "over_allocated"


class PaymentUndone(DomainError):
    """The payment was taken back: it settles nothing any more."""

    code = "payment_undone"


class UnknownInvoice(DomainError):
    """There is no such invoice here."""

    code = "unknown_invoice"


@dataclass(frozen=True, slots=True)
class Order:
    """A payment and what to apply it to."""

    payment: Payment
    parts: Parts


def record(
    customer: Customer,
    amount: Money,
    *,
    received_on: date,
    method: Payment.Method,
    source: Payment.Source,
    reference: str = "",
    at: datetime,
) -> Payment:
    """Record what came in; it settles nothing yet.

    Raises:
        NotPositive: the amount is zero or below.
    """
    payment = Payment(
        organization_id=customer.organization_id,
        customer=customer,
        amount_minor=amount.minor,
        currency=amount.currency,
        received_on=received_on,
        method=method,
        source=source,
        reference=reference,
        created_at=at,
    )
    return record_all([payment], at=at)[0]


def record_all(payments: Sequence[Payment], *, at: datetime) -> list[Payment]:
    """Record unsaved payments, in bulk.

    Raises:
        NotPositive: an amount is zero or below.
    """
    for payment in payments:
        _refuse_nothing(payment.amount)
    Payment.objects.bulk_create(payments, batch_size=1000)
    for payment in payments:
        timeline.record(
            "payments.payment_recorded",
            about={"customer": payment.customer_id, "payment": payment.pk},
            data={
                "minor": payment.amount_minor,
                "currency": payment.currency,
                "received_on": payment.received_on.isoformat(),
                "source": str(payment.source),
            },
            at=at,
        )
    return list(payments)


def allocate(payment: Payment, parts: Parts, *, at: datetime) -> list[Allocation]:
    """Apply a payment to invoices.

    They may belong to another customer than the payment: a group pays for its companies.

    Raises:
        OverAllocated: the parts add up to more than is left.
        CurrencyMismatch: a part or an invoice is in another currency.
        NotPositive: a part is zero or below.
        PaymentUndone: the payment was taken back.
        UnknownInvoice: an invoice is not there.
        settlement.OverSettled: a part is larger than its invoice's balance.
    """
    return allocate_all([Order(payment, parts)], at=at)


def allocate_all(orders: Sequence[Order], *, at: datetime) -> list[Allocation]:
    """Apply payments of one organization to invoices, in bulk; it refuses as `allocate` does."""
    if not orders:
        return []
    payments = Payment.objects.filter(pk__in=[order.payment.pk for order in orders])
    locked = {payment.pk: payment for payment in payments.locked()}
    for order in orders:
        _use(locked[order.payment.pk], order.parts)
    invoices = _locked_invoices({key for order in orders for key in order.parts})
    parts = [
        (locked[order.payment.pk], invoices[key], order.parts[key])
        for order in orders
        for key in sorted(order.parts)
    ]
    on = at.astimezone(orders[0].payment.organization.zone).date()
    settlement.settle_all([(invoice, part) for _payment, invoice, part in parts], on=on)
    received = {invoice.pk: payment.received_on for payment, invoice, _part in parts}
    promises.look_at_payments(received, at=at)
    probable.end_paid(received, at=at)
    bulk.update(locked.values(), "allocated_minor")
    for order in orders:
        order.payment.allocated_minor = locked[order.payment.pk].allocated_minor
    allocations = [
        Allocation(
            organization_id=payment.organization_id,
            payment=payment,
            invoice=invoice,
            amount_minor=part.minor,
            currency=part.currency,
            allocated_at=at,
        )
        for payment, invoice, part in parts
    ]
    written = _written(allocations, "payments.payment_allocated", at=at)
    _note_habits(invoices.values(), on=on)
    return written


def allocate_automatically(payment: Payment, rule: Rule, *, at: datetime) -> list[Allocation]:
    """Apply what is left of a payment to its customer's open invoices, in the order of a rule.

    Raises:
        PaymentUndone: the payment was taken back.
    """
    payment = Payment.objects.filter(pk=payment.pk).locked().get()
    open_ones = Invoice.objects.filter(customer=payment.customer_id, currency=payment.currency)
    invoices = {invoice.pk: invoice for invoice in open_ones.open().locked()}
    parts: dict[int, Money] = {}
    left = payment.unallocated
    for key in _in_order_due(invoices, rule):
        part = min(left, invoices[key].balance)
        if part:
            parts[key] = part
            left -= part
    return allocate(payment, parts, at=at) if parts else []


def undo(payment: Payment, *, at: datetime) -> None:
    """Take a payment back: each invoice owes again exactly what the payment had settled.

    Raises:
        PaymentUndone: it was taken back before.
    """
    locked = Payment.objects.filter(pk=payment.pk).locked().get()
    if locked.undone_at is not None:
        raise PaymentUndone(_("This payment was already undone."))
    standing = list(
        locked.allocations.filter(amount_minor__gt=0, reversals__isnull=True).order_by("pk")
    )
    invoices = _locked_invoices({allocation.invoice_id for allocation in standing})
    on = at.astimezone(payment.organization.zone).date()
    settlement.settle_all(
        [(invoices[allocation.invoice_id], -allocation.amount) for allocation in standing], on=on
    )
    promises.look_again(invoices, at=at)
    reverses = [
        Allocation(
            organization_id=locked.organization_id,
            payment=locked,
            invoice=invoices[allocation.invoice_id],
            amount_minor=-allocation.amount_minor,
            currency=allocation.currency,
            allocated_at=at,
            reverses=allocation,
        )
        for allocation in standing
    ]
    _written(reverses, "payments.payment_undone", at=at)
    if not reverses:
        timeline.record(
            "payments.payment_undone",
            about={"customer": locked.customer_id, "payment": locked.pk},
            data={"minor": -locked.amount_minor, "currency": locked.currency},
            at=at,
        )
    locked.allocated_minor, locked.undone_at = 0, at
    locked.save(update_fields=["allocated_minor", "undone_at"])
    payment.allocated_minor, payment.undone_at = 0, at
    _note_habits(invoices.values(), on=on)


def _note_habits(invoices: Iterable[Invoice], *, on: date) -> None:
    """Write down anew by when the customers of invoices usually pay."""
    habits.note({invoice.customer_id for invoice in invoices}, on=on)


def _use(payment: Payment, parts: Parts) -> None:
    """Set parts of a locked payment aside, if it has that much left."""
    if payment.undone_at is not None:
        raise PaymentUndone(_("This payment was undone: record it again to apply it."))
    for part in parts.values():
        _refuse_nothing(part)
    wanted = total(parts.values(), currency=payment.currency)
    if wanted > payment.unallocated:
        raise OverAllocated(
            _("Only %(left)s of the payment is left, not %(wanted)s.")
            % {
                "left": sentences.of_amount(payment.unallocated),
                "wanted": sentences.of_amount(wanted),
            },
            unallocated=payment.unallocated.amount,
        )
    payment.allocated_minor += wanted.minor


def _refuse_nothing(amount: Money) -> None:
    if amount.minor <= 0:
        raise NotPositive(
            _("%(amount)s is not an amount that can be received.")
            % {"amount": sentences.of_amount(amount)}
        )


def _locked_invoices(keys: set[int]) -> dict[int, Invoice]:
    invoices = {invoice.pk: invoice for invoice in Invoice.objects.filter(pk__in=keys).locked()}
    missing = keys - invoices.keys()
    if missing:
        raise UnknownInvoice(_("There is no such invoice."))
    return invoices


def _in_order_due(invoices: Mapping[int, Invoice], rule: Rule) -> list[int]:
    """Return the invoices by the day their oldest open part falls due, whatever the rule."""
    firsts: dict[int, date] = {}
    for part in Instalment.objects.filter(invoice__in=invoices).open().order_by("due_on", "pk"):
        firsts.setdefault(part.invoice_id, part.due_on)
    return sorted(firsts, key=lambda key: (firsts[key], invoices[key].issued_on, key))


def _written(allocations: list[Allocation], kind: str, *, at: datetime) -> list[Allocation]:
    """Write lines of the ledger, each with its event."""
    for allocation in allocations:
        timeline.record(
            kind,
            about={
                "customer": allocation.invoice.customer_id,
                "invoice": allocation.invoice_id,
                "payment": allocation.payment_id,
            },
            data={"minor": allocation.amount_minor, "currency": allocation.currency},
            at=at,
        )
    Allocation.objects.bulk_create(allocations, batch_size=1000)
    return allocations

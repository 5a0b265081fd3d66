"""Which lines wait for a payment, and what of ours their labels may name."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Exists,
    F,
    Func,
    Min,
    OuterRef,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Upper

from common.money import Money
from invoices.models import CreditNote, Customer, Instalment, Invoice
from payments.models import Allocation
from reconciliation import scoring
from reconciliation.models import BankTransaction, Match
from reconciliation.scoring import Named
from reconciliation.suggesting import Book, Open


class _IsOneOf(Func):
    """Whether a text is one of an array's: one hash, whatever their number and the statistics."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, text: str, values: Collection[str]) -> None:
        super().__init__(F(text), Value(sorted(values), output_field=ArrayField(TextField())))


class _Normalised(Func):
    """What is left of a text when only its capitals and digits are kept."""

    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '[^A-Z0-9]', '', 'g')"
    output_field = TextField()


def to_match() -> tuple[list[BankTransaction], list[BankTransaction]]:
    """Lock and return the credits that wait: those for the rule, and those for people alone.

    A line whose match a person undid is left to people. The oldest come first.
    """
    undone = Match.objects.filter(undone_at__isnull=False, transaction=OuterRef("pk"))
    waiting = BankTransaction.objects.to_clear().annotate(was_undone=Exists(undone))
    lines = sorted(
        waiting.select_related("account").locked(), key=lambda line: (line.booked_on, line.pk)
    )
    left_to_people = [line for line in lines if getattr(line, "was_undone", False)]
    return [line for line in lines if line not in left_to_people], left_to_people


def book() -> Book:
    """Return what is open now, for suggestions.

    Two questions of one table each: joined, a planner without fresh statistics may go through all
    invoices for each instalment.
    """
    parts = (
        Instalment.objects.open()
        .order_by()
        .values_list("invoice", "currency")
        .annotate(left=Sum(F("amount_minor") - F("settled_minor")), due=Min("due_on"))
    )
    left = {key: (Money(minor, currency), due) for key, currency, minor, due in parts}
    numbers = Invoice.objects.open().order_by().values_list("pk", "number", "customer", "issued_on")
    invoices = [
        Open(key, number, customer, *left[key], issued_on)
        for key, number, customer, issued_on in numbers.iterator(chunk_size=5000)
        if key in left
    ]
    owing = {invoice.customer_id for invoice in invoices}
    called = Customer.objects.filter(pk__in=owing).values_list("pk", "name", "trading_name")
    return Book.of(invoices, {pk: [name, trading] for pk, name, trading in called})


def paid_by_rule(numbers: Collection[str]) -> dict[int, tuple[Match, Money]]:
    """Return the invoices of these numbers that one line paid by rule, all of it for that alone.

    By the invoice's id: the match that stands, and what its payment settled.
    """
    whole = Allocation.objects.filter(
        _IsOneOf("invoice__number_norm", numbers),
        amount_minor=F("payment__amount_minor"),
        reversals__isnull=True,
    )
    parts = {one.payment_id: one for one in whole}
    matches = Match.objects.filter(
        payment__in=parts, undone_at__isnull=True, method=scoring.METHOD
    ).select_related("transaction")
    return {
        parts[match.payment_id].invoice_id: (match, parts[match.payment_id].amount)
        for match in matches
    }


def called(numbers: Collection[str], *, lock: bool) -> dict[str, list[Named]]:
    """Return all of ours that has one of these normalised numbers; on wish, lock the invoices.

    Paid invoices, credit notes and the order numbers of customers are among them: a label that
    names one of those can't be decided by its numbers alone.
    """
    invoices = Invoice.objects.filter(_IsOneOf("number_norm", numbers))
    known: defaultdict[str, list[Named]] = defaultdict(list)
    for invoice in invoices.locked() if lock else invoices:
        known[invoice.number_norm].append(
            Named(invoice.pk, invoice.number, invoice.customer_id, invoice.balance)
        )
    for norm, named in _others(numbers, set(known)):
        known[norm].append(named)
    return dict(known)


def _others(numbers: Collection[str], invoices: Collection[str]) -> list[tuple[str, Named]]:
    """Return credit notes of these numbers, and order numbers that are an invoice's as well."""
    notes = (
        CreditNote.objects.annotate(norm=_Normalised(Upper("number")))
        .filter(_IsOneOf("norm", numbers))
        .values_list("norm", "pk", "number", "customer_id")
    )
    ordered = (
        Invoice.objects.exclude(order_number="")
        .annotate(norm=_Normalised(Upper("order_number")))
        .filter(_IsOneOf("norm", invoices))
        .values_list("norm", "pk", "order_number", "customer_id")
    )
    return [
        (norm, Named(key, number, customer, None))
        for found in (notes, ordered)
        for norm, key, number, customer in found.order_by("pk")
    ]


def proposed(lines: Sequence[BankTransaction]) -> dict[int, list[Invoice]]:
    """Return, by line, the invoices that a suggestion is about and that are still open."""
    ids = {key for line in lines for key in line.proposal}
    found = Invoice.objects.open().filter(pk__in=ids).select_related("customer").with_instalments()
    by_id = {invoice.pk: invoice for invoice in found}
    return {line.pk: [by_id[key] for key in line.proposal if key in by_id] for line in lines}

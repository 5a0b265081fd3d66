"""What a customer has open, item by item, with the balance running along."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from common.money import Money
from invoices.models import CreditNote, Customer, Instalment

Kind = Literal["invoice", "credit_note"]


@dataclass(frozen=True, slots=True)
class Item:
    """A part of an invoice that is open, or a credit note with something left.

    `amount` and `left` are negative for a credit note; `balance` is the sum of `left` so far.
    """

    kind: Kind
    key: int  # of the invoice or credit note
    number: str
    issued_on: date
    due_on: date | None
    amount: Money
    left: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class StatementOfAccount:
    """All that is open in one currency on a day, the earliest issued first."""

    on: date
    currency: str
    items: tuple[Item, ...]
    balance: Money
    overdue: Money  # of the invoices, without what the credit notes would take off


def of_customer(customer: Customer, *, on: date) -> tuple[StatementOfAccount, ...]:
    """Return a customer's statements, one for each currency with something open, by two queries.

    Payments that nobody has allocated yet are not among the items: they settle nothing so far.
    """
    items: defaultdict[str, list[Item]] = defaultdict(list)
    parts = Instalment.objects.open().filter(customer=customer).select_related("invoice")
    for part in parts:
        items[part.currency].append(_of_part(part))
    for note in CreditNote.objects.open().filter(customer=customer):
        items[note.currency].append(_of_note(note))
    return tuple(
        _summed(found, currency=currency, on=on) for currency, found in sorted(items.items())
    )


def in_currency(customer: Customer, currency: str, *, on: date) -> StatementOfAccount:
    """Return a customer's statement in one currency; without items when nothing is open."""
    found = {one.currency: one for one in of_customer(customer, on=on)}
    return found.get(currency) or _summed((), currency=currency, on=on)


def _of_part(part: Instalment) -> Item:
    invoice, left = part.invoice, part.balance
    return Item(
        "invoice",
        invoice.pk,
        invoice.number,
        invoice.issued_on,
        part.due_on,
        part.amount,
        left,
        left,
    )


def _of_note(note: CreditNote) -> Item:
    amount = Money(-note.total_minor, note.currency)
    left = Money(note.applied_minor - note.total_minor, note.currency)
    return Item("credit_note", note.pk, note.number, note.issued_on, None, amount, left, left)


def _summed(items: Iterable[Item], *, currency: str, on: date) -> StatementOfAccount:
    balance = overdue = Money(0, currency)
    running = []
    for item in sorted(
        items, key=lambda one: (one.issued_on, one.due_on or one.issued_on, one.number)
    ):
        balance += item.left
        if item.due_on is not None and item.due_on < on:
            overdue += item.left
        running.append(
            Item(
                item.kind, item.key, item.number, item.issued_on, item.due_on, item.amount,
                item.left, balance,
            )
        )  # fmt: skip
    return StatementOfAccount(on, currency, tuple(running), balance, overdue)

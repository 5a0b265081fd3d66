"""Spread one bank line over the invoices that a person chose, and say what is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.money import Money
from invoices.models import Invoice


@dataclass(frozen=True, slots=True)
class Basket:
    """What a line would pay: invoice id to the amount of it, and what that leaves."""

    parts: dict[int, Money]
    rest: Money  # of the line: the customer's credit
    short: Money  # on the last invoice reached, or those not reached: it stays to be paid

    @property
    def is_exact(self) -> bool:
        return bool(self.parts) and not self.rest and not self.short


def spread(amount: Money, invoices: Sequence[Invoice]) -> Basket:
    """Fill invoices in the order in which they fall due, each up to what is left on it.

    Args:
        invoices: in one currency, the line's; they came through `with_instalments()`.
    """
    parts: dict[int, Money] = {}
    rest, short = amount, Money(0, amount.currency)
    for invoice in sorted(invoices, key=lambda one: (one.due_on, one.pk)):
        part = min(rest, invoice.balance)
        if part:
            parts[invoice.pk] = part
        rest -= part
        short += invoice.balance - part
    return Basket(parts, rest, short)

"""Take money, credit or loss off an invoice, and put it back.

An invoice keeps the sum of what is settled; its instalments are filled from it in due order. So
the state does not depend on the order of events, and undoing is exact.
"""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from common import bulk, sentences
from common.errors import DomainError
from common.money import Money
from invoices.models import Instalment, Invoice

Part = tuple[Invoice, Money]


class OverSettled(DomainError):
    """More would be settled than is owed."""

    code = "over_settled"


def settle(invoice: Invoice, amount: Money, *, on: date) -> None:
    """Settle a part of a locked invoice, the instalment due first before the others.

    Raises:
        OverSettled: the amount is larger than the balance.
    """
    settle_all([(invoice, amount)], on=on)


def unsettle(invoice: Invoice, amount: Money, *, on: date) -> None:
    """Put a part back on a locked invoice; an instalment that opens again starts a new cycle."""
    settle_all([(invoice, -amount)], on=on)


def settle_all(parts: Iterable[Part], *, on: date) -> None:
    """Settle parts of locked invoices, in bulk; a negative part is put back.

    Raises:
        OverSettled: a part is larger than its invoice's balance.
        CurrencyMismatch: a part is in another currency than its invoice.
    """
    invoices: dict[int, Invoice] = {}
    for invoice, amount in parts:
        if amount > invoice.balance:
            raise OverSettled(
                _("Invoice %(number)s owes %(balance)s, not %(amount)s.")
                % {
                    "number": invoice.number,
                    "balance": sentences.of_amount(invoice.balance),
                    "amount": sentences.of_amount(amount),
                },
                invoice=invoice.number,
            )
        invoice.settled_minor += amount.minor
        invoices[invoice.pk] = invoice
    changed: list[Instalment] = []
    by_invoice: dict[int, list[Instalment]] = {}
    for part in Instalment.objects.filter(invoice__in=invoices).order_by("due_on", "pk"):
        by_invoice.setdefault(part.invoice_id, []).append(part)
    for invoice in invoices.values():
        changed += _fill(by_invoice[invoice.pk], invoice.settled_minor, on=on)
    bulk.update(invoices.values(), "settled_minor")
    bulk.update(changed, "settled_minor", "settled_on", "cycle")


def _fill(instalments: list[Instalment], settled: int, *, on: date) -> list[Instalment]:
    """Spread what is settled over the instalments; return those that changed."""
    changed: list[Instalment] = []
    for part in instalments:
        filled = min(settled, part.amount_minor)
        settled -= filled
        if filled == part.settled_minor:
            continue
        was_settled = part.settled_minor == part.amount_minor
        part.settled_minor = filled
        part.settled_on = on if filled == part.amount_minor else None
        part.cycle += was_settled
        changed.append(part)
    return changed

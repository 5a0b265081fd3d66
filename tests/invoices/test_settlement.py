"""Money settles the instalment due first, and comes off exactly as it went on."""

import pytest

from common.money import CurrencyMismatch, Money
from invoices import crediting, settlement
from invoices.models import CreditNote, Instalment, Invoice
from organizations.models import Organization
from tests import make
from tests.make import AT, ON


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def invoice(inside_acme: Organization) -> Invoice:
    """Three instalments of 100, 200 and 300 €."""
    amounts = {"2026-02-04": 10_000, "2026-03-04": 20_000, "2026-04-04": 30_000}
    return make.invoice(inside_acme, amounts=amounts)


def parts() -> list[tuple[int, bool, int]]:
    found = Instalment.objects.order_by("due_on")
    return [(part.settled_minor, part.settled_on is not None, part.cycle) for part in found]


@pytest.mark.parametrize(
    ("amount", "filled"),
    [
        (1, [(1, False, 1), (0, False, 1), (0, False, 1)]),
        (10_000, [(10_000, True, 1), (0, False, 1), (0, False, 1)]),
        (25_000, [(10_000, True, 1), (15_000, False, 1), (0, False, 1)]),
        (60_000, [(10_000, True, 1), (20_000, True, 1), (30_000, True, 1)]),
    ],
)
def test_the_instalment_due_first_is_filled_first(
    invoice: Invoice, amount: int, filled: list[tuple[int, bool, int]]
) -> None:
    settlement.settle(Invoice.objects.locked().get(), euros(amount), on=ON)

    assert parts() == filled
    assert Invoice.objects.get().balance == euros(60_000 - amount)


def test_what_is_put_back_opens_again_what_was_full_in_a_new_cycle(invoice: Invoice) -> None:
    settlement.settle(Invoice.objects.locked().get(), euros(35_000), on=ON)

    settlement.unsettle(Invoice.objects.locked().get(), euros(28_000), on=ON)

    assert parts() == [(7_000, False, 2), (0, False, 2), (0, False, 1)]
    assert Invoice.objects.get().settled_minor == 7_000


def test_the_order_of_events_does_not_matter(invoice: Invoice) -> None:
    for amount in (12_300, 4_500, -2_200, 10_000, -1_100):
        settlement.settle_all([(Invoice.objects.locked().get(), euros(amount))], on=ON)

    assert Invoice.objects.get().settled_minor == 23_500
    assert [settled for settled, _full, _cycle in parts()] == [10_000, 13_500, 0]


def test_no_more_is_settled_than_is_owed(invoice: Invoice) -> None:
    with pytest.raises(settlement.OverSettled):
        settlement.settle(Invoice.objects.locked().get(), euros(60_001), on=ON)

    assert parts() == [(0, False, 1)] * 3


def test_another_currency_settles_nothing(invoice: Invoice) -> None:
    with pytest.raises(CurrencyMismatch):
        settlement.settle(Invoice.objects.locked().get(), Money(1, "USD"), on=ON)

    assert parts() == [(0, False, 1)] * 3


def test_a_credit_note_settles_a_part_of_an_invoice(invoice: Invoice) -> None:
    note = make.credit_note(invoice.customer, minor=15_000)

    crediting.set_off(note, invoice, euros(12_000), on=ON, at=AT)

    assert Invoice.objects.get().balance == euros(48_000)
    assert CreditNote.objects.get().balance == euros(3_000)
    assert parts() == [(10_000, True, 1), (2_000, False, 1), (0, False, 1)]


@pytest.mark.parametrize("amount", [0, -1, 15_001])
def test_no_more_is_set_off_than_a_credit_note_holds(invoice: Invoice, amount: int) -> None:
    note = make.credit_note(invoice.customer, minor=15_000)

    with pytest.raises(crediting.CannotSetOff):
        crediting.set_off(note, invoice, euros(amount), on=ON, at=AT)

    assert parts() == [(0, False, 1)] * 3


def test_no_more_is_set_off_than_is_owed(invoice: Invoice) -> None:
    note = make.credit_note(invoice.customer, minor=70_000)

    with pytest.raises(crediting.CannotSetOff):
        crediting.set_off(note, invoice, euros(60_001), on=ON, at=AT)

    assert CreditNote.objects.get().balance == euros(70_000)


def test_a_credit_note_of_another_customer_settles_nothing(
    inside_acme: Organization, invoice: Invoice
) -> None:
    note = make.credit_note(make.a_customer(inside_acme), minor=15_000)

    with pytest.raises(crediting.CannotSetOff):
        crediting.set_off(note, invoice, euros(1), on=ON, at=AT)

    assert parts() == [(0, False, 1)] * 3

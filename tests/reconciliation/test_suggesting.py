"""What a line may pay, and what speaks for it."""

from datetime import date

import pytest

from common.money import Money
from reconciliation import scoring, suggesting
from reconciliation.scoring import Named
from reconciliation.suggesting import Book, Open, Proposal

DUPONT, LUTECE, HELIOS = 1, 2, 3
NAMES = {
    DUPONT: ["SARL Dupont & Fils", ""],
    LUTECE: ["Brasserie Lutèce", "Le Lutèce"],
    HELIOS: ["Groupe Hélios", ""],
}
INVOICES = [
    Open(11, "FA-2026-0071", DUPONT, Money(120_000, "EUR"), date(2026, 2, 4)),
    Open(12, "FA-2026-0072", DUPONT, Money(30_000, "EUR"), date(2026, 2, 9)),
    Open(21, "FA-2026-0081", LUTECE, Money(50_000, "EUR"), date(2026, 2, 4)),
    Open(22, "FA-2026-0082", LUTECE, Money(50_000, "EUR"), date(2026, 1, 4)),
    Open(31, "FA-2026-0091", HELIOS, Money(77_777, "EUR"), date(2026, 1, 4)),
]
BOOK = Book.of(INVOICES, NAMES)
KNOWN = {
    one.number.replace("-", ""): [Named(one.id, one.number, one.customer_id, one.balance)]
    for one in INVOICES
}


def propose(label: str, minor: int, *, currency: str = "EUR") -> Proposal | None:
    reading = scoring.read(label)
    return suggesting.propose(reading, label, Money(minor, currency), known=KNOWN, book=BOOK)


def codes(proposal: Proposal | None) -> list[str]:
    return [reason.code for reason in proposal.reasons] if proposal else []


@pytest.mark.parametrize(
    ("label", "minor", "invoices", "reasons"),
    [
        ("VIR DUPONT FA-2026-0071", 100_000, (11,), ["number_in_label", "amount_below"]),
        ("VIR DUPONT FA 2026 0071", 120_050, (11,), ["number_in_label", "amount_above"]),
        (
            "FA-2026-0071 FA-2026-0072",
            149_960,
            (11, 12),
            ["number_in_label", "number_in_label", "amount_below"],
        ),
        ("VIR SEPA DUPONT ET FILS LOYER", 30_000, (12,), ["name_in_label", "exact_balance"]),
        ("VIR DUPONT FILS", 150_000, (11, 12), ["name_in_label", "all_that_is_owed"]),
        ("LE LUTECE", 50_000, (22,), ["name_in_label", "oldest_of_equal"]),
        ("BRASSERIE LUTEC", 50_000, (22,), ["name_in_label", "oldest_of_equal"]),
        ("REMISE 4471", 77_777, (31,), ["amount_alone"]),
    ],
)
def test_what_speaks_for_an_invoice_is_suggested_with_its_reasons(
    label: str, minor: int, invoices: tuple[int, ...], reasons: list[str]
) -> None:
    found = propose(label, minor)

    assert found is not None
    assert (found.invoices, codes(found)) == (invoices, reasons)


@pytest.mark.parametrize(
    ("label", "minor", "currency"),
    [
        ("VIR DUPONT FILS", 99_999, "EUR"),  # its name, and no amount of its own
        ("VIR DUPONTEL FILS SERVICES", 30_001, "EUR"),  # another name
        ("REMISE 4471", 50_000, "EUR"),  # two invoices have the amount
        ("VIR DUPONT FILS", 120_000, "USD"),  # another currency
        ("FA-2026-0071 FA-2026-0081", 1_000, "EUR"),  # two customers
        ("FRAIS", -30_000, "EUR"),
    ],
)
def test_what_speaks_for_nothing_is_left_open(label: str, minor: int, currency: str) -> None:
    assert propose(label, minor, currency=currency) is None


def test_of_two_customers_in_one_label_neither_is_taken_for_the_payer() -> None:
    assert codes(propose("DUPONT FILS POUR BRASSERIE LUTECE", 50_000)) == []

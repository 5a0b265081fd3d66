"""What a label names, and what it only seems to name."""

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from invoices.numbering import normalised
from reconciliation.scoring import Named, decide, read
from tests.corpora import ROOT

DUPONT, DURAND = 1, 2


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def book(
    *numbers: str, customer: int = DUPONT, minor: int = 10_000, first: int = 1
) -> dict[str, list[Named]]:
    """Return invoices of one customer, on which 100.00 is left each; the ids count up."""
    known: dict[str, list[Named]] = {}
    for key, number in enumerate(numbers, start=first):
        named = Named(key, number, customer, eur(minor))
        known.setdefault(normalised(number), []).append(named)
    return known


def paid(label: str, amount: int, known: dict[str, list[Named]]) -> Sequence[int]:
    decision = decide(read(label), eur(amount), known)
    return [] if decision is None else sorted(decision.parts)


@pytest.mark.parametrize(
    "label",
    [
        "VIR SEPA DUPONT FA-2025-03854",
        "VIR SEPA DUPONT FA 2025 03854",
        "VIR SEPA DUPONT FA202503854",
        "VIR SEPA DUPONT FA2025-03854",
        "VIR SEPA DUPONT FA-2025 - 03854",
        "VIR SEPA DUPONT FA.2025.03854",
        "VIR SEPA DUPONT FA/2025/03854",
        "VIR SEPA DUPONT fa-2025-03854",
        "VIR SEPA DUPONT FA\u20112025\u201103854",
        "VIR SEPA DUPONT FA\u00a02025\u00a003854",
        "VIR SEPA DUPONT (FA-2025-03854)",
        "VIR SEPA DUPONT FACT.FA-2025-03854.",
        "VIR SEPA DUPONT FACTURE/FA-2025-03854/REGLEMENT",
        "FA-2025-03854 FA-2025-03854",
        "FACT N\u00b0FA-2025-03854 DU 13/01/2026 REF: E2E-1448811354",
        "FR7630006000011234567890189 FA-2025-03854",
    ],
)
def test_a_number_is_found_however_it_is_written(label: str) -> None:
    assert paid(label, 10_000, book("FA-2025-03854")) == [1]


@pytest.mark.parametrize(
    "label",
    [
        "VIR SEPA DUPONT",
        "XFA-2025-03854",
        "FA-2025-038541",
        "FA-2025-03854B",
        "FA-2025-03854-7",
        "FA-2025-03854/55",
        "12-FA-2025-03854",
        "SEPAFA202503854",
        "FA202503854123",
        "FA-2025, 03854",
        "FA:2025:03854",
        "2025-03854",
        "03854",
        "FA-2025 DUPONT 03854",
    ],
)
def test_a_number_inside_something_longer_or_in_pieces_is_none(label: str) -> None:
    assert paid(label, 10_000, book("FA-2025-03854")) == []


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("REGLEMENT 10834", [1]),
        ("FACT N 10834", [1]),
        ("CDE 10834", []),
        ("COMMANDE N° 10834", []),
        ("FA-2025-10834", []),
        ("BC2026-10834", []),
        ("10 834", []),
        ("10834-7", []),
    ],
)
def test_digits_alone_are_a_number_only_by_themselves(label: str, expected: list[int]) -> None:
    assert paid(label, 10_000, book("10834")) == expected


@pytest.mark.parametrize("number", ["1083", "0001083", "7"])
def test_few_digits_alone_are_never_a_number(number: str) -> None:
    assert paid(f"REGLEMENT FACTURE {number}", 10_000, book(number)) == []


def test_few_digits_with_their_letters_are_a_number() -> None:
    assert paid("REGLEMENT F-7", 10_000, book("F-7")) == []
    assert paid("REGLEMENT FA-7", 10_000, book("FA-7")) == [1]


@pytest.mark.parametrize("digits", ["20260113", "13012026", "130126", "260113"])
def test_digits_that_are_a_day_are_no_number(digits: str) -> None:
    assert paid(f"VIREMENT DU {digits}", 10_000, book(digits)) == []


@pytest.mark.parametrize(
    "account", ["FR7630006000011234567890189", "FR76 3000 6000 0112 3456 7890 189"]
)
def test_a_part_of_an_account_number_is_no_number(account: str) -> None:
    known = book("FR76300", "30006000", "FR7630006000011234567890189", "0189")

    assert paid(f"VIR DE {account} DUPONT", 10_000, known) == []


def test_all_invoices_named_are_paid_when_the_sum_is_exact() -> None:
    known = book("FA-2025-1", "FA-2025-2", "FA-2025-3")

    assert paid("FA-2025-1 FA-2025-3", 20_000, known) == [1, 3]
    assert paid("FA-2025-1/FA-2025-2/FA-2025-3", 30_000, known) == [1, 2, 3]
    assert paid("FACTURES FA-2025-1, FA-2025-2 ET FA-2025-3", 30_000, known) == [1, 2, 3]


@pytest.mark.parametrize("amount", [9_999, 10_001, 19_999, 1, 0, -10_000])
def test_another_amount_is_a_persons_to_decide(amount: int) -> None:
    known = book("FA-2025-1", "FA-2025-2")

    assert paid("FA-2025-1", amount, known) == []
    assert paid("FA-2025-1 FA-2025-2", amount, known) == []


def test_one_of_several_named_whose_balance_is_the_amount_is_not_taken_alone() -> None:
    assert paid("FA-2025-1 FA-2025-2", 10_000, book("FA-2025-1", "FA-2025-2")) == []


def test_a_paid_invoice_is_not_paid_again() -> None:
    known = book("FA-2025-1", minor=0) | book("FA-2025-2", first=2)

    assert paid("FA-2025-1", 10_000, known) == []
    assert paid("FA-2025-1 FA-2025-2", 10_000, known) == []


def test_two_invoices_that_are_called_alike_are_a_persons_to_decide() -> None:
    assert paid("FA20251", 10_000, book("FA-2025-1", "FA20251")) == []


def test_numbers_that_overlap_are_a_persons_to_decide() -> None:
    assert paid("FA 2025 038 54", 10_000, book("FA-2025-038", "FA-2025-03854")) == []


def test_invoices_of_two_customers_are_a_persons_to_decide() -> None:
    known = book("FA-2025-1") | book("FB-2025-2", customer=DURAND, first=2)

    assert paid("FA-2025-1 FB-2025-2", 20_000, known) == []


def test_what_cannot_be_paid_is_a_persons_to_decide() -> None:
    note = Named(-9, "AV-2025-7", DUPONT, None)
    known = book("FA-2025-1") | {"AV20257": [note]}

    assert paid("FA-2025-1", 10_000, known) == [1]
    assert paid("FA-2025-1 - AV-2025-7", 10_000, known) == []


def test_another_currency_is_a_persons_to_decide() -> None:
    known = {"FA20251": [Named(1, "FA-2025-1", DUPONT, Money(10_000, "USD"))]}

    assert paid("FA-2025-1", 10_000, known) == []


def test_a_label_longer_than_any_is_not_read() -> None:
    assert paid("FA-2025-1 " + "X1 " * 100_000, 10_000, book("FA-2025-1")) == []


@given(
    before=st.text(alphabet="ABX019", min_size=1, max_size=6),
    after=st.text(alphabet="ABX019", min_size=1, max_size=6),
)
def test_a_number_is_never_found_inside_a_longer_word(before: str, after: str) -> None:
    known = book("FA202503854")

    for label in (f"{before}FA202503854", f"FA202503854{after}", f"{before}FA202503854{after}"):
        assert paid(f"VIR {label} DUPONT", 10_000, known) == []


@given(label=st.text(max_size=200), amount=st.integers(-20_000, 40_000))
def test_whatever_is_written_only_an_exact_sum_is_paid(label: str, amount: int) -> None:
    known = book("FA-2025-1", "FA-2025-2", "123456")

    decision = decide(read(f"FA-2025-1 {label} FA-2025-2"), eur(amount), known)

    if decision is not None:
        assert sum(part.minor for part in decision.parts.values()) == amount
        assert decision.parts.keys() >= {1, 2}


def test_the_reasons_are_said() -> None:
    decision = decide(read("FA-2025-2 FA-2025-1"), eur(20_000), book("FA-2025-1", "FA-2025-2"))

    assert decision is not None
    assert [(reason.code, reason.value) for reason in decision.reasons] == [
        ("number_in_label", "FA-2025-2"),
        ("number_in_label", "FA-2025-1"),
        ("exact_sum", ""),
    ]


def test_the_decision_is_the_same_whatever_the_order_of_sets() -> None:
    program = (
        "from tests.reconciliation.test_scoring import book, eur, read, decide;"
        "known = book('FA-2025-1', 'FA-2025-2', 'FA-2025-3');"
        "print(decide(read('FA-2025-3, FA-2025-1 ET FA 2025 2'), eur(30_000), known))"
    )

    said = {
        subprocess.run(  # our own words
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(said) == 1

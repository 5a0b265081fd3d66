"""The generated book."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import call_command

from common.tenancy import tenant_transaction
from demo import book
from invoices import importing
from invoices.models import Contact, Customer, Invoice
from organizations.models import Organization
from reconciliation import exporting, matching
from reconciliation import importing as bank
from tests.make import AT, ON


def generated(seed: int) -> book.Book:
    return book.generate(seed=seed, customers=25, invoices=150, on=ON)


def test_a_seed_gives_the_same_book_and_another_one_another() -> None:
    assert generated(1) == generated(1)
    assert generated(1) != generated(2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_books_statement_settles_is_what_its_truth_says(
    inside_acme: Organization, seed: int
) -> None:
    made = generated(seed)
    content = book.invoices_csv(made.sales, known_until=book.known_until(made))
    report = importing.import_invoices(inside_acme, "book.csv", content, on=ON, at=AT)
    balance = sum(transfer.amount_minor for transfer in made.transfers)
    statement = book.statement_ofx(made.transfers, closing_minor=balance, until=ON)

    bank.import_statement(inside_acme, bank.Upload("book.ofx", statement), at=AT)
    outcome = matching.match_new(inside_acme, at=AT)

    truth = {
        transfer.reference: {sale.number for sale in transfer.settles}
        for transfer in made.transfers
    }
    wrong = [
        line["reference"]
        for line in exporting.documents()
        if line["state"] == "applied"
        and {part["invoice"] for part in line["allocations"]} != truth[line["reference"]]
    ]
    assert (len(report.rejected), report.created) == (0, 150)
    assert wrong == []
    assert outcome.applied >= len(made.transfers) // 2


def test_the_command_loads_a_book_with_contacts_and_writes_its_statement(
    acme: Organization, tmp_path: Path
) -> None:
    call_command(
        "load_fixture_book", acme.slug, invoices=60, customers=12, seed=4, statements=str(tmp_path)
    )

    with tenant_transaction(acme.pk):
        assert (Invoice.objects.count(), Customer.objects.count()) == (60, 12)
        assert Contact.objects.exclude(email="").exists()
        assert set(Customer.objects.values_list("language", flat=True)) == {"fr", "en"}
    truth = list(csv.DictReader(io.StringIO((tmp_path / "acme-truth.csv").read_text())))
    assert truth
    assert b"<OFX>" in (tmp_path / "acme.ofx").read_bytes()

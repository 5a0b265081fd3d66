"""One generated book with its truth: what is matched by itself is right, every time."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.tenancy import tenant_transaction
from invoices.models import Customer, Instalment, Invoice
from organizations.models import Organization
from reconciliation import exporting, importing, matching
from reconciliation.importing import Upload
from tests.corpora import CORPORA, needs_corpora

BOOK = CORPORA / "cash_20k_5k"
AT = datetime(2026, 4, 1, 8, tzinfo=UTC)

pytestmark = [needs_corpora, pytest.mark.django_db]


def rows(name: str) -> list[dict[str, str]]:
    with (BOOK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def load(organization: Organization) -> None:
    """Write the book as it stands before the statements."""
    customers = {
        row["id"]: Customer(
            organization=organization, code=row["id"], name=row["legal_name"], created_at=AT
        )
        for row in rows("customers.csv")
    }
    Customer.objects.bulk_create(customers.values(), batch_size=2000)
    invoices = [
        Invoice(
            organization=organization,
            customer=customers[row["customer_id"]],
            number=row["number"],
            number_norm=row["number"].replace("-", ""),
            issued_on=date.fromisoformat(row["issued"]),
            currency=row["currency"],
            total_minor=minor(row["amount"]),
            settled_minor=minor(row["amount"]) - minor(row["balance"]),
            order_number=row["po_number"],
            recorded_on=date(2026, 1, 1),
            created_at=AT,
        )
        for row in rows("invoices.csv")
        if row["kind"] == "invoice"
    ]
    dues = {row["number"]: date.fromisoformat(row["due"]) for row in rows("invoices.csv")}
    Invoice.objects.bulk_create(invoices, batch_size=2000)
    Instalment.objects.bulk_create(
        [
            Instalment(
                organization=organization,
                invoice=invoice,
                customer=invoice.customer,
                due_on=dues[invoice.number],
                currency=invoice.currency,
                amount_minor=invoice.total_minor,
                settled_minor=invoice.settled_minor,
            )
            for invoice in invoices
        ],
        batch_size=2000,
    )


def truth() -> dict[str, tuple[str, set[frozenset[str]]]]:
    """Return, by transaction, its class and each set of invoices that it may rightly pay."""
    found = {}
    for row in rows("truth.csv"):
        sets = [row["allocations"], *filter(None, row["alternatives"].split(";"))]
        found[row["transaction_id"]] = (
            row["class"],
            {frozenset(part.partition(":")[0] for part in one.split("|")) for one in sets},
        )
    return found


def test_what_is_matched_by_itself_is_right(acme: Organization) -> None:
    files = [
        Upload(path.name, path.read_bytes()) for path in sorted(Path(BOOK).glob("statement_*.ofx"))
    ]
    with tenant_transaction(acme.pk):
        load(acme)

    with tenant_transaction(acme.pk):
        reports = [importing.import_statement(acme, upload, at=AT) for upload in files]
        outcome = matching.match_new(acme, at=AT)
    with tenant_transaction(acme.pk):
        exported: list[dict[str, Any]] = list(exporting.documents())

    expected = truth()
    wrong = []
    for line in exported:
        kind, sets = expected["T" + line["reference"].rpartition("T")[2]]
        paid = frozenset(one["invoice"] for one in line["allocations"])
        if line["state"] == "applied" and paid not in sets:
            wrong.append((line["reference"], kind, line["label"], paid, sets))
    assert [report.new for report in reports] == [report.lines for report in reports]
    assert sum(report.new for report in reports) == len(expected) == len(exported)
    assert wrong == []
    assert outcome.applied == 1287

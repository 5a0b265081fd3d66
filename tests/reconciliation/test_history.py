from datetime import date
from pathlib import Path

import pytest

from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from invoices.models import ImportedFile
from organizations.models import Organization
from payments.models import Payment
from reconciliation.history import Report, import_history
from reconciliation.importing import Upload
from reconciliation.models import PastPayment
from tests import make
from tests.make import AT
from tests.reconciliation.test_commands import run

HEADER = "date,amount,label,payer_name,payer_iban,customer_code,invoice_number\n"
IBAN = "FR7630006000011234567890189"
ROW = f"2025-11-06,1400.42,VIR SEPA DUPONT,DUPONT SA,{IBAN},C1,FA-2025-1\n"


def take_in(organization: Organization, text: str) -> Report:
    return import_history(organization, Upload("history.csv", text.encode()), at=AT)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejected)


@pytest.fixture
def book(inside_acme: Organization) -> Organization:
    make.a_customer(inside_acme, code="C1")
    return inside_acme


def test_what_was_paid_is_known_and_settles_nothing(book: Organization) -> None:
    report = take_in(book, HEADER + ROW)

    past = PastPayment.objects.get()
    assert counts(report) == (1, 0, 0, 0)
    assert (past.paid_on, past.amount_minor) == (date(2025, 11, 6), 140_042)
    assert (past.customer.code, past.payer_iban) == ("C1", IBAN)
    assert past.invoice_numbers == ["FA-2025-1"]
    assert not Payment.objects.exists()
    assert ImportedFile.objects.get().report["created"] == 1


def test_the_same_file_twice_changes_nothing(book: Organization) -> None:
    take_in(book, HEADER + ROW)

    assert counts(take_in(book, HEADER + ROW)) == (0, 0, 1, 0)
    assert PastPayment.objects.count() == 1


def test_twins_stay_two(book: Organization) -> None:
    assert counts(take_in(book, HEADER + ROW + ROW)) == (2, 0, 0, 0)
    assert counts(take_in(book, HEADER + ROW + ROW)) == (0, 0, 2, 0)


def test_a_row_with_an_id_may_change(book: Organization) -> None:
    take_in(book, "id," + HEADER + "H1," + ROW)

    report = take_in(book, "id," + HEADER + "H1," + ROW.replace("1400.42", "1400.40"))

    assert counts(report) == (0, 1, 0, 0)
    assert PastPayment.objects.get().amount_minor == 140_040


def test_a_row_that_cannot_be_taken_in_is_refused_by_itself(book: Organization) -> None:
    unknown = ROW.replace(",C1,", ",C9,")
    unreadable = ROW.replace("1400.42", "many")

    report = take_in(book, HEADER + unknown + ROW + unreadable)

    assert counts(report) == (1, 0, 0, 2)
    assert [(row["row"], row["code"]) for row in report.rejected] == [
        (2, "unknown_customer"),
        (4, "bad_amount"),
    ]


def test_the_invoice_tells_the_customer(book: Organization) -> None:
    invoice = make.invoice(book, number="FA-2025-1")

    take_in(book, HEADER + ROW.replace(",C1,", ",,"))

    assert PastPayment.objects.get().customer_id == invoice.customer_id


def test_a_file_without_amounts_is_refused(acme: Organization) -> None:
    with pytest.raises(UploadRefused) as refusal, tenant_transaction(acme.pk):
        take_in(acme, "date,label\n2025-11-06,VIR\n")

    assert refusal.value.code == "missing_column"
    with tenant_transaction(acme.pk):
        assert not PastPayment.objects.exists()


def test_the_command_answers_in_json(acme: Organization, tmp_path: Path) -> None:
    with tenant_transaction(acme.pk):
        make.a_customer(acme, code="C1")
    path = tmp_path / "history.csv"
    path.write_text(HEADER + ROW + ROW.replace(",C1,", ",C9,"))

    (answer,), said, status = run("import_payments", acme.slug, str(path), "--json")

    assert status == 0
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (1, 0, 0)
    assert answer["rejected"][0]["code"] == "unknown_customer"
    assert "1 new" in said

"""What a file changes, what it may not, and what it never changes twice."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from common.money import Money
from common.refusals import UploadRefused
from common.tenancy import tenant_transaction
from invoices import importing, settlement
from invoices.importing import Report
from invoices.models import Contact, CreditNote, Customer, ImportedFile, Instalment, Invoice
from organizations.models import Organization, StoredFile, TimelineEvent
from tests import make
from tests.concurrency import at_once

HEAD = "number,kind,customer,customer_code,email,issued_on,due_on,total,balance,order_number\n"
INVOICE = "F-1,invoice,Hélios,C1,ap@helios.example,2026-01-05,2026-02-04,1200.00,,\n"
CREDIT = "AV-1,credit_note,Hélios,C1,,2026-01-20,,50.00,,\n"
SAMPLES = Path(__file__).parent.parent / "samples"


def take_in(organization: Organization, *rows: str, head: str = HEAD) -> Report:
    content = (head + "".join(rows)).encode()
    return importing.import_invoices(organization, "book.csv", content, on=make.ON, at=make.AT)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejected)


def everything() -> list[int]:
    models = (Customer, Contact, Invoice, Instalment, CreditNote, StoredFile)
    return [model.objects.count() for model in models]


def test_a_file_makes_customers_contacts_invoices_and_credit_notes(
    inside_acme: Organization,
) -> None:
    report = take_in(inside_acme, INVOICE, CREDIT)

    assert counts(report) == (2, 0, 0, 0)
    assert report.customers_created == 1
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.total, invoice.balance) == (
        "F-1",
        Money(120_000, "EUR"),
        Money(120_000, "EUR"),
    )
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 1, 5), date(2026, 2, 4))
    assert (invoice.customer.code, invoice.customer.name) == ("C1", "Hélios")
    assert Contact.objects.get().email == "ap@helios.example"
    assert CreditNote.objects.get().balance == Money(5_000, "EUR")


def test_the_same_file_again_changes_nothing_but_its_own_record(inside_acme: Organization) -> None:
    take_in(inside_acme, INVOICE, CREDIT)
    before = everything()

    again = take_in(inside_acme, INVOICE, CREDIT)

    assert counts(again) == (0, 0, 2, 0)
    assert again.customers_created == 0
    assert everything() == before


@pytest.mark.parametrize("name", ["invoices_fr_cp1252.csv", "invoices_en.csv"])
def test_french_and_english_exports_are_taken_in(inside_acme: Organization, name: str) -> None:
    content = (SAMPLES / name).read_bytes()

    first = importing.import_invoices(inside_acme, name, content, on=make.ON, at=make.AT)
    second = importing.import_invoices(inside_acme, name, content, on=make.ON, at=make.AT)

    assert first.created > 0
    assert (second.created, second.updated) == (0, 0)
    assert second.unchanged == first.created
    assert len(second.rejected) == len(first.rejected)


@pytest.mark.parametrize(
    ("row", "balance", "settled"),
    [
        ("F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,0.00,\n", 0, 10_000),
        ("F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,40.00,\n", 4_000, 6_000),
        ("F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,,\n", 10_000, 0),
    ],
)
def test_history_comes_settled_and_earns_no_thanks(
    inside_acme: Organization, row: str, balance: int, settled: int
) -> None:
    take_in(inside_acme, row)

    invoice, part = Invoice.objects.get(), Instalment.objects.get()
    assert (invoice.balance.minor, part.settled_minor) == (balance, settled)
    assert part.settled_on is None


def test_what_the_books_settled_since_is_brought_over_once(inside_acme: Organization) -> None:
    row = "F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,{},\n"
    take_in(inside_acme, row.format("100.00"))

    paid = take_in(inside_acme, row.format("30.00"))
    again = take_in(inside_acme, row.format("30.00"))

    assert (counts(paid), counts(again)) == ((0, 1, 0, 0), (0, 0, 1, 0))
    assert Invoice.objects.get().balance.minor == 3_000


def test_what_an_import_did_is_remembered_and_of_a_second_one_only_that_it_was(
    acme: Organization,
) -> None:
    row = "F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,{},\n"
    for balance in ("100.00", "30.00", "30.00"):
        with tenant_transaction(acme.pk):
            take_in(acme, row.format(balance))

    with tenant_transaction(acme.pk):
        told = TimelineEvent.objects.filter(kind__startswith="invoices.").order_by("position")
        assert [event.kind.partition(".")[2] for event in told] == [
            "customer_recorded",
            "invoice_recorded",
            "file_imported",
            "invoice_settled_elsewhere",
            "file_imported",
            "file_imported",
        ]
        assert told[3].data == {"minor": 7_000, "currency": "EUR"}
        assert told[5].data["unchanged"] == 1


def test_what_was_paid_here_is_not_counted_twice_when_the_books_say_it_too(
    inside_acme: Organization,
) -> None:
    row = "F-1,invoice,A,C1,,2026-01-05,2026-02-04,100.00,{},\n"
    take_in(inside_acme, row.format("100.00"))
    settlement.settle(Invoice.objects.locked().get(), Money(6_000, "EUR"), on=make.ON)

    take_in(inside_acme, row.format("40.00"))

    assert Invoice.objects.get().balance.minor == 4_000


@pytest.mark.parametrize(
    "other",
    [
        "F-1,invoice,Hélios,C1,,2026-01-05,2026-02-04,1200.01,,\n",
        "F-1,invoice,Hélios,C1,,2026-01-06,2026-02-04,1200.00,,\n",
        "F-1,invoice,Other,C2,,2026-01-05,2026-02-04,1200.00,,\n",
    ],
)
def test_what_was_issued_is_never_changed_by_a_file(inside_acme: Organization, other: str) -> None:
    take_in(inside_acme, INVOICE)

    report = take_in(inside_acme, other)

    assert [(bad.row, bad.code) for bad in report.rejected] == [(2, "invoice_is_immutable")]
    invoice = Invoice.objects.get()
    assert (invoice.total_minor, invoice.customer.name) == (120_000, "Hélios")


def test_a_number_twice_in_a_file_is_taken_once_and_said(inside_acme: Organization) -> None:
    report = take_in(inside_acme, INVOICE, INVOICE.replace("1200.00", "99.00"))

    assert [(bad.row, bad.code) for bad in report.rejected] == [(3, "duplicate_number")]
    assert Invoice.objects.get().total_minor == 120_000


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("F-2,invoice,A,C1,,2026-01-05,2026-02-04,12O.00,,\n", "bad_amount"),
        ("F-2,invoice,A,C1,,2026-02-31,2026-03-04,1.00,,\n", "bad_date"),
        ("F-2,invoice,A,C1,,2026-01-05,,1.00,,\n", "missing_due_date"),
        (",invoice,A,C1,,2026-01-05,2026-02-04,1.00,,\n", "missing_number"),
        ("F-2,invoice,,,,2026-01-05,2026-02-04,1.00,,\n", "missing_customer"),
        ("F-2,invoice,,C9,,2026-01-05,2026-02-04,1.00,,\n", "unknown_customer"),
        ("F-2,invoice,A,C1,,2026-01-05\n", "row_shape"),
        ("F-2,invoice,A,C1,,1905-01-05,2026-02-04,1.00,,\n", "date_out_of_range"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_in(
    inside_acme: Organization, row: str, code: str
) -> None:
    report = take_in(inside_acme, INVOICE, row)

    assert [(bad.file, bad.row, bad.code) for bad in report.rejected] == [("book.csv", 3, code)]
    assert report.rejected[0].message
    assert [invoice.number for invoice in Invoice.objects.all()] == ["F-1"]


PLAIN = b"number,customer,issued_on,due_on,total\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "wrong_type"),
        (b"%PDF-1.7\n", "wrong_type"),
        ((HEAD + 'F-1,invoice,"Hel,C1,,2026-01-05,2026-02-04,1.00,,\n').encode(), "unclosed_quote"),
        (PLAIN + b"F-1,A,05/06/2026,07/06/2026,1.00\n", "ambiguous_date"),
        (PLAIN + b'F-1,A,2026-01-05,2026-02-04,"1,234"\n', "ambiguous_amount"),
        (b"number,customer,due_on,total\nF-1,A,2026-02-04,1.00\n", "missing_column"),
        (b"x" * (20 * 2**20 + 1), "too_large"),
        ((HEAD + INVOICE).encode() + b"F-2,\x00,A\n", "nul_byte"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_changes_nothing(
    inside_acme: Organization, content: bytes, code: str
) -> None:
    before = everything()

    with pytest.raises(UploadRefused) as refusal:
        importing.import_invoices(inside_acme, "book.csv", content, on=make.ON, at=make.AT)

    assert refusal.value.code == code
    assert everything() == before


def test_customers_are_brought_to_what_their_file_says(inside_acme: Organization) -> None:
    make.a_customer(inside_acme, "Helios", code="C1")
    content = "Code;Raison sociale;SIREN;Ville\nC1;Hélios;732 829 320;Lyon\nC2;Lutèce;;Paris\n"

    first = importing.import_customers(inside_acme, "c.csv", content.encode(), at=make.AT)
    second = importing.import_customers(inside_acme, "c.csv", content.encode(), at=make.AT)

    assert (first.created, first.updated, first.unchanged) == (1, 1, 0)
    assert (second.created, second.updated, second.unchanged) == (0, 0, 2)
    helios = Customer.objects.get(code="C1")
    assert (helios.name, helios.siren, helios.city) == ("Hélios", "732829320", "Lyon")


@pytest.mark.django_db(transaction=True)
def test_the_same_file_from_two_people_at_once_goes_in_once(acme: Organization) -> None:
    def go() -> None:
        with tenant_transaction(acme.pk):
            take_in(acme, INVOICE, CREDIT)

    at_once(go, go)

    with tenant_transaction(acme.pk):
        assert (Invoice.objects.count(), CreditNote.objects.count()) == (1, 1)
        reports = ImportedFile.objects.order_by("pk").values_list("report", flat=True)
        assert sorted(report["created"] for report in reports) == [0, 2]


# The commands


def run(*arguments: str) -> Any:
    out = io.StringIO()
    try:
        call_command(*arguments, "--json", stdout=out)
    except SystemExit as refusal:
        return refusal.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "book.csv"
    path.write_text(HEAD + INVOICE + CREDIT + "F-2,invoice,A,C1,,2026-02-31,2026-03-04,1,,\n")
    return str(path)


def test_the_command_prints_what_came_of_its_files(acme: Organization, book: str) -> None:
    status, first = run("import_invoices", acme.slug, book)
    _status, second = run("import_invoices", acme.slug, book)

    (rejected,) = first.pop("rejected")
    assert (status, first) == (
        0,
        {"created": 2, "updated": 0, "unchanged": 0, "customers_created": 1},
    )
    assert (rejected["file"], rejected["row"], rejected["code"]) == (book, 4, "bad_date")
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 0, 2)


def test_of_two_files_one_unreadable_the_command_takes_in_neither(
    acme: Organization, book: str, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()

    status, answer = run("import_invoices", acme.slug, book, str(empty))

    assert (status, answer["error"]["code"]) == (1, "empty_file")
    with tenant_transaction(acme.pk):
        assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("slug", "file", "code"),
    [("nobody", "", "unknown_organization"), ("acme", "/nowhere.csv", "unreadable_file")],
)
def test_a_command_that_is_refused_says_why(
    acme: Organization, book: str, slug: str, file: str, code: str
) -> None:
    status, answer = run("import_invoices", slug, file or book)

    assert (status, answer["error"]["code"]) == (1, code)
    assert answer["error"]["message"]


def test_a_mapping_names_columns_that_nobody_would_guess(
    acme: Organization, tmp_path: Path
) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("zz1,zz2,zz3,zz4,zz5\nF-1,Hélios,2026-01-05,2026-02-04,10.00\n")
    mapping = tmp_path / "mapping.json"
    names = ("number", "customer", "issued_on", "due_on", "total")
    mapping.write_text(json.dumps({f"zz{place}": name for place, name in enumerate(names, 1)}))

    _status, blind = run("import_invoices", acme.slug, str(odd))
    _status, told = run("import_invoices", acme.slug, str(odd), "--mapping", str(mapping))

    assert "error" in blind
    assert told["created"] == 1

import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.refusals import UploadRefused
from common.uploads import run_limited
from invoices.sources import columns
from invoices.sources.columns import Choices
from invoices.sources.rows import InvoiceRow, InvoiceSheet
from invoices.sources.spreadsheet import read_customers, read_invoices, read_payments
from tests.corpora import CORPORA, SAMPLES, needs_corpora

HEADER = "number;customer;issued_on;due_on;total;status;balance;kind\n"


def invoices(*rows: str, header: str = HEADER) -> bytes:
    return (header + "\n".join(rows)).encode()


def one(row: str) -> InvoiceRow:
    (read,) = read_invoices(invoices(row)).rows
    return read


def test_french_export_is_understood() -> None:
    sheet = read_invoices((SAMPLES / "invoices_fr_cp1252.csv").read_bytes())

    assert [
        (row.row, row.number, row.kind, row.total_minor, row.balance_minor, row.status)
        for row in sheet.rows
    ] == [
        (4, "F-2026-0001", "invoice", 120_000, 120_000, ""),
        (5, "F-2026-0002", "deposit", 60_000, 0, "paid"),
        (6, "AV-2026-0001", "credit_note", 12_000, 12_000, ""),
    ]
    assert sheet.rows[1].customer == "Société Générale de Vente"
    assert sheet.rows[0].issued_on == date(2026, 1, 5)
    assert sheet.rows[0].due_on == date(2026, 2, 4)
    assert (sheet.rows[0].total_excluding_tax_minor, sheet.rows[0].tax_minor) == (100_000, 20_000)
    assert [(refused.row, refused.code) for refused in sheet.refused] == [
        (7, "missing_due_date"),
        (8, "duplicate_number"),
        (9, "missing_number"),
    ]
    assert (sheet.table.encoding, sheet.table.delimiter) == ("cp1252", ";")
    assert (sheet.table.decimal_sign, sheet.table.date_order) == (",", "dmy")


def test_english_export_is_understood_by_headers_and_content() -> None:
    sheet = read_invoices((SAMPLES / "invoices_en.csv").read_bytes())

    first, second = sheet.rows
    assert (first.customer, first.currency, first.total_minor) == (
        "Harper, Lane & Co",
        "GBP",
        125_050,
    )
    assert (first.siren, first.ibans) == ("732829320", ("FR7630006000011234567890189",))
    assert (first.email, first.order_number) == ("accounts@harper.example", "PO-77")
    assert (second.ibans, second.balance_minor) == (("FR1420041010050500013M02606",), 3_000)
    assert [(refused.row, refused.code) for refused in sheet.refused] == [
        (4, "bad_date"),
        (5, "too_many_decimals"),
    ]
    assert [(warning.row, warning.code) for warning in sheet.warnings] == [(3, "bad_email")]
    assert sheet.warnings[0].message == "“not an address” is not an email address; it was left out."
    assert second.email == ""


def test_customers_are_understood() -> None:
    sheet = read_customers((SAMPLES / "customers_fr.csv").read_bytes())

    dupont, vente = sheet.rows
    assert (dupont.code, dupont.name, dupont.trading_name) == (
        "C-100",
        "Dupont & Fils",
        "Chez Dupont",
    )
    assert (dupont.siren, dupont.country, dupont.language) == ("732829320", "FR", "fr")
    assert dupont.ibans == ("FR7630006000011234567890189", "FR1420041010050500013M02606")
    assert (vente.siren, vente.country, vente.ibans) == ("", "", ())
    assert [warning.code for warning in sheet.warnings] == ["bad_siren", "bad_country", "bad_iban"]
    assert [(refused.row, refused.code) for refused in sheet.refused] == [
        (4, "missing_code"),
        (5, "duplicate_code"),
    ]


def test_past_payments_are_understood() -> None:
    sheet = read_payments((SAMPLES / "payments_fr.csv").read_bytes())

    first, refund = sheet.rows
    assert (first.paid_on, first.amount_minor) == (date(2026, 2, 12), 120_000)
    assert (first.payer_name, first.payer_iban) == ("DUPONT", "FR1420041010050500013M02606")
    assert first.invoice_numbers == ("F-2026-0001", "F-2026-0002")
    assert refund.amount_minor == -4_510
    assert [(refused.row, refused.code) for refused in sheet.refused] == [(4, "bad_date")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (";Dupont;2026-01-05;2026-02-04;12.00;;;", "missing_number"),
        ("F1;;2026-01-05;2026-02-04;12.00;;;", "missing_customer"),
        ("F1;Dupont;;2026-02-04;12.00;;;", "missing_issued_date"),
        ("F1;Dupont;2026-01-05;;12.00;;;", "missing_due_date"),
        ("F1;Dupont;2026-01-05;2026-02-04;;;;", "missing_total"),
        ("F1;Dupont;2026-01-05;2026-02-04;0.00;;;", "zero_total"),
        ("F1;Dupont;2026-01-05;2026-02-04;12.00;draft;;", "not_issued"),
        ("F1;Dupont;2026-01-05;2026-02-04;12.00;;12.01;", "balance_out_of_range"),
        ("F1;Dupont;2026-01-05;2026-02-04;12.00;;-0.01;", "balance_out_of_range"),
        ("F1;Dupont;2026-01-05;2026-02-04;12.00;;;teapot", "unknown_kind"),
        ("F1;Dupont;2026-01-05;2026-02-04;12.00", "row_shape"),
        (f"{'F' * 65};Dupont;2026-01-05;2026-02-04;12.00;;;", "too_long"),
    ],
)
def test_row_that_says_too_little_or_too_much_is_refused(row: str, code: str) -> None:
    good = "F0;Dupont;2026-01-05;2026-02-04;12.00;;;"

    sheet = read_invoices(invoices(good, row))

    assert [read.number for read in sheet.rows] == ["F0"]
    assert [(refused.row, refused.code) for refused in sheet.refused] == [(3, code)]


def test_paid_invoice_needs_no_due_date_and_has_no_balance() -> None:
    sheet = read_invoices(invoices("F1;Dupont;2026-01-05;;12.00;Payée;3.00;"))

    (row,) = sheet.rows
    assert (row.status, row.balance_minor, row.due_on) == ("paid", 0, date(2026, 1, 5))
    assert [warning.code for warning in sheet.warnings] == ["paid_with_balance"]


def test_balance_is_unknown_when_the_file_does_not_say_it() -> None:
    assert one("F1;Dupont;2026-01-05;2026-02-04;12.00;;;").balance_minor is None


def test_negative_total_is_a_credit_note() -> None:
    row = one("A1;Dupont;2026-01-05;;-12.00;;;facture")

    assert (row.kind, row.total_minor, row.due_on) == ("credit_note", 1_200, None)


def test_rate_in_place_of_a_tax_is_left_out_and_said_so() -> None:
    header = "number;customer;issued;due;total;TVA\n"

    sheet = read_invoices(invoices("F1;Dupont;2026-01-05;2026-02-04;12.00;20 %", header=header))

    assert [(row.total_minor, row.tax_minor) for row in sheet.rows] == [(1_200, None)]
    assert [(warning.row, warning.code) for warning in sheet.warnings] == [(2, "bad_amount")]


def test_formula_is_kept_as_text() -> None:
    assert one("F1;=1+1;2026-01-05;2026-02-04;12.00;;;").customer == "=1+1"


def test_credit_note_may_share_the_number_of_an_invoice() -> None:
    sheet = read_invoices(
        invoices(
            "1;Dupont;2026-01-05;2026-02-04;12.00;;;",
            "1;Dupont;2026-01-05;2026-02-04;-12.00;;;",
        )
    )

    assert [row.kind for row in sheet.rows] == ["invoice", "credit_note"]


def test_mapping_comes_before_recognition() -> None:
    data = b"A;B;C;D;total;E\nF1;Dupont;03/04/2026;03/05/2026;1,234;12\n"
    document = {
        "columns": {"a": "number", "B": "customer", "C": "issued_on", "D": "due_on",
                    "total": None, "E": "total"},
        "date_order": "mdy",
    }  # fmt: skip

    sheet = read_invoices(data, columns.choices(document))

    (row,) = sheet.rows
    assert (row.issued_on, row.total_minor) == (date(2026, 3, 4), 1_200)
    assert sheet.table.unmapped == ("total",)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"Z": "number"}, "unknown_header"),
        ({"number": "colour"}, "unknown_column"),
        ({"number": ""}, "missing_column"),
    ],
)
def test_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        read_invoices(invoices("F1;Dupont;2026-01-05;2026-02-04;12.00;;;"), Choices(mapping))

    assert refused.value.code == code


@pytest.mark.parametrize("document", [[], {"a": 1}, {"columns": {}, "date_order": "ymd"}])
def test_mapping_file_that_makes_no_sense_is_refused(document: object) -> None:
    with pytest.raises(UploadRefused) as refused:
        columns.choices(document)

    assert refused.value.code == "bad_mapping"


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty_file", None),
        (b"number;number\n", "duplicate_header", None),
        (b'number;customer;total;issued\n1;a;1;x\n2;"b;1;x\n3;c;1;x', "unclosed_quote", 3),
        (b'number;customer;total;issued_on\n1;"a" b;1;2026-01-05\n', "unclosed_quote", 2),
        (b"number;customer\n1;a\0\n", "nul_byte", 2),
        (b"1;2;3\n4;5;6\n", "no_header", None),
        (b"number;customer;total\n", "missing_column", None),
        (b";".join(b"number%d" % n for n in range(101)), "no_header", None),
        (b";".join([b"number"] * 101), "too_many_columns", None),
        (b"<html><body>", "wrong_type", None),
        (b"number;customer;total;issued\n1;a;1,5;03/04/2026", "ambiguous_date", 2),
        (b"number;customer;total;issued\n1;a;1,500;2026-01-05", "ambiguous_amount", 2),
    ],
)  # fmt: skip
def test_file_that_is_wrong_as_a_whole_is_refused(data: bytes, code: str, row: int | None) -> None:
    with pytest.raises(UploadRefused) as refused:
        read_invoices(data)

    assert (refused.value.code, refused.value.row) == (code, row)


def test_choice_answers_what_the_file_leaves_open() -> None:
    data = b"number;customer;total;issued;due\n1;a;1,500;03/04/2026;03/05/2026"

    sheet = read_invoices(data, Choices(date_order="dmy", decimal_sign="."))

    assert (sheet.rows[0].total_minor, sheet.rows[0].issued_on) == (150_000, date(2026, 4, 3))


def test_separator_that_a_spreadsheet_announces_is_believed() -> None:
    sheet = read_invoices(
        b"sep=,\r\n" + HEADER.replace(";", ",").encode() + b"1,a,2026-01-05,2026-02-05,2.00,,,"
    )

    assert [(row.row, row.total_minor) for row in sheet.rows] == [(3, 200)]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_do_anything_but_refuse(data: bytes) -> None:
    for read in (read_invoices, read_customers, read_payments):
        try:
            read(HEADER.encode() + data)
            read(data)
        except UploadRefused:
            pass


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=8, max_size=8), max_size=5))
def test_every_row_is_taken_in_or_refused(rows: list[list[str]]) -> None:
    quoted = [";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]

    try:
        sheet = read_invoices((HEADER + "\n".join(quoted)).encode("utf-8", "replace"))
    except UploadRefused:
        return

    filled = [row for row in rows if any(row)]
    assert len(sheet.rows) + len(sheet.refused) == len(filled)


@needs_corpora
@pytest.mark.parametrize(
    ("name", "read", "count"),
    [
        ("invoices", read_invoices, 20_559),
        ("customers", read_customers, 1_666),
        ("history", read_payments, 2_500),
    ],
)
def test_generated_book_is_read_whole_and_quickly(
    name: str, read: Callable[[bytes], InvoiceSheet], count: int
) -> None:
    data = (CORPORA / "cash_20k_5k" / f"{name}.csv").read_bytes()
    started = time.monotonic()

    sheet = run_limited(read, data)

    assert time.monotonic() - started < 4
    assert (len(sheet.rows), sheet.refused, sheet.warnings) == (count, (), ())
    assert sheet.table.unmapped == ()

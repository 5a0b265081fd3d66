import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from common.refusals import UploadRefused
from common.uploads import run_limited
from common.workbooks import read_xlsx
from invoices.sources.spreadsheet import read_invoices
from tests.corpora import CORPORA, needs_corpora

HEADER = ["N° facture", "Client", "Date facture", "Échéance", "Montant TTC", "SIRET"]


def workbook(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    book.active.append(["Lisez-moi"])
    sheet = book.create_sheet("Factures")
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("xl/workbook.xml", b"<workbook/>")
        for name, content in parts.items():
            written.writestr(name, content)
    return file.getvalue()


def test_workbook_is_read_as_a_table_of_its_fullest_sheet() -> None:
    midnight = datetime(2026, 1, 5)  # noqa: DTZ001 cells have no zone
    data = workbook(
        ["Export du 5 mars"],
        [],
        HEADER,
        ["F-1", "Dupont", midnight, date(2026, 2, 4), 1000 * 1.2006, 73282932000074.0],
        [2.0, "Dupont", "06/01/2026", "05/02/2026", "1200.50", None],
        ["F-3", "Dupont", date(2026, 1, 7), date(2026, 2, 6), 1.005, None],
    )

    sheet = run_limited(read_invoices, data)

    first, second = sheet.rows
    assert (first.row, first.number, first.total_minor) == (4, "F-1", 120_060)
    assert (first.issued_on, first.due_on) == (date(2026, 1, 5), date(2026, 2, 4))
    assert first.siren == "732829320"
    assert (second.number, second.total_minor) == ("2", 120_050)
    assert second.issued_on == date(2026, 1, 6)
    assert [(refused.row, refused.code) for refused in sheet.refused] == [(6, "too_many_decimals")]
    assert sheet.table.encoding == "xlsx"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (archive({f"{n}.xml": b"" for n in range(1000)}), "zip_too_many_entries"),
        (archive({"xl/a.xml": bytes(2**22)}), "zip_too_large"),
        (archive({"../a.xml": b""}), "zip_unsafe_name"),
        (archive({"xl/a.xml": b'<!DOCTYPE x [<!ENTITY a "a">]>'}), "xml_dtd_forbidden"),
        (archive({"xl/vbaProject.bin": b""}), "wrong_type"),
        (archive({}), "damaged"),
        (workbook(HEADER)[:-50], "damaged"),
        (b"PK\x03\x04 word/document.xml", "wrong_type"),
    ],
)
def test_archive_that_is_no_workbook_to_open_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        read_invoices(data)

    assert refused.value.code == code


def test_workbook_without_a_table_is_refused() -> None:
    with pytest.raises(UploadRefused) as refused:
        read_invoices(workbook())

    assert refused.value.code == "no_header"


@needs_corpora
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("02_sharedstrings_lol.xlsx", "xml_dtd_forbidden"),
        ("04_10k_entries.xlsx", "zip_too_many_entries"),
        ("10_macro.xlsm", "wrong_type"),
        ("06_nested_zip.xlsx", ""),
        ("12_external_rel.xlsx", ""),
    ],
)
def test_hostile_workbook_is_refused_or_harmless(name: str, code: str) -> None:
    data = (CORPORA / "bad" / "statement" / "xlsx" / name).read_bytes()

    if not code:
        assert len(read_xlsx(data, recognises=lambda cell: cell == "Date").rows) == 1
        return
    with pytest.raises(UploadRefused) as refused:
        read_invoices(data)
    assert refused.value.code == code

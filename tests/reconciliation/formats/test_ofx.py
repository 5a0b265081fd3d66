import csv
import json
import time
import unicodedata
from contextlib import suppress
from datetime import date
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.refusals import UploadRefused
from common.uploads import run_limited
from reconciliation import formats
from reconciliation.formats.base import AccountStatement, Line
from tests.corpora import CORPORA, SAMPLES, needs_corpora

HEADER = "OFXHEADER:100 DATA:OFXSGML VERSION:102 ENCODING:USASCII CHARSET:1252 "


def file(movements: str, *, before: str = "", currency: str = "<CURDEF>EUR") -> bytes:
    text = (
        f"{HEADER}<OFX>{before}<BANKMSGSRSV1><STMTTRNRS><STMTRS>{currency}<BANKACCTFROM>"
        f"<BANKID>30006<ACCTID>1234</BANKACCTFROM><BANKTRANLIST>{movements}</BANKTRANLIST>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    return text.encode("cp1252")


def movement(**values: str) -> str:
    tags = {"DTPOSTED": "20260302", "TRNAMT": "1.00", "NAME": "ACME", **values}
    return "<STMTTRN>" + "".join(f"<{tag}>{value}" for tag, value in tags.items()) + "</STMTTRN>"


def statement(data: bytes) -> AccountStatement:
    (read,) = formats.read(data).statements
    return read


def one(**values: str) -> Line:
    (line,) = statement(file(movement(**values))).lines
    return line


def test_french_file_of_two_accounts_is_read() -> None:
    bank, card = formats.read((SAMPLES / "two_accounts.ofx").read_bytes()).statements

    assert bank.account.iban == "FR1420041010050500013M02606"
    assert (bank.opening_minor, bank.closing_minor) == (None, 220_050)
    assert (bank.from_on, bank.to_on) == (date(2026, 3, 1), date(2026, 3, 5))
    assert bank.closing_on == date(2026, 3, 5)
    transfer, cheque = bank.lines
    assert (transfer.booked_on, transfer.value_on) == (date(2026, 3, 2), date(2026, 3, 3))
    assert (transfer.amount_minor, transfer.reference) == (120_000, "A1")
    assert transfer.label == "VIR SEPA SOCIÉTÉ DU GRAND CHÊNE R&D FACT F-2026-0001"
    assert (cheque.amount_minor, cheque.reference, cheque.check_number) == (-4_510, "", "0000123")
    assert [(refused.row, refused.code) for refused in bank.refused] == [
        (3, "bad_date"),
        (4, "missing_amount"),
    ]
    assert (card.account.number, card.account.iban, card.closing_minor) == ("XXXX1234", "", None)
    assert [(line.row, line.label, line.amount_minor) for line in card.lines] == [
        (5, "PAPETERIE", -1_230)
    ]


def test_second_version_is_read() -> None:
    read = statement((SAMPLES / "version_2.ofx").read_bytes())

    assert read.account.iban == "FR1420041010050500013M02606"
    first, second = read.lines
    assert first.label == "Café & Thé Règlement <F-12>"
    assert (second.name, second.currency, second.amount_minor) == ("Payeur seul", "USD", 150)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
@pytest.mark.parametrize("lines", [True, False])
def test_file_says_the_same_in_every_dress(encoding: str, lines: bool) -> None:  # noqa: FBT001
    text = (SAMPLES / "two_accounts.ofx").read_bytes().decode("cp1252")
    dressed = text if lines else text.replace("\r\n", " ")

    assert formats.read(dressed.encode(encoding)) == formats.read(text.encode("cp1252"))


def test_closing_tags_are_not_needed() -> None:
    text = (SAMPLES / "two_accounts.ofx").read_bytes().decode("cp1252")
    bare = text
    for tag in ("STMTTRN", "BANKTRANLIST", "STMTRS", "STMTTRNRS", "STATUS", "LEDGERBAL"):
        bare = bare.replace(f"</{tag}>", "")

    assert formats.read(bare.encode("cp1252")) == formats.read(text.encode("cp1252"))


@pytest.mark.parametrize(
    ("written", "minor"),
    [("120,00", 12_000), ("1.234,56", 123_456), ("1 234.5", 123_450), ("+ 3.2", 320),
     ("-.5", -50), ("12.0000", 1_200), ("0", 0)],
)  # fmt: skip
def test_amount_is_read(written: str, minor: int) -> None:
    assert one(TRNAMT=written).amount_minor == minor


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"TRNAMT": ""}, "missing_amount"),
        ({"TRNAMT": "1e5"}, "bad_amount"),
        ({"TRNAMT": "1.005"}, "too_many_decimals"),
        ({"TRNAMT": "9" * 18}, "amount_out_of_range"),
        ({"FITID": "x" * 251}, "too_long"),
        ({"MEMO": "x" * 2001}, "too_long"),
        ({"DTPOSTED": ""}, "missing_date"),
        ({"DTPOSTED": "00000000"}, "bad_date"),
        ({"DTPOSTED": "99991231"}, "date_out_of_range"),
    ],
)
def test_line_that_cannot_be_read_is_refused_alone(values: dict[str, str], code: str) -> None:
    read = statement(file(movement() + movement(**values) + movement()))

    assert [line.row for line in read.lines] == [1, 3]
    assert [(refused.row, refused.code) for refused in read.refused] == [(2, code)]


@pytest.mark.parametrize("written", ["20260302", "20260302235959[-5:EST]", "2026-03-02T23:59:59"])
def test_day_is_the_banks_own(written: str) -> None:
    assert one(DTPOSTED=written).booked_on == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"<html>Session expired</html>", "not_a_statement"),
        (b"a;b;c", "not_a_statement"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "x">]><OFX>&e;</OFX>', "xml_dtd_forbidden"),
        (file(movement())[:-20], "truncated"),
        (file(movement(), currency=""), "missing_currency"),
        (b"<OFX></OFX>", "no_statement"),
        (file("", before="<SONRS><STATUS><CODE>15500<SEVERITY>INFO</STATUS>"), "bank_error"),
        (file("", before="<SONRS><STATUS><CODE>1<SEVERITY>ERROR</STATUS>"), "bank_error"),
        (b'<?xml version="1.0" encoding="UTF-7"?><OFX></OFX>', "encoding"),
    ],
)
def test_file_that_cannot_be_trusted_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        formats.read(data)

    assert refused.value.code == code


def test_format_can_be_named() -> None:
    assert formats.read(file(movement()), "ofx").format == "ofx"
    with pytest.raises(UploadRefused) as refused:
        formats.read(file(movement()), "fax")
    assert refused.value.code == "unknown_format"


words = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Mn", "Cn", "Co"]
    ),
    min_size=1,
    max_size=20,
)
movements = st.tuples(
    st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(-(10**13), 10**13), words
)


@settings(deadline=None)
@given(st.lists(movements, max_size=8))
def test_every_statement_survives_being_written(lines: list[tuple[date, int, str]]) -> None:
    text = "".join(
        movement(
            DTPOSTED=f"{day:%Y%m%d}",
            TRNAMT=f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}",
            FITID=f"F{index}",
            NAME=escape(word),
        )
        for index, (day, minor, word) in enumerate(lines)
    )

    read = statement(file("MOVEMENTS").decode().replace("MOVEMENTS", text).encode())

    composed = [(line.booked_on, line.amount_minor, line.name) for line in read.lines]
    assert composed == [
        (day, minor, unicodedata.normalize("NFC", word)) for day, minor, word in lines
    ]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_do_anything_but_refuse(noise: bytes) -> None:
    good = file(movement())
    inside = good[:250] + noise + good[250:]
    for data in (noise, b"OFXHEADER:100<OFX>" + noise + b"</OFX>", inside):
        with suppress(UploadRefused):
            formats.read(data)


def test_long_file_is_read_quickly() -> None:
    data = file(movement(FITID="A1", MEMO="ACME FACTURE F-2026-0001 ET AUTRES") * 10_000)
    started = time.perf_counter()

    read = statement(data)

    assert len(read.lines) == 10_000
    assert time.perf_counter() - started < 1  # 0.2 s alone on the machine


@needs_corpora
@pytest.mark.parametrize("bank", [0, 1, 2])
def test_generated_statement_is_read_whole(bank: int) -> None:
    book = CORPORA / "cash_20k_5k"
    known = json.loads((book / "meta.json").read_text())["accounts"][bank]
    (path,) = book.glob(f"*_{known['bank']}.ofx")

    (read,) = run_limited(formats.read, path.read_bytes()).statements

    assert (read.account.iban, len(read.lines)) == (known["iban"], known["lines"])
    total = sum(line.amount_minor for line in read.lines)
    assert total == round(float(known["sum"]) * 100)
    with (book / "transactions.csv").open() as written:
        labels = {" ".join(row["label_140"].split()) for row in csv.DictReader(written)}
    assert {line.label for line in read.lines} <= labels


@needs_corpora
def test_samples_of_real_banks_are_read_as_others_read_them() -> None:
    samples = CORPORA / "statements"
    with (samples / "consensus.tsv").open() as written:
        agreed = {row["file"]: row for row in csv.DictReader(written, delimiter="\t")}
    wrong = [
        name
        for name, row in agreed.items()
        if name.startswith("ofx/") and not _agrees(samples / name, row)
    ]

    assert wrong == []


def _agrees(path: Path, row: dict[str, str]) -> bool:
    try:
        statements = formats.read(path.read_bytes()).statements
    except UploadRefused as refusal:
        # Securities accounts, and files whose currency or end is missing
        return refusal.code in ("no_statement", "missing_currency", "truncated", "bank_error") or (
            refusal.code == "not_a_statement" and row["count"] == "0"
        )
    amounts = [line.amount_minor for statement in statements for line in statement.lines]
    return len(amounts) == int(row["count"]) and sum(amounts) == round(float(row["sum"]) * 100)

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from functools import partial

import pytest

from common import uploads
from common.plain import NotPlain, from_plain, to_plain
from common.refusals import Refused, UploadRefused
from common.uploads import check, decode, run_limited
from tests.corpora import ROOT


@dataclass(frozen=True, slots=True)
class Answer:
    day: date | None
    parts: tuple[tuple[int, str], ...]
    named: dict[str, int]


# Readers for the limited process


def read_well(data: bytes, *, day: date | None = None) -> Answer:
    return Answer(day, ((len(data), "é"),), {"a": 1})


def read_environment(data: bytes) -> list[str]:
    return sorted(os.environ)


def refuse(data: bytes) -> int:
    raise UploadRefused("bad_mapping", value="x")


def loop(data: bytes) -> int:
    while True:
        pass


def wait(data: bytes) -> int:
    time.sleep(60)
    return 0


def eat(data: bytes) -> int:
    return len(bytearray(2**30))


def fail(data: bytes) -> int:
    return int("secret")


def die(data: bytes) -> int:
    os.abort()


def lie(data: bytes) -> int:
    return "text"  # type: ignore[return-value]


def test_limited_reader_gives_its_typed_result() -> None:
    result = run_limited(partial(read_well, day=date(2026, 1, 2)), b"abc")

    assert result == Answer(date(2026, 1, 2), ((3, "é"),), {"a": 1})


def test_limited_reader_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")

    assert "SECRET_KEY" not in run_limited(read_environment, b"")


def test_refusal_of_a_limited_reader_keeps_its_code_and_sentence() -> None:
    with pytest.raises(UploadRefused, match="The mapping is not understood: “x”") as refused:
        run_limited(refuse, b"")

    assert (refused.value.code, refused.value.facts) == ("bad_mapping", {"value": "x"})


@pytest.mark.parametrize("reader", [loop, wait, eat, fail, die, lie])
def test_reader_past_its_limits_is_a_refusal(reader: object) -> None:
    started = time.monotonic()

    with pytest.raises(UploadRefused) as refused:
        run_limited(reader, b"", seconds=1)  # type: ignore[arg-type]

    assert refused.value.code == "parser_died"
    assert time.monotonic() - started < 10


def test_readers_know_no_framework() -> None:
    program = (
        "import sys, common.uploads, common.limited, common.workbooks, reconciliation.formats,"
        " invoices.sources.spreadsheet; sys.exit('django' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_rows_survive_the_way_through_plain_values() -> None:
    row = Refused(3, "bad_date", {"value": "x"})

    assert from_plain(list[Refused], to_plain([row])) == [row]


def test_answer_of_another_shape_is_not_believed() -> None:
    for lie in ([[1, "x", 5]], [["1", "bad_date", {}]], {"a": 1}, [[1, "bad_date"]]):
        with pytest.raises(NotPlain):
            from_plain(list[Refused], lie)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"a;b\n1;2\n", "text"),
        ("é;b\n".encode("utf-16"), "text"),
        ("a;b\n1;2\n".encode("utf-16-le"), "text"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"%PDF-1.7", "pdf"),
        (b"  <!DOCTYPE HTML><html>", "html"),
        (b"<?xml version='1.0'?><Document/>", "xml"),
        (b"OFXHEADER:100\n<OFX>", "ofx"),
        (b"<?xml version='1.0'?><?OFX OFXHEADER=\"200\"?><OFX>", "ofx"),
        ("OFXHEADER:100\n<OFX>".encode("utf-16"), "ofx"),
        (b"PK\x03\x04 xl/workbook.xml", "xlsx"),
        (b"PK\x03\x04 xl/workbook.xml xl/vbaProject.bin", "xlsm"),
        (b"PK\x03\x04 word/document.xml", "zip"),
        (b"\x00\x01\x00\x02", "binary"),
        (b"\x00", "binary"),
    ],
)
def test_type_is_told_by_content(data: bytes, kind: str) -> None:
    assert uploads.recognise(data) == kind


def test_accepted_file_is_told_by_its_type() -> None:
    assert check(b"a;b\n", accepts=["text"], name="F.CSV") == "text"


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.csv", "empty_file"),
        (b" \r\n", "a.csv", "empty_file"),
        (b"x" * (20 * 2**20 + 1), "a.csv", "too_large"),
        (b"<html>", "a.csv", "wrong_type"),
        (b"PK\x03\x04 xl/workbook.xml", "a.csv", "wrong_type"),
        (b"a;b", "a.xlsx", "wrong_type"),
    ],
)
def test_file_that_is_not_what_is_read_is_refused(data: bytes, name: str, code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        check(data, accepts=["text", "xlsx"], name=name)

    assert refused.value.code == code


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le", "utf-16-be"]
)
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    text = "Numéro;Société Générale\r\n1;payé à temps, merci\r\n"

    assert decode(text.encode(encoding)).text == text


def test_declared_encoding_counts_where_utf8_fails() -> None:
    assert decode("1 €".encode("iso-8859-15"), declared="iso-8859-15").text == "1 €"


def test_text_is_composed() -> None:
    assert decode("Socie\u0301te\u0301".encode()).text == "Société"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a\nb\0c", "nul_byte"),
        (b"a\nb\x81", "encoding"),
        (b"a\n\xed\xa0\xbd", "encoding"),
        (b"\xef\xbb\xbfa\n\xff", "encoding"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_row(data: bytes, code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        decode(data)

    assert (refused.value.code, refused.value.row) == (code, 2)

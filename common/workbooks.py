"""A table out of an XLSX workbook. Pure: it follows no link and unpacks no archive inside.

The archive is looked over before it is opened: how many parts, how large, how dense, and no DTD.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook

from common.refusals import UploadRefused
from common.tables import Grid, Recognises, Row, arrange

MOST_PARTS = 1_000
MOST_MEGABYTES = 100
MOST_DENSE = 100  # times its packed size
_SMALL = 2**20  # bytes, below which density says nothing
_SHEETS = 20  # looked at for the one with the table

_DTD = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


def read_xlsx(data: bytes, *, recognises: Recognises) -> Grid:
    """Read the sheet that shows the most known headers.

    Raises:
        UploadRefused: the archive is not one to open, or the file as a whole can't be read.
    """
    check_archive(data)
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        sheets = [list(_rows(workbook, name)) for name in workbook.sheet_names[:_SHEETS]]
    except (CalamineError, ValueError, OSError):
        raise UploadRefused("damaged") from None
    best = max(sheets, key=lambda rows: _known(rows, recognises), default=[])
    if not best:
        raise UploadRefused("empty_file")
    return arrange(iter(best), recognises=recognises, encoding="xlsx", delimiter="")


def check_archive(data: bytes) -> None:
    """Refuse an archive that would cost too much to unpack, or whose XML declares entities.

    Raises:
        UploadRefused: damaged, zip_too_many_entries, zip_too_large, zip_unsafe_name,
            xml_dtd_forbidden.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_parts(archive.infolist())
            for part in archive.infolist():
                if part.filename.endswith((".xml", ".rels")) and _DTD.search(archive.read(part)):
                    raise UploadRefused("xml_dtd_forbidden")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        raise UploadRefused("damaged") from None


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise UploadRefused("zip_too_many_entries", limit=MOST_PARTS)
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    dense = unpacked > _SMALL and unpacked > packed * MOST_DENSE
    if dense or unpacked > MOST_MEGABYTES * 2**20:
        raise UploadRefused("zip_too_large", megabytes=MOST_MEGABYTES)
    for part in parts:
        name = part.filename
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise UploadRefused("zip_unsafe_name")


def _known(rows: list[Row], recognises: Recognises) -> int:
    return max((sum(map(recognises, cells)) for _, cells in rows[:30]), default=-1)


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    sheet = workbook.get_sheet_by_name(name)
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        row = [_text(cell) for cell in cells]
        if any(row):
            yield number, row


def _text(cell: object) -> str:
    """Return what a cell says, in the plain form: 1234.56, 2026-03-02."""
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).replace("\0", "")


def _number(cell: float) -> str:
    """Return a number with the 15 digits that a workbook keeps, and no doubt about its point."""
    number = Decimal(f"{cell:.15g}")
    if number == number.to_integral_value():
        return f"{number:.0f}"
    text = f"{number:f}"
    return text + "0" if len(text.partition(".")[2]) == _DOUBTFUL else text


_DOUBTFUL = 3  # decimals, which could be taken for thousands

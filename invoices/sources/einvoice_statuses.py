"""Statuses of electronic invoices out of a table. Pure: bytes in, typed rows out."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone

from common.refusals import BadCell
from invoices.sources import columns
from invoices.sources.columns import UNSAID, Choices
from invoices.sources.rows import StatusRow, StatusSheet
from invoices.sources.sheet import Row, Sheet, open_sheet

# As `invoices.models.EInvoiceCode` has them; a test compares the two.
CODES = frozenset(
    "200 201 202 203 204 205 206 207 208 209 210 211 212 213 "
    "220 221 224 225 226 227 228 501".split()
)
REASON_CODE = re.compile(r"^[A-Z0-9_]{1,40}$", re.ASCII)
_TIMED = re.compile(
    r"\S+?[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?",
    re.ASCII,
)


def read_statuses(data: bytes, chosen: Choices = UNSAID) -> StatusSheet:
    """Read a file of statuses.

    Raises:
        UploadRefused: the file as a whole can't be read, or leaves something to be asked.
    """
    sheet = open_sheet(
        data, known=columns.EINVOICE_STATUSES, chosen=chosen, dates=("at",), amounts=("amount",)
    )
    sheet.require("number", "code", "at")
    rows = tuple(_taken(sheet))
    return StatusSheet(sheet.table, rows, sheet.refusals(), tuple(sheet.warnings))


def _taken(sheet: Sheet) -> Iterator[StatusRow]:
    for number, cells in sheet.grid.rows:
        try:
            yield _status(Row(sheet, number, cells))
        except BadCell as bad:
            sheet.refused.append(bad.on(number))


def _status(row: Row) -> StatusRow:
    number = row.required("number", code="missing_number", limit=64)
    code = row.required("code", code="missing_einvoice_code")
    if code not in CODES:
        raise BadCell("unknown_einvoice_code", value=code)
    reason_code = row.text("reason_code", limit=40)
    if reason_code and not REASON_CODE.fullmatch(reason_code):
        raise BadCell("bad_reason_code", value=reason_code)
    currency = row.currency()
    amount = row.amount_or_none("amount", currency)
    return StatusRow(
        row=row.number,
        number=number,
        code=code,
        at=_moment(row),
        reason_code=reason_code,
        reason=row.text("reason"),
        amount_minor=amount,
        currency="" if amount is None else currency,
        event_id=row.text("event_id", limit=80),
    )


def _moment(row: Row) -> datetime:
    """Return when it was; a day alone is its first instant."""
    text = row.required("at", code="missing_date")
    day = row.sheet.day(text)
    found = _TIMED.fullmatch(text)
    if found is None:
        return datetime.combine(day, time.min)
    micro = int(f"{found['fraction'] or '':0<6}"[:6])
    try:
        of_day = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), micro)
        return datetime.combine(day, of_day, tzinfo=_zone(found))
    except ValueError:
        raise BadCell("bad_date", value=text) from None


def _zone(found: re.Match[str]) -> timezone | None:
    if not found["zone"]:
        return None
    if found["zone"] == "Z":
        return UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset)

"""Invoices, customers and past payments out of a table. Pure: bytes in, typed rows out.

A row that can't be taken in is refused by itself; a value that is only extra (an email, an IBAN)
is left out and said so; what would have to be guessed for the whole file is asked.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from common.refusals import BadCell
from common.tables import fold
from invoices.sources import columns, identifiers
from invoices.sources.columns import UNSAID, Choices, Vocabulary
from invoices.sources.rows import (
    CustomerRow,
    CustomerSheet,
    InvoiceRow,
    InvoiceSheet,
    Kind,
    PaymentRow,
    PaymentSheet,
    Raw,
    Status,
)
from invoices.sources.sheet import Row, Sheet, open_sheet
from invoices.sources.words import CREDIT, KINDS, NOT_ISSUED, OPEN, PAID, YES

Typed = TypeVar("Typed", InvoiceRow, CustomerRow, PaymentRow)
_PartyCells = tuple[
    str, str, str, str, str, str, str, str, str, tuple[str, ...], str, str
]  # as the fields of `Party`


# The three kinds of file


def read_invoices(data: bytes, chosen: Choices = UNSAID) -> InvoiceSheet:
    """Read a file of invoices and credit notes.

    Raises:
        UploadRefused: the file as a whole can't be read, or leaves something to be asked.
    """
    sheet = open_sheet(
        data,
        known=columns.INVOICES,
        chosen=chosen,
        dates=("issued_on", "due_on"),
        amounts=("total", "balance"),
    )
    sheet.require("number", "issued_on", "total")
    sheet.require_one_of("customer", "customer_code")
    rows = _once(sheet, _taken(sheet, _invoice), code="duplicate_number", key=_invoice_key)
    return InvoiceSheet(sheet.table, rows, sheet.refusals(), tuple(sheet.warnings))


def read_customers(data: bytes, chosen: Choices = UNSAID) -> CustomerSheet:
    """Read a file of customers.

    Raises:
        UploadRefused: the file as a whole can't be read, or leaves something to be asked.
    """
    sheet = open_sheet(data, known=columns.CUSTOMERS, chosen=chosen, dates=(), amounts=())
    sheet.require("customer")
    sheet.require_one_of("code", "siren")
    rows = _once(sheet, _taken(sheet, _customer), code="duplicate_code", key=_customer_key)
    return CustomerSheet(sheet.table, rows, sheet.refusals(), tuple(sheet.warnings))


def read_payments(data: bytes, chosen: Choices = UNSAID) -> PaymentSheet:
    """Read a file of what was paid in the past.

    Raises:
        UploadRefused: the file as a whole can't be read, or leaves something to be asked.
    """
    sheet = open_sheet(
        data, known=columns.PAYMENTS, chosen=chosen, dates=("paid_on",), amounts=("amount",)
    )
    sheet.require("paid_on", "amount")
    rows = tuple(_taken(sheet, _payment))
    return PaymentSheet(sheet.table, rows, sheet.refusals(), tuple(sheet.warnings))


def read_raw(data: bytes, *, wanted: frozenset[int], known: Vocabulary) -> Raw:
    """Read some rows of a file as they were written.

    Args:
        wanted: the numbers of the rows; one of another width than the header is not found.

    Raises:
        UploadRefused: the file as a whole can't be read.
    """
    sheet = open_sheet(data, known=known, chosen=UNSAID, dates=(), amounts=())
    rows = tuple((number, tuple(cells)) for number, cells in sheet.grid.rows if number in wanted)
    return Raw(sheet.grid.header, rows)


def _taken(sheet: Sheet, read: Callable[[Row], Typed]) -> Iterator[Typed]:
    """Yield the rows that can be taken in; the others are noted."""
    for number, cells in sheet.grid.rows:
        try:
            yield read(Row(sheet, number, cells))
        except BadCell as bad:
            sheet.refused.append(bad.on(number))


def _once(
    sheet: Sheet, rows: Iterator[Typed], *, code: str, key: Callable[[Typed], tuple[str, str]]
) -> tuple[Typed, ...]:
    """Keep the first row of each key, a namespace and a name, and refuse the others."""
    first: dict[tuple[str, str], int] = {}
    kept: list[Typed] = []
    for row in rows:
        if key(row) in first:
            bad = BadCell(code, value=key(row)[1], first=first[key(row)])
            sheet.refused.append(bad.on(row.row))
        else:
            first[key(row)] = row.row
            kept.append(row)
    return tuple(kept)


# Rows


def _party(row: Row) -> _PartyCells:
    return (
        row.optional("siren", identifiers.siren),
        row.optional("vat_number", identifiers.vat_number),
        row.emails(),
        row.text("phone", limit=24),
        row.optional("language", identifiers.language),
        row.text("address", limit=500),
        row.text("postcode", limit=16),
        row.text("city", limit=80),
        row.optional("country", identifiers.country),
        row.ibans(),
        row.text("segment", limit=40),
        row.text("external_id", limit=80),
    )


def _invoice(row: Row) -> InvoiceRow:
    number = row.required("number", code="missing_number", limit=64)
    name, code = row.text("customer"), row.text("customer_code", limit=40)
    if not name and not code:
        raise BadCell("missing_customer")
    currency = row.currency()
    signed = row.sheet.amount(row.required("total", code="missing_total"), currency)
    if not signed:
        raise BadCell("zero_total")
    kind: Kind = "credit_note" if signed < 0 else _kind(row)
    issued_on = row.sheet.day(row.required("issued_on", code="missing_issued_date"))
    status = _status(row)
    balance = _balance(row, status=status, kind=kind, total=abs(signed), currency=currency)
    return InvoiceRow(
        *_party(row),
        row=row.number,
        number=number,
        kind=kind,
        customer=name,
        customer_code=code,
        issued_on=issued_on,
        due_on=_due_on(row, kind=kind, balance=balance, issued_on=issued_on),
        currency=currency,
        total_minor=abs(signed),
        balance_minor=balance,
        status="paid" if balance == 0 else status,
        order_number=row.text("order_number", limit=64),
        total_excluding_tax_minor=_part(row, "total_excluding_tax", currency=currency),
        tax_minor=_part(row, "tax", currency=currency),
    )


def _invoice_key(row: InvoiceRow) -> tuple[str, str]:
    return ("credit_note" if row.kind == "credit_note" else "invoice"), row.number


def _kind(row: Row) -> Kind:
    written = row.text("kind")
    folded = fold(written)
    position = row.sheet.positions.get("kind")
    if position is not None and fold(row.sheet.grid.header[position]) in CREDIT:
        return "credit_note" if folded in YES or folded in CREDIT else "invoice"
    if folded not in KINDS:
        raise BadCell("unknown_kind", value=written)
    return KINDS[folded]


def _status(row: Row) -> Status:
    written = row.text("status")
    folded = fold(written)
    if folded in NOT_ISSUED:
        raise BadCell("not_issued", value=written)
    if folded in PAID:
        return "paid"
    if folded and folded not in OPEN:
        row.warn(BadCell("unknown_status", value=written))
    return "open" if folded in OPEN else ""


def _balance(row: Row, *, status: Status, kind: Kind, total: int, currency: str) -> int | None:
    balance = row.amount_or_none("balance", currency)
    written = row.text("balance")
    if status == "paid":
        if balance:
            row.warn(BadCell("paid_with_balance", value=written))
        return 0
    if balance is not None and kind == "credit_note":
        balance = abs(balance)
    if balance is not None and not 0 <= balance <= total:
        raise BadCell("balance_out_of_range", value=written)
    return balance


def _part(row: Row, name: str, *, currency: str) -> int | None:
    """Return a part of the total; the row can do without, since such columns often hold rates."""
    try:
        part = row.amount_or_none(name, currency)
    except BadCell as bad:
        row.warn(bad)
        return None
    return None if part is None else abs(part)


def _due_on(row: Row, *, kind: Kind, balance: int | None, issued_on: date) -> date | None:
    text = row.text("due_on")
    if text:
        return row.sheet.day(text)
    if kind == "credit_note":
        return None
    if balance != 0:
        raise BadCell("missing_due_date")
    return issued_on


def _customer(row: Row) -> CustomerRow:
    name = row.required("customer", code="missing_name")
    party = _party(row)
    code = row.text("code", limit=40)
    if not code and not party[0]:
        raise BadCell("missing_code")
    return CustomerRow(
        *party,
        row=row.number,
        code=code,
        other_code=row.text("other_code", limit=40),
        name=name,
        trading_name=row.text("trading_name"),
        contact=row.text("contact", limit=120),
        group_code=row.text("group_code", limit=40),
    )


def _customer_key(row: CustomerRow) -> tuple[str, str]:
    return ("code", row.code) if row.code else ("siren", row.siren)


def _payment(row: Row) -> PaymentRow:
    currency = row.currency()
    numbers = row.text("invoice_number", limit=2000)
    ibans = row.ibans("payer_iban")
    return PaymentRow(
        row=row.number,
        paid_on=row.sheet.day(row.required("paid_on", code="missing_date")),
        amount_minor=row.sheet.amount(row.required("amount", code="missing_amount"), currency),
        currency=currency,
        label=row.text("label", limit=2000),
        payer_name=row.text("payer_name"),
        payer_iban=ibans[0] if ibans else "",
        customer_code=row.text("customer_code", limit=40),
        invoice_numbers=tuple(part.strip() for part in re.split(r"[|;,]", numbers) if part.strip()),
        external_id=row.text("external_id", limit=80),
    )

"""What a file of invoices, customers, past payments or statuses says, row by row. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from common.refusals import Refused
from invoices.sources.columns import Table

Kind = Literal["invoice", "credit_note", "deposit"]
Status = Literal["open", "paid", ""]


@dataclass(frozen=True, slots=True)
class Party:
    """What a row may say of a customer, beside the name and the code."""

    siren: str
    vat_number: str
    email: str
    phone: str
    language: str
    address: str
    postcode: str
    city: str
    country: str
    ibans: tuple[str, ...]
    segment: str
    external_id: str


@dataclass(frozen=True, slots=True)
class InvoiceRow(Party):
    row: int
    number: str
    kind: Kind
    customer: str
    customer_code: str
    issued_on: date
    due_on: date | None  # None for a credit note that names none
    currency: str
    total_minor: int  # positive, of a credit note too
    balance_minor: int | None  # None when the file does not say; never above the total
    status: Status
    order_number: str
    total_excluding_tax_minor: int | None
    tax_minor: int | None


@dataclass(frozen=True, slots=True)
class CustomerRow(Party):
    row: int
    code: str
    other_code: str  # a second name for the customer in the books, not always unique
    name: str
    trading_name: str
    contact: str
    group_code: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    row: int
    paid_on: date
    amount_minor: int  # as written: a refund is negative
    currency: str
    label: str
    payer_name: str
    payer_iban: str
    customer_code: str
    invoice_numbers: tuple[str, ...]
    external_id: str


@dataclass(frozen=True, slots=True)
class StatusRow:
    row: int
    number: str
    code: str
    at: datetime  # without a zone where the file names none: then the organization's
    reason_code: str
    reason: str
    amount_minor: int | None
    currency: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A table as it was written: its header, and rows with their numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    table: Table
    rows: tuple[InvoiceRow, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class CustomerSheet:
    table: Table
    rows: tuple[CustomerRow, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class PaymentSheet:
    table: Table
    rows: tuple[PaymentRow, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class StatusSheet:
    table: Table
    rows: tuple[StatusRow, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[Refused, ...]

"""Why a file, or a row of it, is refused: stable codes, and one sentence for each.

Pure, so that a reader in a limited process can say it; the doors translate the sentence:
`gettext(SENTENCES[code]) % facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.errors import DomainError


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation and leave it as it is."""
    return sentence


_ = gettext_noop

SENTENCES: Mapping[str, str] = {
    # The file
    "too_large": _("The file is larger than %(megabytes)s MB."),
    "empty_file": _("The file is empty."),
    "wrong_type": _("The content of the file is of the type “%(found)s”, which is not read here."),
    "not_a_statement": _("The file is not a bank statement: its content is “%(found)s”."),
    "not_a_pdf": _("The file is not a PDF that opens."),
    "nul_byte": _("Row %(row)s holds a NUL byte: the file is damaged or is not text."),
    "encoding": _("Row %(row)s holds bytes that are not text: save the file again as UTF-8."),
    "parser_died": _("The file could not be read within the limits of time and memory."),
    "damaged": _("The file is damaged: save it again, or save it as CSV."),
    "zip_too_many_entries": _("The archive holds more than %(limit)s parts."),
    "zip_too_large": _("The archive would unpack to more than %(megabytes)s MB."),
    "zip_unsafe_name": _("The archive holds a part with an unsafe name."),
    "xml_dtd_forbidden": _("The file declares a DTD or an entity, which is never read."),
    # A table
    "unclosed_quote": _("The quotation mark opened on row %(row)s is not closed."),
    "duplicate_header": _("Two columns have the same header: “%(header)s”."),
    "no_header": _("No row of the file looks like a header."),
    "too_many_rows": _("The file has more than %(limit)s rows."),
    "too_many_columns": _("The file has more than %(limit)s columns."),
    "missing_column": _("No column was recognised as “%(column)s”: name it in the mapping."),
    "bad_mapping": _("The mapping is not understood: “%(value)s”."),
    "unknown_header": _("The mapping names a column that the file does not have: “%(value)s”."),
    "unknown_column": _("The mapping names something that is not imported: “%(value)s”."),
    "ambiguous_date": _("“%(value)s” may start with the day or the month: say which it is."),
    "ambiguous_amount": _(
        "“%(value)s” may be read with a decimal or a thousands separator: say which it is."
    ),
    "inconsistent_decimal_separator": _(
        "“%(value)s” on row %(row)s uses another decimal separator than the rows before."
    ),
    # A row
    "row_shape": _("The row has %(found)s cells, the header has %(expected)s."),
    "bad_amount": _("“%(value)s” is not an amount."),
    "too_many_decimals": _("“%(value)s” has more decimals than its currency."),
    "amount_out_of_range": _("“%(value)s” is too large to be an amount."),
    "bad_date": _("“%(value)s” is not a date."),
    "date_out_of_range": _("“%(value)s” is not between 1990 and 2100."),
    "unknown_currency": _("“%(value)s” is not a currency."),
    "missing_number": _("The row has no invoice number."),
    "missing_customer": _("The row names no customer."),
    "missing_issued_date": _("The row has no issue date."),
    "missing_due_date": _("The row has no due date."),
    "missing_total": _("The row has no total."),
    "missing_date": _("The row has no date."),
    "missing_amount": _("The row has no amount."),
    "missing_name": _("The row has no name."),
    "missing_code": _("The row has neither a code nor a SIREN."),
    "unknown_kind": _("“%(value)s” is not a kind of invoice."),
    "not_issued": _("The invoice is “%(value)s”: it is not owed."),
    "zero_total": _("The total is zero."),
    "balance_out_of_range": _("The balance “%(value)s” is not between zero and the total."),
    "duplicate_number": _("The number “%(value)s” is already on row %(first)s."),
    "duplicate_code": _("The code “%(value)s” is already on row %(first)s."),
    "too_long": _("“%(value)s…” is longer than %(limit)s characters."),
    "missing_einvoice_code": _("The row has no status."),
    "unknown_einvoice_code": _("“%(value)s” is no status of an electronic invoice: 200 to 501."),
    "bad_reason_code": _("“%(value)s” is no reason code: capitals, digits and underscores."),
    "unknown_invoice": _("No invoice has the number “%(value)s”."),
    # A value left out, its row kept
    "bad_email": _("“%(value)s” is not an email address; it was left out."),
    "bad_siren": _("“%(value)s” is not a SIREN or SIRET; it was left out."),
    "bad_iban": _("“%(value)s” is not an IBAN; it was left out."),
    "bad_vat_number": _("“%(value)s” is not a VAT number; it was left out."),
    "bad_country": _("“%(value)s” is not a known country; it was left out."),
    "bad_language": _("“%(value)s” is not a known language; it was left out."),
    "unknown_status": _("The status “%(value)s” is not known; the balance decides."),
    "more_emails": _("Only the first of the addresses “%(value)s” was kept."),
    "paid_with_balance": _("The row is paid, so its balance “%(value)s” was read as zero."),
    # A bank statement
    "missing_currency": _("The statement does not say its currency."),
    "no_statement": _("The file holds no account statement."),
    "bank_error": _("The bank answered with the error %(value)s instead of a statement."),
    "truncated": _("The file stops before its end: download it again."),
    "unknown_format": _("The format “%(value)s” is not known."),
}

Fact = str | int


class UploadRefused(DomainError):
    """A file is not taken in at all."""

    def __init__(self, code: str, **facts: Fact) -> None:
        super().__init__(SENTENCES[code] % facts, **facts)
        self.code = code

    @property
    def row(self) -> int | None:
        """Return the row, counted from 1 as an editor does, if the reason has one."""
        row = self.facts.get("row")
        return row if isinstance(row, int) else None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't be taken in, or a value of it that was left out."""

    row: int
    code: str
    params: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return SENTENCES[self.code] % self.params


class BadCell(Exception):
    """A written value that can't be read; whoever knows its row makes it a `Refused`."""

    def __init__(self, code: str, **params: Fact) -> None:
        super().__init__(code)
        self.code = code
        self.params = {key: shown(value) for key, value in params.items()}

    def on(self, row: int) -> Refused:
        return Refused(row, self.code, self.params)


def shown(value: Fact) -> Fact:
    """Return a value short enough, and on one line, to be shown in a sentence."""
    return " ".join(value.split())[:60] if isinstance(value, str) else value

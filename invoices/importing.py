"""Take in files of invoices and customers: the same file twice changes nothing.

The number is an invoice's key. What was recorded is not changed by a file, but for what is left
to pay; a row that says otherwise is refused, and the rest of the file goes in.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial

from django.utils.translation import gettext as _

from common import sentences, uploads
from common.locks import one_at_a_time
from common.money import Money
from common.refusals import Refused
from invoices import numbering, recording, settlement
from invoices.directory import Directory, UnknownCustomer
from invoices.models import CreditNote, Customer, ImportedFile, Instalment, Invoice
from invoices.sources import spreadsheet
from invoices.sources.columns import UNSAID, Choices
from invoices.sources.rows import InvoiceRow
from organizations import files, timeline
from organizations.models import Organization

TYPES = ("text", "xlsx")
SECONDS, MEGABYTES = 30, 1024
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken in, and why."""

    file: str
    row: int
    code: str
    message: str


@dataclass(slots=True)
class Report:
    """What came of one file; `imported_id` names it in the history of imports."""

    file: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    customers_created: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Rejected] = field(default_factory=list)
    imported_id: int | None = None

    def reject(self, row: int, code: str, message: str) -> None:
        self.rejected.append(Rejected(self.file, row, code, message))

    def document(self) -> dict[str, object]:
        """Return the report as programs and the history of imports have it."""
        document = asdict(self)
        del document["imported_id"]
        return document


def import_invoices(
    organization: Organization,
    name: str,
    content: bytes,
    *,
    mapping: Choices = UNSAID,
    on: date,
    at: datetime,
) -> Report:
    """Take in a file of invoices, deposits and credit notes.

    Args:
        mapping: what a person says about the columns.
        on: today, in the organization's zone: the day the invoices enter Encours.

    Raises:
        UploadRefused: the file as a whole can't be read; nothing is taken in.
    """
    uploads.check(content, accepts=TYPES, name=name)
    sheet = uploads.run_limited(
        partial(spreadsheet.read_invoices, chosen=mapping),
        content,
        seconds=SECONDS,
        megabytes=MEGABYTES,
    )
    one_at_a_time("import")
    report = begin(name, sheet.refused, sheet.warnings)
    directory = Directory(organization, at=at)
    rows = _with_customers(sheet.rows, directory, report)
    directory.save()
    report.customers_created = len(directory.created)
    _Invoices(organization, report, on=on, at=at).take_in(
        [(row, customer) for row, customer in rows if row.kind != "credit_note"]
    )
    _CreditNotes(organization, report, at=at).take_in(
        [(row, customer) for row, customer in rows if row.kind == "credit_note"]
    )
    finish(report, content, kind=ImportedFile.Kind.INVOICES, at=at)
    return report


def import_customers(
    organization: Organization,
    name: str,
    content: bytes,
    *,
    mapping: Choices = UNSAID,
    at: datetime,
) -> Report:
    """Take in a file of customers: new ones are made, known ones brought to what it says.

    Raises:
        UploadRefused: the file as a whole can't be read; nothing is taken in.
    """
    uploads.check(content, accepts=TYPES, name=name)
    sheet = uploads.run_limited(
        partial(spreadsheet.read_customers, chosen=mapping),
        content,
        seconds=SECONDS,
        megabytes=MEGABYTES,
    )
    one_at_a_time("import")
    report = begin(name, sheet.refused, sheet.warnings)
    directory = Directory(organization, at=at)
    known = 0
    for row in sheet.rows:
        _customer, is_new = directory.of_customer(row)
        known += not is_new
    directory.save()
    report.created = report.customers_created = len(directory.created)
    report.updated = len(directory.changed)
    report.unchanged = known - report.updated
    finish(report, content, kind=ImportedFile.Kind.CUSTOMERS, at=at)
    return report


def begin(name: str, refused: Sequence[Refused], warnings: Sequence[Refused]) -> Report:
    """Return the report of a file, with the rows that its reader refused."""
    report = Report(name)
    for bad in refused:
        report.reject(bad.row, bad.code, sentences.of_row(bad))
    report.warnings = [Rejected(name, bad.row, bad.code, sentences.of_row(bad)) for bad in warnings]
    return report


def finish(report: Report, content: bytes, *, kind: ImportedFile.Kind, at: datetime) -> None:
    """Keep a file with what came of it, and note it in the timeline."""
    report.rejected.sort(key=lambda refused: refused.row)
    kept = files.keep(report.file, content, at=at)
    imported = ImportedFile.objects.create(
        organization_id=kept.organization_id,
        file=kept,
        kind=kind,
        actor=timeline.actor(),
        imported_at=at,
        report=report.document(),
    )
    report.imported_id = imported.pk
    timeline.record(
        "invoices.file_imported",
        about={"import": imported.pk},
        data={
            "kind": str(kind),
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "rejected": len(report.rejected),
        },
        at=at,
    )


def _with_customers(
    rows: Sequence[InvoiceRow], directory: Directory, report: Report
) -> list[tuple[InvoiceRow, Customer]]:
    found = []
    for row in rows:
        try:
            found.append((row, directory.of_invoice(row)))
        except UnknownCustomer as refusal:
            message = _("There is no customer with the code %(code)s.") % {
                "code": row.customer_code
            }
            report.reject(row.row, refusal.code, message)
    return found


Rows = Sequence[tuple[InvoiceRow, Customer]]


class _Invoices:
    """Bring an organization's invoices to what rows say, in bulk."""

    def __init__(
        self, organization: Organization, report: Report, *, on: date, at: datetime
    ) -> None:
        self.organization, self.report, self.on, self.at = organization, report, on, at

    def take_in(self, rows: Rows) -> None:
        numbers = [row.number for row, _customer in rows]
        known = self._known(numbers)
        new: Rows = [pair for pair in rows if pair[0].number not in known]
        self._create(new)
        settled: list[settlement.Part] = []
        changed: list[Invoice] = []
        for row, customer in rows:
            invoice = known.get(row.number)
            if invoice is None:
                continue
            if refusal := _differs(invoice, row, customer):
                self.report.reject(row.row, "invoice_is_immutable", refusal)
                continue
            part = _settled_elsewhere(invoice, row)
            if part is not None:
                settled.append((invoice, part))
            if part is not None or _bring(invoice, row):
                changed.append(invoice)
            else:
                self.report.unchanged += 1
        self._update(changed, settled)

    def _known(self, numbers: Sequence[str]) -> dict[str, Invoice]:
        found: dict[str, Invoice] = {}
        for start in range(0, len(numbers), BATCH):
            some = numbers[start : start + BATCH]
            for invoice in self.organization.invoices.filter(number__in=some).locked():
                found[invoice.number] = invoice
        return found

    def _create(self, rows: Rows) -> None:
        made = [self._invoice(row, customer) for row, customer in rows]
        Invoice.objects.bulk_create(made, batch_size=BATCH)
        Instalment.objects.bulk_create(
            (
                Instalment(
                    organization=self.organization,
                    invoice=invoice,
                    customer_id=invoice.customer_id,
                    due_on=row.due_on or row.issued_on,
                    currency=invoice.currency,
                    amount_minor=invoice.total_minor,
                    settled_minor=invoice.settled_minor,
                )
                for invoice, (row, _customer) in zip(made, rows, strict=True)
            ),
            batch_size=BATCH,
        )
        for invoice in made:
            recording.remember(invoice, at=self.at)
        self.report.created += len(made)

    def _invoice(self, row: InvoiceRow, customer: Customer) -> Invoice:
        settled = _settled(row)
        return Invoice(
            organization=self.organization,
            customer=customer,
            number=row.number,
            number_norm=numbering.normalised(row.number),
            kind=row.kind,
            issued_on=row.issued_on,
            currency=row.currency,
            total_minor=row.total_minor,
            settled_minor=settled,
            settled_elsewhere_minor=settled,
            imported_settled_minor=settled,
            order_number=row.order_number,
            external_id=row.external_id,
            recorded_on=self.on,
            created_at=self.at,
        )

    def _update(self, changed: Sequence[Invoice], settled: Sequence[settlement.Part]) -> None:
        settlement.settle_all(settled, on=self.on)
        Invoice.objects.bulk_update(
            changed,
            ["settled_elsewhere_minor", "imported_settled_minor", "order_number", "external_id"],
            batch_size=BATCH,
        )
        for invoice, part in settled:
            timeline.record(
                "invoices.invoice_settled_elsewhere",
                about={"customer": invoice.customer_id, "invoice": invoice.pk},
                data={"minor": part.minor, "currency": part.currency},
                at=self.at,
            )
        self.report.updated += len(changed)


class _CreditNotes:
    """Bring an organization's credit notes to what rows say, in bulk."""

    def __init__(self, organization: Organization, report: Report, *, at: datetime) -> None:
        self.organization, self.report, self.at = organization, report, at

    def take_in(self, rows: Rows) -> None:
        known = {note.number: note for note in self.organization.credit_notes.locked()}
        made, changed = [], []
        for row, customer in rows:
            note = known.get(row.number)
            if note is None:
                made.append(self._credit_note(row, customer))
            elif refusal := _differs(note, row, customer):
                self.report.reject(row.row, "credit_note_is_immutable", refusal)
            elif self._bring(note, row):
                changed.append(note)
            else:
                self.report.unchanged += 1
        CreditNote.objects.bulk_create(made, batch_size=BATCH)
        CreditNote.objects.bulk_update(
            changed, ["applied_minor", "applied_elsewhere_minor"], batch_size=BATCH
        )
        for note in made:
            recording.remember(note, at=self.at)
        self.report.created += len(made)
        self.report.updated += len(changed)

    def _credit_note(self, row: InvoiceRow, customer: Customer) -> CreditNote:
        applied = _settled(row)
        return CreditNote(
            organization=self.organization,
            customer=customer,
            number=row.number,
            issued_on=row.issued_on,
            currency=row.currency,
            total_minor=row.total_minor,
            applied_minor=applied,
            applied_elsewhere_minor=applied,
            external_id=row.external_id,
            created_at=self.at,
        )

    def _bring(self, note: CreditNote, row: InvoiceRow) -> bool:
        here = note.applied_minor - note.applied_elsewhere_minor
        elsewhere = max(0, _settled(row) - here)
        if elsewhere <= note.applied_elsewhere_minor:
            return False
        note.applied_minor, note.applied_elsewhere_minor = here + elsewhere, elsewhere
        return True


def _settled(row: InvoiceRow) -> int:
    """Return what the books say is settled, in minor units; nothing said is nothing settled."""
    return 0 if row.balance_minor is None else row.total_minor - row.balance_minor


def _differs(known: Invoice | CreditNote, row: InvoiceRow, customer: Customer) -> str:
    """Return why a row can't be what was recorded under its number; nothing when it can."""
    said = (row.total_minor, row.currency, row.issued_on, customer.pk)
    kept = (known.total_minor, known.currency, known.issued_on, known.customer_id)
    if said == kept:
        return ""
    return _(
        "%(number)s is recorded with another amount, date or customer: what was issued is "
        "corrected by a credit note, not by an import."
    ) % {"number": row.number}


def _settled_elsewhere(invoice: Invoice, row: InvoiceRow) -> Money | None:
    """Note what the books say now; return what is settled more, or less, by it.

    Only what changed since the last import counts: what was settled here meanwhile is not told
    to us a second time (docs/decisions/0007).
    """
    if row.balance_minor is None or _settled(row) == invoice.imported_settled_minor:
        return None
    here = invoice.settled_minor - invoice.settled_elsewhere_minor
    elsewhere = max(0, _settled(row) - here)
    part = Money(elsewhere - invoice.settled_elsewhere_minor, invoice.currency)
    invoice.settled_elsewhere_minor = elsewhere
    invoice.imported_settled_minor = _settled(row)
    return part


def _bring(invoice: Invoice, row: InvoiceRow) -> bool:
    """Note what a row adds to an invoice beside the money; return whether it adds anything."""
    changed = False
    for name in ("order_number", "external_id"):
        value = getattr(row, name)
        if value and value != getattr(invoice, name):
            setattr(invoice, name, value)
            changed = True
    return changed

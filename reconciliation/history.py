"""Take in what was paid before Encours kept the books, for the matching to learn from.

A row that comes again changes nothing. It is known by its id where the file has one, else by all
it says; rows that are alike even so are counted, so that real twins stay two.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from common import sentences, uploads
from common.refusals import UploadRefused
from common.tenancy import current
from invoices.models import Customer, ImportedFile, Invoice
from invoices.sources import spreadsheet
from invoices.sources.columns import UNSAID, Choices
from invoices.sources.rows import PaymentRow
from organizations import files, timeline
from organizations.models import Organization, StoredFile
from reconciliation.importing import Upload
from reconciliation.models import PastPayment

SECONDS, MEGABYTES = 30, 1024
LONGEST = 64  # characters of an invoice number
SAID = (
    "customer_id",
    "paid_on",
    "amount_minor",
    "currency",
    "label",
    "payer_name",
    "payer_iban",
    "invoice_numbers",
)


@dataclass(slots=True)
class Report:
    """What came of one file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return it as commands print it."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }


@dataclass(frozen=True, slots=True)
class _Payers:
    """Customers by what a row may name them with."""

    by_code: Mapping[str, int]
    by_invoice: Mapping[str, int]

    def of(self, row: PaymentRow) -> int | None:
        if row.customer_code:
            return self.by_code.get(row.customer_code)
        owners = {self.by_invoice.get(number) for number in row.invoice_numbers}
        return owners.pop() if len(owners) == 1 else None


def import_history(
    organization: Organization, upload: Upload, *, choices: Choices = UNSAID, at: datetime
) -> Report:
    """Take in one file of past payments; rows that can't be taken in are refused by themselves.

    Raises:
        UploadRefused: the file as a whole can't be read.
    """
    if len(upload.content) > uploads.LARGEST_FILE:
        raise UploadRefused("too_large", megabytes=uploads.LARGEST_FILE // 2**20)
    kept = files.keep(upload.name, upload.content, at=at)
    sheet = uploads.run_limited(
        spreadsheet.read_payments, upload.content, choices, seconds=SECONDS, megabytes=MEGABYTES
    )
    report = Report()
    for refused in sheet.refused:
        said = sentences.of_row(refused)
        report.rejected.append(_rejected(upload, refused.row, refused.code, said))
    rows = list(_understood(organization, sheet.rows, kept, upload, report))
    _write(rows, report)
    report.rejected.sort(key=lambda rejected: int(rejected["row"]))
    ImportedFile.objects.create(
        organization=organization,
        file=kept,
        kind=ImportedFile.Kind.PAYMENTS,
        actor=current().actor,
        imported_at=at,
        report=report.document(),
    )
    timeline.record(
        "reconciliation.history_imported",
        about={"file": kept.pk},
        data={"created": report.created, "updated": report.updated},
        at=at,
    )
    return report


def _understood(
    organization: Organization,
    rows: Sequence[PaymentRow],
    kept: StoredFile,
    upload: Upload,
    report: Report,
) -> Iterator[PastPayment]:
    """Yield the rows whose customer is known, each once; refuse the others."""
    payers = _payers(rows)
    seen: Counter[str] = Counter()
    for row in rows:
        customer_id = payers.of(row)
        if customer_id is None:
            sentence = _("The row names no customer that is known here.")
            report.rejected.append(_rejected(upload, row.row, "unknown_customer", sentence))
            continue
        named = _identity(row)
        seen[named] += 1
        if row.external_id and seen[named] > 1:
            sentence = _("Another row has the same id.")
            report.rejected.append(_rejected(upload, row.row, "duplicate_id", sentence))
            continue
        yield PastPayment(
            organization=organization,
            file=kept,
            customer_id=customer_id,
            identity=named if row.external_id else f"{named}:{seen[named]}",
            paid_on=row.paid_on,
            amount_minor=row.amount_minor,
            currency=row.currency,
            label=row.label,
            payer_name=row.payer_name,
            payer_iban=row.payer_iban,
            invoice_numbers=[one for one in row.invoice_numbers if len(one) <= LONGEST],
        )


def _payers(rows: Sequence[PaymentRow]) -> _Payers:
    codes = {row.customer_code for row in rows if row.customer_code}
    numbers = {number for row in rows if not row.customer_code for number in row.invoice_numbers}
    return _Payers(
        dict(Customer.objects.filter(code__in=codes).values_list("code", "pk")),
        dict(Invoice.objects.filter(number__in=numbers).values_list("number", "customer_id")),
    )


def _identity(row: PaymentRow) -> str:
    if row.external_id:
        return f"id:{row.external_id}"
    said = [
        row.paid_on.isoformat(),
        str(row.amount_minor),
        row.currency,
        row.label,
        row.payer_name,
        row.payer_iban,
        row.customer_code,
        *row.invoice_numbers,
    ]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _write(rows: Sequence[PastPayment], report: Report) -> None:
    """Write what is new and what changed."""
    known = _known(row.identity for row in rows)
    created = [row for row in rows if row.identity not in known]
    changed: list[PastPayment] = []
    for row in rows:
        before = known.get(row.identity)
        if before is None:
            continue
        if all(getattr(before, name) == getattr(row, name) for name in SAID):
            report.unchanged += 1
            continue
        row.pk = before.pk
        changed.append(row)
    PastPayment.objects.bulk_create(created, batch_size=2000)
    PastPayment.objects.bulk_update(changed, [*SAID, "file"], batch_size=500)
    report.created, report.updated = len(created), len(changed)


def _known(identities: Iterable[str]) -> dict[str, PastPayment]:
    found = PastPayment.objects.filter(identity__in=set(identities))
    return {row.identity: row for row in found}


def _rejected(upload: Upload, row: int, code: str, message: str) -> dict[str, Any]:
    return {"file": upload.name, "row": row, "code": code, "message": message}

"""Take in files of statuses of electronic invoices: the same file twice changes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from common import sentences, uploads
from common.locks import one_at_a_time
from common.money import Money
from common.refusals import BadCell
from common.working_days import WorkingDays
from dunning import einvoice
from invoices.importing import BATCH, MEGABYTES, SECONDS, TYPES, Report, begin, finish
from invoices.models import EInvoiceStatus, ImportedFile, Invoice
from invoices.sources.columns import UNSAID, Choices
from invoices.sources.einvoice_statuses import read_statuses
from invoices.sources.rows import StatusRow
from organizations.models import Organization


def import_statuses(
    organization: Organization,
    name: str,
    content: bytes,
    *,
    mapping: Choices = UNSAID,
    at: datetime,
    calendar: WorkingDays,
) -> Report:
    """Take in a file of statuses; a row that can't be taken in is refused by itself.

    Args:
        mapping: what a person says about the columns.

    Raises:
        UploadRefused: the file as a whole can't be read; nothing is taken in.
    """
    uploads.check(content, accepts=TYPES, name=name)
    sheet = uploads.run_limited(
        partial(read_statuses, chosen=mapping), content, seconds=SECONDS, megabytes=MEGABYTES
    )
    one_at_a_time("import")
    report = begin(name, sheet.refused, sheet.warnings)
    rows = list(_of_invoices(organization, sheet.rows, report))
    taken = einvoice.take_in(
        [said for _row, said in rows],
        source=EInvoiceStatus.Source.FILE,
        at=at,
        calendar=calendar,
    )
    for (row, _said), one in zip(rows, taken, strict=True):
        if one.refusal is not None:
            report.reject(row.row, one.refusal.code, str(one.refusal))
    report.created = sum(one.is_new for one in taken)
    report.unchanged = sum(one.status is not None and not one.is_new for one in taken)
    finish(report, content, kind=ImportedFile.Kind.EINVOICE_STATUSES, at=at)
    return report


def _of_invoices(
    organization: Organization, rows: Sequence[StatusRow], report: Report
) -> Iterator[tuple[StatusRow, einvoice.Said]]:
    """Yield the rows whose invoice is known; refuse the others."""
    invoices: dict[str, Invoice] = {}
    numbers = sorted({row.number for row in rows})
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        for invoice in organization.invoices.filter(number__in=some):
            invoices[invoice.number] = invoice
    for row in rows:
        found = invoices.get(row.number)
        if found is None:
            unknown = BadCell("unknown_invoice", value=row.number).on(row.row)
            report.reject(row.row, unknown.code, sentences.of_row(unknown))
            continue
        is_local = row.at.tzinfo is None
        yield (
            row,
            einvoice.Said(
                invoice=found,
                code=row.code,
                at=row.at.replace(tzinfo=organization.zone) if is_local else row.at,
                reason_code=row.reason_code,
                reason=row.reason,
                amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
                event_id=row.event_id,
            ),
        )

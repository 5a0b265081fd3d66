"""The rows that an import refused, as a file: each with its reason, ready to be mended."""

from collections.abc import Mapping
from functools import partial

from django.utils.translation import gettext as _

from common import exporting, uploads
from common.refusals import UploadRefused
from invoices.importing import MEGABYTES, SECONDS
from invoices.models import ImportedFile
from invoices.sources import columns, spreadsheet
from invoices.sources.rows import Raw

VOCABULARIES: Mapping[str, columns.Vocabulary] = {
    ImportedFile.Kind.CUSTOMERS: columns.CUSTOMERS,
    ImportedFile.Kind.EINVOICE_STATUSES: columns.EINVOICE_STATUSES,
}


def as_csv(imported: ImportedFile) -> bytes:
    """Return a CSV file of the refused rows: number, reason, then the cells as they came.

    The semicolon and the byte order mark are what a French spreadsheet opens without asking. The
    two added columns are left out when the file is imported again.
    """
    reasons = {row["row"]: row["message"] for row in imported.report["rejected"]}
    raw = _raw(imported, frozenset(reasons))
    cells = dict(raw.rows)
    return exporting.as_csv(
        [_("Row of the file"), _("Reason of the refusal"), *raw.header],
        ([number, reason, *cells.get(number, ())] for number, reason in reasons.items()),
    )


def _raw(imported: ImportedFile, wanted: frozenset[int]) -> Raw:
    known = VOCABULARIES.get(imported.kind, columns.INVOICES)
    try:
        return uploads.run_limited(
            partial(spreadsheet.read_raw, wanted=wanted, known=known),
            bytes(imported.file.content),
            seconds=SECONDS,
            megabytes=MEGABYTES,
        )
    except UploadRefused:  # its columns were named by a mapping, which is not kept
        return Raw((), ())

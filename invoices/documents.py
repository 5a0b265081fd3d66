"""Invoices as they were sent: the PDFs that are joined to what is written about them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from django.db.models import IntegerField, TextField, Value
from django.db.models.functions import Length, StrIndex

from common import pdfs, uploads
from common.refusals import UploadRefused
from invoices import numbering
from invoices.models import Invoice
from organizations import files, timeline

LARGEST = 5 * 1024 * 1024  # what a mail server takes, a few at a time


@dataclass(slots=True)
class Attached:
    """What came of files: the numbers of their invoices, and the names that say no number."""

    numbers: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def attach(invoice: Invoice, name: str, content: bytes, *, at: datetime) -> None:
    """Keep a PDF as the copy of an invoice; another one takes the place of the first.

    Raises:
        UploadRefused: it is too large, or no PDF that opens.
    """
    if len(content) > LARGEST:
        raise UploadRefused("too_large", megabytes=LARGEST // 2**20)
    if uploads.recognise(content) != "pdf":
        raise UploadRefused("not_a_pdf")
    uploads.run_limited(pdfs.pages, content)
    invoice.document = files.keep(name, content, at=at)
    invoice.save(update_fields=["document"])
    about = {"customer": invoice.customer_id, "invoice": invoice.pk}
    timeline.record("invoices.document_attached", about=about, at=at)


def attach_by_name(named: Iterable[tuple[str, bytes]], *, at: datetime) -> Attached:
    """Keep PDFs as copies of the invoices whose numbers their names contain.

    Raises:
        UploadRefused: as `attach`.
    """
    done = Attached()
    for name, content in named:
        invoice = _named(name)
        if invoice is None:
            done.unknown.append(name)
        else:
            attach(invoice, name, content, at=at)
            done.numbers.append(invoice.number)
    return done


def _named(name: str) -> Invoice | None:
    """Return the invoice with the longest number in a file's name; None when two are as long."""
    stem = numbering.normalised(PurePath(name).stem)
    place = StrIndex(Value(stem, output_field=TextField()), "number_norm")
    found = list(
        Invoice.objects.exclude(number_norm="")
        .annotate(place=place, length=Length("number_norm", output_field=IntegerField()))
        .filter(place__gt=0)
        .order_by("-length", "pk")[:2]
    )
    if len(found) > 1 and len(found[0].number_norm) == len(found[1].number_norm):
        return None
    return found[0] if found else None

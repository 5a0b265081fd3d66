"""What is joined to a message: copies of the invoices, bank details, the letter itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from django.template.loader import render_to_string

from dunning import letters, phrases, statements, wording
from dunning.channels.base import Attachment
from dunning.models import Act, Channel, Message, StepKind
from dunning.stationery import Stationery
from dunning.wording import Language
from dunning.writing import Creditor
from invoices import statement_of_account
from organizations.models import StoredFile

PDF = "application/pdf"
# Together; beyond, mail servers refuse. What does not fit any more is left out.
MOST_BYTES = 12 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What is to be joined, as it was when the message was frozen; drawing it takes no database."""

    language: Language
    letter: str = ""  # the HTML of the letter that the email brings a copy of
    bank_details: Creditor | None = None
    statement: statements.Page | None = None
    copies: tuple[Attachment, ...] = ()


def of_email(
    message: Message, acts: Sequence[Act], creditor: Creditor, *, on: date, written_on: Stationery
) -> Enclosed | None:
    """Return what leaves with an email; nothing is joined to thanks.

    Args:
        creditor: with the bank details that take the currency of what is asked for.
    """
    if message.kind == StepKind.THANK_YOU:
        return None
    found = copies(acts) if written_on.joins_copies(message) else []
    return Enclosed(
        language=_language(message),
        letter=message.copy_of.html if message.copy_of is not None else "",
        bank_details=creditor if creditor.iban and written_on.enclosing.bank_details else None,
        statement=_statement(message, acts, creditor, on=on)
        if written_on.joins_statement(message, invoices=_count(acts))
        else None,
        copies=tuple(
            Attachment(f"{_safe(number)}.pdf", bytes(copy.content), PDF) for number, copy in found
        ),
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """A letter that a provider prints, as it was frozen; drawing it takes no database."""

    name: str
    html: str
    copies: tuple[bytes, ...] = ()  # of its invoices, behind it


def of_letter(message: Message, acts: Sequence[Act], *, written_on: Stationery) -> Printed:
    """Return what is printed of a frozen letter: itself, and behind it its copies."""
    found = copies(acts) if written_on.joins_copies(message) else []
    return Printed(
        name=f"{wording.words(_language(message))['letter_file']}.pdf",
        html=message.html,
        copies=tuple(bytes(copy.content) for _number, copy in found),
    )


def as_printed(printed: Printed) -> tuple[Attachment, ...]:
    """Return the one file that is printed."""
    letter = letters.render_pdf(printed.html)
    content = letters.batch([[letter, *printed.copies]]) if printed.copies else letter
    return (Attachment(printed.name, content, PDF),)


def drawn(enclosed: Enclosed | None) -> tuple[Attachment, ...]:
    """Return the files: letter, statement, bank details, and the copies a mail server takes."""
    if enclosed is None:
        return ()
    words = wording.words(enclosed.language)
    found: list[Attachment] = []
    if enclosed.letter:
        content = letters.render_pdf(enclosed.letter)
        found.append(Attachment(f"{words['letter_file']}.pdf", content, PDF))
    if enclosed.statement is not None:
        content = statements.pdf(enclosed.statement)
        found.append(Attachment(f"{words['statement_file']}.pdf", content, PDF))
    if enclosed.bank_details is not None:
        content = bank_details(enclosed.bank_details, enclosed.language)
        found.append(Attachment(f"{words['bank_details_file']}.pdf", content, PDF))
    room = MOST_BYTES - sum(len(one.content) for one in found)
    for copy in enclosed.copies:
        if len(copy.content) <= room:
            found.append(copy)
            room -= len(copy.content)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Listed:
    """The name of something that is joined, and where it comes from."""

    name: str
    source: Literal["letter", "statement", "bank_details", "copy"]
    key: int = 0  # of the letter, the customer, or the invoice


def listed(message: Message, acts: Sequence[Act], *, written_on: Stationery) -> list[Listed]:
    """Return what leaves with a message as it is joined now, without drawing it."""
    if message.kind == StepKind.THANK_YOU or message.channel == Channel.SMS:
        return []
    words = wording.words(_language(message))
    invoices = {act.instalment.invoice_id: act.instalment.invoice for act in acts}
    found: list[Listed] = []
    if message.channel == Channel.EMAIL:
        if message.copy_of_id:
            found.append(Listed(f"{words['letter_file']}.pdf", "letter", message.copy_of_id))
        if written_on.joins_statement(message, invoices=len(invoices)):
            found.append(Listed(f"{words['statement_file']}.pdf", "statement", message.customer_id))
        at_home, currencies = (
            message.organization.currency,
            {invoice.currency for invoice in invoices.values()},
        )
        is_taken = all(written_on.takes(one, at_home=at_home) for one in currencies)
        if message.organization.iban and is_taken and written_on.enclosing.bank_details:
            found.append(Listed(f"{words['bank_details_file']}.pdf", "bank_details"))
    else:
        found.append(Listed(f"{words['letter_file']}.pdf", "letter", message.pk))
    return found + [
        Listed(f"{_safe(invoice.number)}.pdf", "copy", invoice.pk)
        for invoice in invoices.values()
        if invoice.document_id and written_on.joins_copies(message)
    ]


def copies(acts: Iterable[Act]) -> list[tuple[str, StoredFile]]:
    """Return the copies that are kept of the invoices that acts are about, each once, by age."""
    invoices = {act.instalment.invoice_id: act.instalment.invoice for act in acts}
    ids = [invoice.document_id for invoice in invoices.values() if invoice.document_id]
    kept = StoredFile.objects.in_bulk(ids)
    return [
        (invoice.number, kept[invoice.document_id])
        for invoice in invoices.values()
        if invoice.document_id
    ]


def numbers(acts: Iterable[Act]) -> list[str]:
    """Return the numbers of the invoices whose copy is kept, each once, by age."""
    invoices = {act.instalment.invoice_id: act.instalment.invoice for act in acts}
    return [invoice.number for invoice in invoices.values() if invoice.document_id]


@lru_cache(maxsize=256)
def bank_details(creditor: Creditor, language: Language) -> bytes:
    """Return the creditor's bank details as a page, drawn once for each wording of them."""
    page = {
        "creditor": creditor,
        "iban": phrases.iban(creditor.iban),
        "siren": phrases.siren(creditor.siren),
        "words": wording.words(language),
        "language": language,
    }
    return letters.render_pdf(render_to_string("letters/bank_details.html", page))


def _language(message: Message) -> Language:
    return "en" if message.language == "en" else "fr"


def _count(acts: Iterable[Act]) -> int:
    return len({act.instalment.invoice_id for act in acts})


def _statement(
    message: Message, acts: Sequence[Act], creditor: Creditor, *, on: date
) -> statements.Page:
    """Return the statement of the customer in the currency that a message asks in."""
    customer = message.customer
    return statements.Page(
        statement=statement_of_account.in_currency(customer, acts[0].instalment.currency, on=on),
        creditor=creditor,
        debtor=customer.name,
        code=customer.code,
        language=_language(message),
    )


def _safe(number: str) -> str:
    """Return a number that is safe as the name of a file."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in number)

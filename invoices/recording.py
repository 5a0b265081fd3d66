"""Record a customer, an invoice or a credit note that a person or a program names.

Files go through `importing.py`, in bulk; what may be recorded, and never changed, is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from common import money, phone
from common.errors import DomainError
from common.money import Money
from invoices import numbering
from invoices.models import Contact, CreditNote, Customer, Instalment, Invoice
from organizations import timeline
from organizations.models import Organization

Due = tuple[date, Money]  # the day an instalment is due, and its amount


PLACE = frozenset({"address", "postcode", "city", "country"})  # what makes an address another one


class CodeTaken(DomainError):
    """Another customer has this code or external id."""

    code = "customer_exists"


class NumberTaken(DomainError):
    """Another document has this number or external id."""

    code = "number_taken"


class IsImmutable(DomainError):
    """What was issued is corrected by a credit note, never changed."""

    code = "invoice_is_immutable"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an invoice; its total is the sum of its instalments."""

    number: str
    customer: Customer
    issued_on: date
    due: Sequence[Due]
    kind: str = Invoice.Kind.INVOICE
    order_number: str = ""
    external_id: str = ""

    @property
    def total(self) -> Money:
        return money.total((amount for _day, amount in self.due), currency=self.due[0][1].currency)


def record_customer(
    organization: Organization, values: Mapping[str, Any], *, at: datetime
) -> Customer:
    """Record a new customer.

    Args:
        values: by the names of the model's fields; without a code the next free one is given.

    Raises:
        CodeTaken: the code or the external id is another customer's.
    """
    code = values.get("code") or _next_code(organization)
    made = Customer(organization=organization, **{**values, "code": code}, created_at=at)
    _save(made, refusal=CodeTaken("Another customer has this code or external id."))
    timeline.record("invoices.customer_recorded", about={"customer": made.pk}, at=at)
    return made


def update_customer(customer: Customer, values: Mapping[str, Any], *, at: datetime) -> bool:
    """Bring a customer to what is said; return whether anything was new.

    Raises:
        CodeTaken: the code or the external id is another customer's.
    """
    changed = _changed(customer, values)
    if not changed:
        return False
    if not PLACE.isdisjoint(changed):  # letters have not come back from another address yet
        customer.address_failed_at = None
    _save(customer, refusal=CodeTaken("Another customer has this code or external id."))
    about = {"customer": customer.pk}
    timeline.record(
        "invoices.customer_updated", about=about, data={"fields": ", ".join(changed)}, at=at
    )
    return True


def record_contact(customer: Customer, values: Mapping[str, Any], *, at: datetime) -> Contact:
    """Add someone who can be asked; without a rank he comes last."""
    rank = values.get("rank") or customer.contacts.count() + 1
    made: Contact = Contact.objects.create(
        organization_id=customer.organization_id,
        customer=customer,
        **{**values, "rank": rank},
    )
    about = {"customer": customer.pk, "contact": made.pk}
    timeline.record("invoices.contact_added", about=about, at=at)
    return made


def update_contact(contact: Contact, values: Mapping[str, Any], *, at: datetime) -> bool:
    """Bring a contact to what is said; return whether anything was new."""
    number = _number(contact)
    changed = _changed(contact, values)
    if not changed:
        return False
    for name in ("email", "phone"):  # another address has not failed yet
        if name in changed:
            setattr(contact, f"{name}_failed_at", None)
    if _number(contact) != number:  # the same one, written otherwise, is still not to be written to
        contact.sms_failed_at = contact.sms_stopped_at = None
    flags = ("email_failed_at", "phone_failed_at", "sms_failed_at", "sms_stopped_at")
    contact.save(update_fields=[*changed, *flags])
    about = {"customer": contact.customer_id, "contact": contact.pk}
    timeline.record(
        "invoices.contact_changed", about=about, data={"fields": ", ".join(changed)}, at=at
    )
    return True


def phone_failed(contact: Contact, *, at: datetime) -> None:
    """Note that nobody of this customer answers to a number; the contact is called no more."""
    contact.phone_failed_at = at
    contact.save(update_fields=["phone_failed_at"])
    about = {"customer": contact.customer_id, "contact": contact.pk}
    timeline.record("invoices.contact_failed", about=about, data={"by": "phone"}, at=at)


def email_failed(contact: Contact, *, at: datetime) -> None:
    """Note that mail to an address comes back; the contact is written to no more."""
    contact.email_failed_at = at
    contact.save(update_fields=["email_failed_at"])
    about = {"customer": contact.customer_id, "contact": contact.pk}
    timeline.record("invoices.contact_failed", about=about, data={"by": "email"}, at=at)


def sms_failed(contact: Contact, *, at: datetime) -> None:
    """Note that no SMS reaches a number; it may still be called."""
    contact.sms_failed_at = at
    contact.save(update_fields=["sms_failed_at"])
    about = {"customer": contact.customer_id, "contact": contact.pk}
    timeline.record("invoices.contact_failed", about=about, data={"by": "sms"}, at=at)


def sms_stopped(contact: Contact, *, at: datetime) -> None:
    """Note that he who has a number asked for no more SMS."""
    contact.sms_stopped_at = at
    contact.save(update_fields=["sms_stopped_at"])
    about = {"customer": contact.customer_id, "contact": contact.pk}
    timeline.record("invoices.sms_stopped", about=about, at=at)


def address_failed(customer: Customer, *, at: datetime) -> None:
    """Note that letters come back from an address; none is sent there any more."""
    customer.address_failed_at = at
    customer.save(update_fields=["address_failed_at"])
    timeline.record("invoices.address_failed", about={"customer": customer.pk}, at=at)


def address_holds(customer: Customer, *, at: datetime) -> None:
    """Note that an address is right after all: a person checked it."""
    customer.address_failed_at = None
    customer.save(update_fields=["address_failed_at"])
    timeline.record("invoices.address_holds", about={"customer": customer.pk}, at=at)


def record_invoice(organization: Organization, said: Said, *, on: date, at: datetime) -> Invoice:
    """Record an invoice with nothing settled.

    Args:
        on: today, in the organization's zone: the day it enters Encours.

    Raises:
        NumberTaken: the number or the external id is another invoice's.
    """
    made = Invoice(
        organization=organization,
        customer=said.customer,
        number=said.number,
        number_norm=numbering.normalised(said.number),
        kind=said.kind,
        issued_on=said.issued_on,
        currency=said.total.currency,
        total_minor=said.total.minor,
        order_number=said.order_number,
        external_id=said.external_id,
        recorded_on=on,
        created_at=at,
    )
    refusal = NumberTaken(f"Another invoice has the number {said.number}, or its external id.")
    _save(made, refusal=refusal)
    Instalment.objects.bulk_create(
        Instalment(
            organization=organization,
            invoice=made,
            customer=said.customer,
            due_on=day,
            currency=amount.currency,
            amount_minor=amount.minor,
        )
        for day, amount in said.due
    )
    remember(made, at=at)
    return made


def bring_invoice(invoice: Invoice, said: Said, *, at: datetime) -> bool:
    """Bring an invoice's references to what is said; return whether anything was new.

    Raises:
        IsImmutable: another number, customer, amount or date is said.
    """
    kept = [(part.due_on, part.amount) for part in invoice.instalments.order_by("due_on", "pk")]
    is_same = (said.number, said.customer.pk, said.issued_on, said.kind) == (
        invoice.number,
        invoice.customer_id,
        invoice.issued_on,
        invoice.kind,
    ) and sorted(said.due, key=lambda due: due[0]) == kept
    if not is_same:
        raise IsImmutable(
            f"{invoice.number} was recorded otherwise: what was issued is corrected by a credit "
            "note.",
            number=invoice.number,
        )
    changed = _changed(
        invoice, {"order_number": said.order_number, "external_id": said.external_id}
    )
    if not changed:
        return False
    _save(invoice, refusal=NumberTaken("Another invoice has this external id."))
    about = {"customer": invoice.customer_id, "invoice": invoice.pk}
    timeline.record(
        "invoices.invoice_updated", about=about, data={"fields": ", ".join(changed)}, at=at
    )
    return True


def record_credit_note(
    customer: Customer,
    number: str,
    total: Money,
    *,
    issued_on: date,
    external_id: str = "",
    at: datetime,
) -> CreditNote:
    """Record a credit note with nothing set off yet.

    Raises:
        NumberTaken: the number is another credit note's.
    """
    made = CreditNote(
        organization_id=customer.organization_id,
        customer=customer,
        number=number,
        issued_on=issued_on,
        currency=total.currency,
        total_minor=total.minor,
        external_id=external_id,
        created_at=at,
    )
    _save(made, refusal=NumberTaken(f"Another credit note has the number {number}."))
    remember(made, at=at)
    return made


def remember(made: Invoice | CreditNote, *, at: datetime) -> None:
    """Note in the memory that a document was recorded."""
    kind = "credit_note" if isinstance(made, CreditNote) else "invoice"
    timeline.record(
        f"invoices.{kind}_recorded",
        about={"customer": made.customer_id, kind: made.pk},
        data={"minor": made.total_minor, "currency": made.currency},
        at=at,
    )


def _save(row: Customer | Invoice | CreditNote, *, refusal: DomainError) -> None:
    """Write a row whose name may be taken, by someone else at this very moment too."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise refusal from error


def _changed(row: Customer | Contact | Invoice, values: Mapping[str, Any]) -> list[str]:
    """Set what is new of some values, and return its names."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return sorted(changed)


def _number(contact: Contact) -> str:
    """Return a contact's number as the network knows it, or as it is written."""
    return phone.e164(contact.phone, country=contact.customer.country) or contact.phone


def _next_code(organization: Organization) -> str:
    number = organization.customers.count() + 1
    while organization.customers.filter(code=f"C{number:05}").exists():
        number += 1
    return f"C{number:05}"

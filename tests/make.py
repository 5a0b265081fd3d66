"""Builders: typed plain functions that make what a test stands on, and nothing it must notice.

Read as sentences: `make.invoice(acme, amounts={"2026-02-04": 120_000})`, `make.a_customer(acme)`.
"""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from invoices.models import Contact, CreditNote, Customer, Instalment, Invoice
from organizations import opening
from organizations.models import Membership, Organization, Plan, Role, User
from payments.models import Payment

AT = datetime(2026, 2, 13, 9, tzinfo=UTC)
ON = AT.date()
PASSWORD = "correct horse battery"

_number = itertools.count(1)


def user(email: str = "", *, name: str = "Alice Martin") -> User:
    return User.objects.create_user(
        email or f"person{next(_number)}@acme.example", PASSWORD, name=name
    )


def organization(
    name: str = "Acme", *, owner: User | None = None, with_approval: bool = False
) -> Organization:
    """Open an organization as the command does; nothing waits for approval unless asked."""
    return opening.open_organization(
        name,
        owner=owner or user(),
        on=ON,
        at=AT,
        plan=Plan.UNLIMITED,
        iban="FR7630006000011234567890189",
        begin=opening.Begin.WITH_APPROVAL if with_approval else opening.Begin.AT_ONCE,
    )


def member(organization: Organization, role: Role) -> User:
    person = user(f"{role}{next(_number)}@{organization.slug}.example", name=role.capitalize())
    Membership.objects.create(organization=organization, user=person, role=role)
    return person


def a_customer(
    organization: Organization,
    name: str = "Dupont",
    *,
    code: str = "",
    email: str = "compta@dupont.example",
    phone: str = "",
    language: str = "fr",
    address: str | None = None,
) -> Customer:
    """Make a customer with one contact, unless it has neither email nor phone.

    Args:
        address: by default one, unless there is no email: then it can be called alone.
    """
    if address is None:
        address = "3 rue du Port" if email else ""
    made = Customer.objects.create(
        organization=organization,
        code=code or f"C{next(_number):05}",
        name=name,
        language=language,
        address=address,
        postcode="44000",
        city="Nantes",
        created_at=AT,
    )
    if email or phone:
        Contact.objects.create(organization=organization, customer=made, email=email, phone=phone)
    return made


def invoice(
    organization: Organization,
    *,
    amounts: Mapping[str, int] | None = None,
    customer: Customer | None = None,
    number: str = "",
    issued_on: date | None = None,
    recorded_on: date | None = None,
    currency: str = "EUR",
) -> Invoice:
    """Make an invoice with one instalment per entry: ISO due date to minor units."""
    amounts = amounts or {"2026-02-04": 120_000}
    first = date.fromisoformat(min(amounts))
    number = number or f"F-2026-{next(_number):04}"
    made = Invoice.objects.create(
        organization=organization,
        customer=customer or a_customer(organization),
        number=number,
        number_norm="".join(filter(str.isalnum, number.upper())),
        issued_on=issued_on or first - timedelta(days=30),
        currency=currency,
        total_minor=sum(amounts.values()),
        recorded_on=recorded_on or first - timedelta(days=30),
        created_at=AT,
    )
    Instalment.objects.bulk_create(
        Instalment(
            organization=organization,
            invoice=made,
            customer_id=made.customer_id,
            due_on=date.fromisoformat(due_on),
            currency=currency,
            amount_minor=minor,
        )
        for due_on, minor in amounts.items()
    )
    return made


def credit_note(customer: Customer, *, minor: int, number: str = "") -> CreditNote:
    return CreditNote.objects.create(
        organization_id=customer.organization_id,
        customer=customer,
        number=number or f"AV-{next(_number):04}",
        issued_on=ON,
        currency="EUR",
        total_minor=minor,
        created_at=AT,
    )


def payment(
    organization: Organization,
    *,
    minor: int,
    customer: Customer | None = None,
    received_on: date = ON,
    currency: str = "EUR",
) -> Payment:
    """Make a payment that settles nothing yet."""
    return Payment.objects.create(
        organization=organization,
        customer=customer or a_customer(organization),
        amount_minor=minor,
        currency=currency,
        received_on=received_on,
        source=Payment.Source.MANUAL,
        created_at=AT,
    )

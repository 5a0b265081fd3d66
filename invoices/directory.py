"""Find the customer that a row of a file names, or make one."""

from collections import defaultdict
from datetime import datetime

from common.errors import DomainError
from invoices.models import Contact, Customer
from invoices.sources.rows import CustomerRow, InvoiceRow, Party
from organizations import timeline
from organizations.models import Organization

# What a row may say of a customer, and the field that keeps it.
KEPT = (
    "siren", "vat_number", "language", "address", "postcode", "city", "country", "segment",
)  # fmt: skip
LONGEST_CODE = 40


class UnknownCustomer(DomainError):
    """A row names a customer by a code that nobody has, and gives no name."""

    code = "unknown_customer"


class Directory:
    """The customers of an organization in memory, while a file is read against them.

    A customer is known by its code, else its SIREN, else its exact name if only one has it.
    """

    def __init__(self, organization: Organization, *, at: datetime) -> None:
        self.organization = organization
        self.at = at
        self.created: list[Customer] = []
        self.changed: dict[int, Customer] = {}
        self._by_code: dict[str, Customer] = {}
        self._by_siren: dict[str, Customer] = {}
        self._by_name: defaultdict[str, list[Customer]] = defaultdict(list)
        self._contacts: list[tuple[Customer, Contact]] = []
        for customer in organization.customers.all():
            self._index(customer)
        self._reached: set[tuple[int, str]] = set(
            Contact.objects.filter(organization=organization).values_list("customer_id", "email")
        )
        self._with_contact = {customer_id for customer_id, _email in self._reached}

    def of_invoice(self, row: InvoiceRow) -> Customer:
        """Return the customer of an invoice, made from the row when there is none.

        What is already known of a customer stays: a file only fills what is empty.

        Raises:
            UnknownCustomer: the row has a code that nobody has, and no name.
        """
        customer = self._find(code=row.customer_code, siren=row.siren, name=row.customer)
        if customer is None:
            if not row.customer:
                raise UnknownCustomer(f"There is no customer with the code {row.customer_code}.")
            customer = self._make(row.customer_code or self._code_for(row), row.customer, row)
        else:
            self._fill(customer, row, over=False)
        self._contact(customer, row, name="")
        return customer

    def of_customer(self, row: CustomerRow) -> tuple[Customer, bool]:
        """Return the customer of a row of customers, brought to what it says, and if it is new."""
        customer = self._find(code=row.code, siren=row.siren, name="")
        if customer is None:
            customer = self._make(row.code or self._code_for(row), row.name, row)
            is_new = True
        else:
            self._fill(customer, row, over=True)
            is_new = False
        self._set(customer, "name", row.name, over=True)
        self._set(customer, "trading_name", row.trading_name, over=True)
        self._set(customer, "group_code", row.group_code, over=True)
        self._contact(customer, row, name=row.contact)
        return customer, is_new

    def save(self) -> None:
        """Write what was made and changed, in bulk."""
        Customer.objects.bulk_create(self.created, batch_size=2000)
        Customer.objects.bulk_update(
            self.changed.values(),
            [*KEPT, "ibans", "name", "trading_name", "group_code"],
            batch_size=1000,
        )
        for customer, contact in self._contacts:
            contact.customer = customer
        Contact.objects.bulk_create(
            [contact for _customer, contact in self._contacts], batch_size=2000
        )
        self._contacts = []
        for customer in self.created:
            timeline.record(
                "invoices.customer_recorded", about={"customer": customer.pk}, at=self.at
            )

    def _find(self, *, code: str, siren: str, name: str) -> Customer | None:
        if code:
            return self._by_code.get(code)
        if siren and siren in self._by_siren:
            return self._by_siren[siren]
        called = self._by_name.get(name.casefold(), [])
        return called[0] if len(called) == 1 else None

    def _make(self, code: str, name: str, row: Party) -> Customer:
        customer = Customer(
            organization=self.organization,
            code=code,
            name=name,
            ibans=list(row.ibans),
            external_id=row.external_id if isinstance(row, CustomerRow) else "",
            created_at=self.at,
            **{field: getattr(row, field) for field in KEPT if getattr(row, field)},
        )
        self.created.append(customer)
        self._index(customer)
        return customer

    def _fill(self, customer: Customer, row: Party, *, over: bool) -> None:
        for field in KEPT:
            self._set(customer, field, getattr(row, field), over=over)
        new = [iban for iban in row.ibans if iban not in customer.ibans]
        if new:
            customer.ibans = [*customer.ibans, *new]
            self._note(customer)

    def _set(self, customer: Customer, field: str, value: str, *, over: bool) -> None:
        old = getattr(customer, field)
        if value and value != old and (over or not old):
            setattr(customer, field, value)
            self._note(customer)

    def _note(self, customer: Customer) -> None:
        if customer.pk is not None:
            self.changed[customer.pk] = customer

    def _contact(self, customer: Customer, row: Party, *, name: str) -> None:
        """Add whom to reach, if nobody is known there yet, or the address is a new one."""
        known = (id(customer), row.email)
        if not (row.email or row.phone) or known in self._reached:
            return
        if customer.pk is not None:
            if (customer.pk, row.email) in self._reached:
                return
            if not row.email and customer.pk in self._with_contact:
                return
        self._reached.add(known)
        contact = Contact(
            organization=self.organization, name=name, email=row.email, phone=row.phone
        )
        self._contacts.append((customer, contact))
        self._note(customer)

    def _index(self, customer: Customer) -> None:
        self._by_code[customer.code] = customer
        if customer.siren:
            self._by_siren.setdefault(customer.siren, customer)
        self._by_name[customer.name.casefold()].append(customer)

    def _code_for(self, row: Party) -> str:
        """Return a code for a customer whose books give none: its SIREN, else a number."""
        if row.siren and row.siren not in self._by_code:
            return row.siren
        number = len(self._by_code) + 1
        while f"C{number:05}" in self._by_code:
            number += 1
        return f"C{number:05}"

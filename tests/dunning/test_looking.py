"""A round looks at whom something can be due to, and at whom something changed."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from common.tenancy import tenant_transaction
from dunning import holds, looking, planning
from dunning.models import DebtorLook
from invoices import recording, settlement
from invoices.models import Contact, Customer, Invoice
from organizations.models import Organization
from tests import make

FRIDAY, AT = make.ON, make.AT
Change = Callable[[Customer, Invoice], object]


@pytest.fixture
def customer(acme: Organization) -> Customer:
    """A customer with an invoice that falls due in two months, and another one like him."""
    with tenant_transaction(acme.pk):
        for name in ("Dupont", "Martin"):
            made = make.a_customer(acme, name)
            make.invoice(acme, customer=made, amounts={"2026-04-15": 50_000})
    a_round(acme)
    with tenant_transaction(acme.pk):
        return Customer.objects.get(name="Dupont")


def a_round(organization: Organization, on: date = FRIDAY) -> planning.Round:
    with tenant_transaction(organization.pk):
        fresh = Organization.objects.get(pk=organization.pk)
        return planning.follow_up(fresh, on=on, at=AT, narrowed=True)


def whom(organization: Organization, on: date = FRIDAY) -> set[int] | None:
    with tenant_transaction(organization.pk):
        return looking.whom(Organization.objects.get(pk=organization.pk), on=on)


def test_where_nothing_changed_and_nothing_is_due_nobody_is_looked_at(
    acme: Organization, customer: Customer
) -> None:
    assert whom(acme) == set()
    assert whom(acme, on=date(2026, 4, 13)) == set()


def test_each_is_looked_at_on_the_first_day_that_has_an_act_for_him(
    acme: Organization, customer: Customer
) -> None:
    day_before = date(2026, 4, 14)
    with tenant_transaction(acme.pk):
        everybody = set(Customer.objects.values_list("pk", flat=True))

    assert whom(acme, on=day_before) == everybody
    assert len(a_round(acme, on=day_before).contacts) == 2


def _settle(_customer: Customer, invoice: Invoice) -> None:
    settlement.settle(Invoice.objects.locked().get(pk=invoice.pk), invoice.balance, on=FRIDAY)


@pytest.mark.parametrize(
    "change",
    [
        _settle,
        lambda customer, invoice: make.invoice(customer.organization, customer=customer),
        lambda customer, invoice: holds.dispute(invoice, category="price", reason="", at=AT),
        lambda customer, invoice: holds.pause_customer(
            customer, until=FRIDAY + timedelta(days=3), reason="", at=AT
        ),
        lambda customer, invoice: recording.email_failed(customer.contacts.get(), at=AT),
        lambda customer, invoice: Contact.objects.filter(customer=customer).delete(),
        lambda customer, invoice: Customer.objects.filter(pk=customer.pk).update(habit_days=9),
        lambda customer, invoice: invoice.instalments.update(due_on=date(2026, 2, 1)),
    ],
    ids=["paid", "invoice", "dispute", "pause", "bounce", "contact", "habit", "due-date"],
)
def test_whom_something_changed_of_is_looked_at_once(
    acme: Organization, customer: Customer, change: Change
) -> None:
    with tenant_transaction(acme.pk):
        change(customer, Invoice.objects.get(customer=customer))

    assert whom(acme) == {customer.pk}
    assert whom(acme) == set()


@pytest.mark.parametrize(
    "changes",
    [{"gap_days": 5}, {"habit_cap_days": 0}, {"stopped_at": AT}, {"region": "FR-67"}],
    ids=["gap", "habit", "stopped", "region"],
)
def test_where_the_pace_changed_everybody_is_looked_at(
    acme: Organization, customer: Customer, changes: dict[str, object]
) -> None:
    Organization.objects.filter(pk=acme.pk).update(**changes)

    assert whom(acme) is None


def test_where_a_pause_is_for_everyone_everybody_is_looked_at(
    acme: Organization, customer: Customer
) -> None:
    with tenant_transaction(acme.pk):
        holds.pause_everyone(acme, until=FRIDAY + timedelta(days=3), reason="", at=AT)

    assert whom(acme) is None


def test_a_change_that_is_taken_back_leaves_nobody_to_look_at(
    acme: Organization, customer: Customer
) -> None:
    with pytest.raises(ZeroDivisionError), tenant_transaction(acme.pk):
        _settle(customer, Invoice.objects.get(customer=customer))
        raise ZeroDivisionError

    assert whom(acme) == set()


def test_what_is_due_beyond_the_horizon_is_looked_at_in_time(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={"2028-03-01": 50_000})
    asked = []

    day = FRIDAY
    while day < date(2028, 3, 1):
        asked += a_round(acme, on=day).contacts
        with tenant_transaction(acme.pk):
            look = DebtorLook.objects.get().look_on
        day = max(day + timedelta(days=1), look or date.max)

    assert [contact.on for contact in asked] == [date(2028, 2, 29)]

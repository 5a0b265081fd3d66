"""By when a customer usually pays, written down for the reminders to wait for."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from common.money import Money
from dunning import planning
from invoices.models import Customer
from organizations.models import Organization
from payments import allocation
from payments.models import Payment
from tests import make

TODAY = make.ON  # Friday 13 February 2026


@pytest.fixture
def customer(inside_acme: Organization) -> Customer:
    return make.a_customer(inside_acme)


def pays(customer: Customer, days_late: int) -> Payment:
    """Let a customer pay an invoice forty days ago, so many days after it was due."""
    organization = customer.organization
    received_on = TODAY - timedelta(days=40)
    due_on = received_on - timedelta(days=days_late)
    invoice = make.invoice(organization, customer=customer, amounts={due_on.isoformat(): 100})
    payment = make.payment(organization, customer=customer, minor=100, received_on=received_on)
    allocation.allocate(payment, {invoice.pk: Money(100, "EUR")}, at=make.AT)
    return payment


def habit(customer: Customer) -> tuple[int | None, int]:
    customer.refresh_from_db()
    return customer.habit_days, customer.habit_payments


@pytest.mark.parametrize(
    ("delays", "expected"),
    [
        ((9, 10, 11, 12, 12), (12, 5)),
        ((10, 10, 10, 10, 90), (10, 5)),  # one that went wrong is no habit
        ((-3, -2, -2, -1, 0), (-1, 5)),
        ((10, 10, 11, 12), (None, 0)),
        ((0, 1, 20, 40, 41), (None, 0)),
    ],
    ids=["late", "robust", "early", "too-few", "too-far-apart"],
)
def test_three_of_four_payments_had_come_by_the_habit(
    customer: Customer, delays: Iterable[int], expected: tuple[int | None, int]
) -> None:
    for days_late in delays:
        pays(customer, days_late)

    assert habit(customer) == expected


def test_a_payment_that_is_taken_back_is_no_part_of_the_habit(customer: Customer) -> None:
    last = [pays(customer, days_late) for days_late in (9, 10, 11, 12, 12)][-1]

    allocation.undo(last, at=make.AT)

    assert habit(customer) == (None, 0)


def test_the_next_reminder_waits_for_the_usual_payment_and_says_so(
    inside_acme: Organization, customer: Customer
) -> None:
    for days_late in (9, 10, 11, 11, 12):
        pays(customer, days_late)
    invoice = make.invoice(inside_acme, customer=customer, amounts={"2026-02-04": 500})

    said = planning.next_document(invoice, on=date(2026, 2, 11))
    on_that_day = planning.decide(inside_acme, on=date(2026, 2, 16)).contacts

    assert (said["date"], said["rule"]) == (
        "2026-02-16",
        "D+7 courteous email, usual delay waited for",
    )
    assert said["blockers"] == [
        {
            "kind": "habit",
            "until": "2026-02-15",
            "since": "2026-02-11",
            "by": None,
            "reason": "D+11, 5 payments",
        }
    ]
    assert [contact.document()["rule"] for contact in on_that_day] == [said["rule"]]

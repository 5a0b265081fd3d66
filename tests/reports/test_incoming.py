"""What came in, is promised and is expected, to the cent and in its week."""

from datetime import date, timedelta

import pytest
from django.test import Client

from common.money import Money
from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import holds
from invoices.models import Customer
from organizations.models import Organization
from payments import allocation, habits
from reports.incoming import PAST_WEEKS, Incoming, incoming
from tests import make

TODAY = make.ON  # a Friday
MONDAY = TODAY - timedelta(days=4)
FRANCE = for_country("FR")


def day(later: int) -> str:
    return (TODAY + timedelta(days=later)).isoformat()


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def filled(found: Incoming) -> dict[int, tuple[int, int, int]]:
    """Return the weeks in which something is, by their place from this one."""
    return {
        place - PAST_WEEKS: (week.received.minor, week.promised.minor, week.expected.minor)
        for place, week in enumerate(found.weeks)
        if week.received or week.promised or week.expected
    }


def pays(customer: Customer, *, days_late: int, received: int = -40) -> None:
    """Let a customer have paid an invoice, some days after it was due."""
    received_on = TODAY + timedelta(days=received)
    due_on = received_on - timedelta(days=days_late)
    invoice = make.invoice(
        customer.organization, customer=customer, amounts={due_on.isoformat(): 100}
    )
    payment = make.payment(
        customer.organization, customer=customer, minor=100, received_on=received_on
    )
    allocation.allocate(payment, {invoice.pk: euros(100)}, at=make.AT)


def test_weeks_begin_on_monday_four_back_and_six_ahead(inside_acme: Organization) -> None:
    weeks = incoming(inside_acme, on=TODAY).weeks

    assert [week.begins_on for week in weeks] == [
        MONDAY + timedelta(weeks=place) for place in range(-4, 6)
    ]


@pytest.mark.parametrize(
    ("days", "week"),
    [(-32, -4), (-5, -1), (-4, 0), (0, 0)],
    ids=["first", "sunday", "monday", "now"],
)
def test_money_is_in_the_week_in_which_it_came(
    inside_acme: Organization, days: int, week: int
) -> None:
    make.payment(inside_acme, minor=700, received_on=TODAY + timedelta(days=days))
    make.payment(inside_acme, minor=900, received_on=TODAY + timedelta(days=-33))

    assert filled(incoming(inside_acme, on=TODAY)) == {week: (700, 0, 0)}


def test_what_nobody_has_a_habit_for_is_expected_when_it_falls_due(
    inside_acme: Organization,
) -> None:
    make.invoice(inside_acme, amounts={day(0): 100, day(3): 200, day(37): 400, day(38): 800})

    assert filled(incoming(inside_acme, on=TODAY)) == {
        0: (0, 0, 100),
        1: (0, 0, 200),
        5: (0, 0, 400),
    }


def test_who_usually_pays_late_is_expected_late(inside_acme: Organization) -> None:
    slow, other = make.a_customer(inside_acme, "Slow"), make.a_customer(inside_acme, "Other")
    for days_late in (9, 14, 90):
        pays(slow, days_late=days_late)
    make.invoice(inside_acme, customer=slow, amounts={day(0): 300})
    make.invoice(inside_acme, customer=other, amounts={day(7): 500})

    found = incoming(inside_acme, on=TODAY)

    assert habits.usual_delays(inside_acme, customer_ids=[slow.pk, other.pk], on=TODAY) == {
        slow.pk: 14
    }
    assert filled(found) == {2: (0, 0, 300), 3: (0, 0, 500)}  # the other as everyone: 14 days


def test_two_payments_are_no_habit_and_undone_or_old_ones_none_at_all(
    inside_acme: Organization,
) -> None:
    customer = make.a_customer(inside_acme)
    for received in (-400, -20, -10):
        pays(customer, days_late=30, received=received)

    assert habits.usual_delays(inside_acme, customer_ids=[customer.pk], on=TODAY) == {}
    assert habits.usual_delay(inside_acme, on=TODAY) == 0


def test_a_promise_is_for_its_day_and_the_rest_for_the_habits(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={day(1): 30_000})
    holds.promise(invoice, euros(20_000), date.fromisoformat(day(10)), at=make.AT, calendar=FRANCE)

    assert filled(incoming(inside_acme, on=TODAY)) == {0: (0, 0, 10_000), 2: (0, 20_000, 0)}


def test_what_was_paid_of_a_promised_invoice_is_not_counted_twice(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, amounts={day(1): 30_000})
    holds.promise(invoice, euros(30_000), date.fromisoformat(day(10)), at=make.AT, calendar=FRANCE)
    payment = make.payment(inside_acme, customer=invoice.customer, minor=12_000)
    allocation.allocate(payment, {invoice.pk: euros(12_000)}, at=make.AT)

    assert filled(incoming(inside_acme, on=TODAY)) == {0: (12_000, 0, 0), 2: (0, 18_000, 0)}


def test_what_is_contested_is_not_expected(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={day(1): 30_000})
    holds.dispute(invoice, category="price", reason="", at=make.AT)

    found = incoming(inside_acme, on=TODAY)

    assert (filled(found), found.uncounted.minor) == ({}, 0)


@pytest.mark.parametrize(("due", "uncounted"), [(-7, 0), (-8, 30_000)])
def test_who_is_over_a_week_later_than_usual_is_not_counted(
    inside_acme: Organization, due: int, uncounted: int
) -> None:
    make.invoice(inside_acme, amounts={day(due): 30_000})

    found = incoming(inside_acme, on=TODAY)

    assert (found.uncounted.minor, found.expected.minor) == (uncounted, 30_000 - uncounted)


def test_other_currencies_and_other_organizations_are_left_out(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        make.invoice(other, amounts={day(1): 30_000})
        make.payment(other, minor=500)
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={day(1): 900}, currency="USD")
        make.payment(acme, minor=500, currency="USD")

        assert filled(incoming(acme, on=TODAY)) == {}


@pytest.mark.usefixtures("now")
def test_the_page_draws_the_weeks_and_says_them_in_a_table(
    acme: Organization, owner: Client
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={day(3): 123_456})

    page = owner.get(f"/o/{acme.slug}/").content.decode()

    assert 'class="fc"' in page
    assert "1,2\u00a0k€" in page
    assert page.count("1\u202f234,56\u00a0€") == 3  # in all, by age, in the table

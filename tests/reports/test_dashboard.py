"""The figures of the first page, to the cent."""

from datetime import date, timedelta

import pytest
from django.test import Client

from common.money import Money
from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import holds
from organizations.models import Organization
from payments import allocation
from payments.models import Payment
from reports import dashboard
from tests import make

TODAY = make.ON


def due(days_late: int) -> str:
    return (TODAY - timedelta(days=days_late)).isoformat()


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    ("days_late", "bracket"),
    [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (400, 4)],
)
def test_what_is_owed_is_put_in_its_bracket(
    inside_acme: Organization, days_late: int, bracket: int
) -> None:
    make.invoice(inside_acme, amounts={due(days_late): 12_345})

    owed = dashboard.owed(inside_acme, on=TODAY)

    filled = [(part.index, part.amount, part.count) for part in owed.brackets if part.count]
    assert filled == [(bracket, euros(12_345), 1)]
    assert owed.overdue == euros(12_345 if bracket else 0)


def test_currencies_are_never_added_up(inside_acme: Organization) -> None:
    make.invoice(inside_acme, amounts={due(5): 10_000})
    make.invoice(inside_acme, amounts={due(5): 99_900}, currency="USD")

    assert dashboard.owed(inside_acme, on=TODAY).total == euros(10_000)
    assert dashboard.in_other_currencies(inside_acme) == [Money(99_900, "USD")]


def test_what_was_received_counts_and_what_was_undone_does_not(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    kept, undone = (
        allocation.record(
            invoice.customer,
            euros(minor),
            received_on=TODAY,
            method=Payment.Method.TRANSFER,
            source=Payment.Source.MANUAL,
            at=make.AT,
        )
        for minor in (40_000, 5_000)
    )
    allocation.undo(undone, at=make.AT)

    received = dashboard.received(inside_acme, since=TODAY.replace(day=1), until=TODAY)

    assert received == kept.amount


def test_a_promise_counts_until_its_invoice_is_paid(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={due(5): 30_000})
    until = date(2026, 2, 20)
    calendar = for_country("FR")
    holds.promise(invoice, euros(30_000), until, at=make.AT, calendar=calendar)

    before = dashboard.promised(inside_acme, on=TODAY)
    invoice.instalments.update(settled_minor=30_000)
    type(invoice).objects.update(settled_minor=30_000)
    after = dashboard.promised(inside_acme, on=TODAY)

    assert before == (euros(30_000), 1)
    assert after == (euros(0), 0)


def test_what_is_on_hold_is_counted_once_whatever_holds_it(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={due(5): 30_000})
    make.invoice(inside_acme, amounts={due(5): 500})
    holds.pause_invoice(invoice, until=date(2026, 3, 1), reason="", at=make.AT)
    holds.pause_customer(invoice.customer, until=date(2026, 3, 1), reason="", at=make.AT)

    assert dashboard.on_hold(inside_acme, on=TODAY) == euros(30_000)


def test_who_owes_most_beyond_the_due_date_comes_first(inside_acme: Organization) -> None:
    small, large = make.a_customer(inside_acme, "Small"), make.a_customer(inside_acme, "Large")
    make.invoice(inside_acme, customer=small, amounts={due(50): 100})
    make.invoice(inside_acme, customer=large, amounts={due(2): 900})
    make.invoice(inside_acme, customer=large, amounts={due(7): 900, due(-90): 90_000})

    first, second = dashboard.most_overdue(inside_acme, on=TODAY)

    assert (first.name, first.overdue, first.days_late) == ("Large", euros(1_800), 7)
    assert (second.name, second.overdue, second.days_late) == ("Small", euros(100), 50)


@pytest.mark.usefixtures("now")
def test_the_page_shows_the_figures_and_leads_to_their_invoices(
    acme: Organization, owner: Client
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, amounts={due(45): 123_456})

    page = owner.get(f"/o/{acme.slug}/").content.decode()

    assert "1\u202f234,56\u00a0€" in page
    assert f"/o/{acme.slug}/invoices/?view=overdue&amp;late_from=31&amp;late_to=60" in page


def test_a_new_organization_is_shown_where_to_begin(acme: Organization, owner: Client) -> None:
    page = owner.get(f"/o/{acme.slug}/").content.decode()

    assert f"/o/{acme.slug}/import/" in page
    assert "Ce que l’on vous doit" not in page

"""How a customer stands: the one case, of several, that says most."""

from datetime import timedelta

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import cases, holds, promises
from organizations.models import Organization
from tests import make

LATER = make.ON + timedelta(days=7)
FRANCE = for_country("FR")


def test_of_several_cases_the_dispute_says_most(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    holds.pause_customer(invoice.customer, until=LATER, reason="", at=make.AT)
    holds.promise(invoice, invoice.balance, LATER, at=make.AT, calendar=FRANCE)
    dispute = holds.dispute(invoice, category="price", reason="", at=make.AT)

    found = cases.of_customers([invoice.customer_id], on=make.ON)

    assert cases.foremost(found[invoice.customer_id]) == dispute


def test_a_broken_promise_says_more_than_what_came_before_it(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    holds.dispute(invoice, category="price", reason="", at=make.AT)
    broken = holds.promise(invoice, invoice.balance, make.ON, at=make.AT, calendar=FRANCE)
    promises.end_due(on=LATER, at=make.AT)

    found = cases.of_customers([invoice.customer_id], on=LATER)

    assert cases.foremost(found[invoice.customer_id]) == broken


def test_a_broken_promise_is_not_hidden_by_one_that_was_taken_back(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme)
    broken = holds.promise(invoice, invoice.balance, make.ON, at=make.AT, calendar=FRANCE)
    promises.end_due(on=LATER, at=make.AT)
    newer = holds.promise(invoice, invoice.balance, LATER, at=make.AT, calendar=FRANCE)
    while_it_stands = list(cases.broken_promises())

    holds.end(newer, at=make.AT)

    assert while_it_stands == []
    assert list(cases.broken_promises()) == [broken]


def test_an_invoice_stands_as_its_customer_does_not_as_its_sisters(
    inside_acme: Organization,
) -> None:
    customer = make.a_customer(inside_acme)
    first = make.invoice(inside_acme, customer=customer)
    second = make.invoice(inside_acme, customer=customer)
    holds.dispute(first, category="price", reason="", at=make.AT)
    pause = holds.pause_customer(customer, until=LATER, reason="", at=make.AT)

    found = cases.of_customers([customer.pk], on=make.ON)[customer.pk]

    assert cases.foremost(found, invoice_id=second.pk) == pause
    assert cases.foremost([], invoice_id=second.pk) is None


@pytest.mark.usefixtures("now")
@pytest.mark.parametrize("page", ["", "invoices/"])
def test_lists_say_how_each_stands(acme: Organization, owner: Client, page: str) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        holds.promise(invoice, invoice.balance, LATER, at=make.AT, calendar=FRANCE)

    shown = owner.get(f"/o/{acme.slug}/{page}").content.decode()

    assert "Promis le 20/02" in shown

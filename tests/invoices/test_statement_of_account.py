"""The statement of account: what is open, its running balance, on the page and for programs."""

import io

import pypdfium2
import pytest
from django.test import Client

from common.money import Money
from common.tenancy import tenant_transaction
from invoices import statement_of_account
from organizations.models import Organization
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def book(acme: Organization) -> int:
    """A customer with two open invoices, one of them in two parts, a credit note and dollars."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Dupont")
        make.invoice(acme, customer=customer, number="F-1", amounts={"2026-01-10": 100_000})
        make.invoice(
            acme,
            customer=customer,
            number="F-2",
            amounts={"2026-02-10": 50_000, "2026-03-10": 25_000},
        )
        make.credit_note(customer, minor=10_000, number="A-1")
        make.invoice(
            acme, customer=customer, number="F-9", amounts={"2026-02-01": 700}, currency="USD"
        )
        return customer.pk


def test_the_balance_runs_along_and_currencies_stay_apart(acme: Organization, book: int) -> None:
    with tenant_transaction(acme.pk):
        euros, dollars = statement_of_account.of_customer(acme.customers.get(pk=book), on=make.ON)

    assert (euros.currency, dollars.currency) == ("EUR", "USD")
    assert sum(item.left.minor for item in euros.items) == euros.items[-1].balance.minor
    assert euros.balance == Money(165_000, "EUR")
    assert euros.overdue == Money(150_000, "EUR")
    assert {item.number: item.left.minor for item in euros.items if item.kind == "credit_note"} == {
        "A-1": -10_000
    }
    assert dollars.balance == Money(700, "USD")


@pytest.mark.parametrize(("language", "title"), [("fr", "Relevé de compte"), ("en", "Statement")])
def test_the_page_is_in_the_language_that_is_asked_for(
    acme: Organization, owner: Client, book: int, language: str, title: str
) -> None:
    address = f"/o/{acme.slug}/customers/{book}/statement.pdf?language={language}"

    answer = owner.get(address)

    assert answer["Content-Type"] == "application/pdf"
    with pypdfium2.PdfDocument(io.BytesIO(answer.content)) as pdf:
        text = pdf[0].get_textpage().get_text_range()
    assert title in text
    assert "F-1" in text
    assert "F-9" not in text  # dollars are on a page of their own


def test_a_currency_that_is_none_is_refused(acme: Organization, owner: Client, book: int) -> None:
    answer = owner.get(f"/o/{acme.slug}/customers/{book}/statement.pdf?currency=EURO")

    assert answer.status_code == 422


def test_programs_get_the_same_items(acme: Organization, api: Client, book: int) -> None:
    said = api.get(f"/api/v1/customers/{book}/statement/").json()

    assert said["on"] == "2026-02-13"
    assert [one["currency"] for one in said["accounts"]] == ["EUR", "USD"]
    assert said["accounts"][0]["balance"] == {"amount": "1650.00", "currency": "EUR"}
    last = said["accounts"][0]["items"][-1]
    assert last["balance"] == {"amount": "1650.00", "currency": "EUR"}


def test_the_customers_page_links_to_it(acme: Organization, owner: Client, book: int) -> None:
    page = owner.get(f"/o/{acme.slug}/customers/{book}/").content.decode()

    assert f"/customers/{book}/statement.pdf?currency=EUR" in page
    assert "currency=USD" in page

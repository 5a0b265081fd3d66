from http import HTTPStatus
from typing import Any

import pytest
from django.template import RequestContext, Template
from django.test import Client, RequestFactory

from common.tenancy import tenant_transaction
from invoices.models import Invoice
from organizations.models import Organization, Role
from payments.models import Payment
from tests import make


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        return make.invoice(acme, number="F-2026-0871", customer=make.a_customer(acme, "Hélios"))


def said(**changes: Any) -> dict[str, Any]:
    return {"amount": "500,00", "received_on": "2026-02-10", "method": "cheque", **changes}


def test_a_payment_of_an_invoice_is_recorded_by_hand(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    address = f"/o/{acme.slug}/payments/new/?invoice={invoice.pk}"

    form = owner.get(address).content.decode()
    response = owner.post(address, said())

    assert 'value="1\u202f200,00"' in form
    assert (response.status_code, response["Location"]) == (302, f"/o/{acme.slug}/payments/")
    with tenant_transaction(acme.pk):
        payment = Payment.objects.get()
        assert (payment.amount_minor, payment.allocated_minor) == (50_000, 50_000)
        assert (payment.method, payment.source) == ("cheque", "manual")
        assert Invoice.objects.get().balance.minor == 70_000
    page = owner.get(f"/o/{acme.slug}/payments/").content.decode()
    assert "Hélios" in page
    assert "F-2026-0871" in page


def test_what_goes_beyond_the_invoice_is_a_credit(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    owner.post(f"/o/{acme.slug}/payments/new/?invoice={invoice.pk}", said(amount="1 300,00 €"))

    with tenant_transaction(acme.pk):
        assert Payment.objects.get().unallocated.minor == 10_000
        assert Invoice.objects.get().balance.minor == 0


def test_a_customers_payment_settles_what_fell_due_first(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    owner.post(f"/o/{acme.slug}/payments/new/?customer={invoice.customer_id}", said())

    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().balance.minor == 70_000


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "0"},
        {"amount": "-5,00"},
        {"amount": "many"},
        {"amount": "1,234"},
        {"amount": ""},
        {"received_on": "31/02/2026"},
        {"method": "barter"},
    ],
)
def test_what_is_wrong_is_said_in_the_form_and_nothing_is_kept(
    acme: Organization, owner: Client, invoice: Invoice, change: dict[str, str]
) -> None:
    response = owner.post(f"/o/{acme.slug}/payments/new/?invoice={invoice.pk}", said(**change))

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'class="err"' in response.content.decode()
    with tenant_transaction(acme.pk):
        assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("next_page", "location"),
    [
        ("/o/acme/invoices/7/", "/o/acme/invoices/7/"),
        ("https://elsewhere.example/", "/o/acme/payments/"),
        ("//elsewhere.example/", "/o/acme/payments/"),
    ],
)
def test_one_comes_back_to_the_page_one_came_from(
    acme: Organization, owner: Client, invoice: Invoice, next_page: str, location: str
) -> None:
    address = f"/o/{acme.slug}/payments/new/?invoice={invoice.pk}"

    response = owner.post(address, said(next=next_page))

    assert response["Location"] == location


def test_the_invoice_or_customer_is_sought_first(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    page = owner.get(f"/o/{acme.slug}/payments/new/?q=0871").content.decode()
    by_name = owner.get(f"/o/{acme.slug}/payments/new/?q=hélios").content.decode()
    nothing = owner.get(f"/o/{acme.slug}/payments/new/?q=zzz").content.decode()

    assert f"payments/new/?invoice={invoice.pk}" in page
    assert f"payments/new/?customer={invoice.customer_id}" in by_name
    assert "payments/new/?invoice=" not in nothing


def test_a_payment_is_undone(acme: Organization, owner: Client, invoice: Invoice) -> None:
    owner.post(f"/o/{acme.slug}/payments/new/?invoice={invoice.pk}", said())
    with tenant_transaction(acme.pk):
        payment = Payment.objects.get()

    undone = owner.post(f"/o/{acme.slug}/payments/{payment.pk}/undo/")
    again = owner.post(f"/o/{acme.slug}/payments/{payment.pk}/undo/")

    assert (undone.status_code, again.status_code) == (302, 409)
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().balance.minor == 120_000


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [(Role.OWNER, 200, 200), (Role.ACCOUNTANT, 200, 200), (Role.COLLECTOR, 200, 403)],
)
def test_owner_and_accountant_may_write(
    acme: Organization, client: Client, role: Role, reads: int, writes: int
) -> None:
    client.force_login(make.member(acme, role))

    assert client.get(f"/o/{acme.slug}/payments/").status_code == reads
    assert client.get(f"/o/{acme.slug}/payments/new/").status_code == writes
    assert client.get(f"/o/{acme.slug}/bank/").status_code == reads
    assert client.post(f"/o/{acme.slug}/payments/1/undo/").status_code in {404, writes}
    assert client.post(f"/o/{acme.slug}/bank/upload/").status_code in {422, writes}


def test_another_organizations_invoice_is_as_absent_as_none(
    acme: Organization, owner: Client, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)

    response = owner.get(f"/o/{acme.slug}/payments/new/?invoice={theirs.pk}")

    assert response.status_code == HTTPStatus.NOT_FOUND


def test_the_list_asks_the_same_number_of_queries_whatever_its_length(
    acme: Organization, owner: Client, django_assert_max_num_queries: Any
) -> None:
    with tenant_transaction(acme.pk):
        for _ in range(30):
            make.payment(acme, minor=100)

    with django_assert_max_num_queries(32):
        page = owner.get(f"/o/{acme.slug}/payments/").content.decode()

    assert page.count("data-row") == 30


def test_an_invoices_page_can_carry_the_form(
    acme: Organization, invoice: Invoice, rf: RequestFactory
) -> None:
    page = Template("{% load payments %}{% record_payment_form invoice %}")
    request = rf.get("/o/acme/invoices/7/")

    with tenant_transaction(acme.pk):
        form = page.render(RequestContext(request, {"invoice": invoice, "organization": acme}))

    assert f'action="/o/acme/payments/new/?invoice={invoice.pk}"' in form
    assert 'value="1\u202f200,00"' in form
    assert 'name="next" value="/o/acme/invoices/7/"' in form
    assert "csrfmiddlewaretoken" in form

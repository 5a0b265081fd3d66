from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common.tenancy import tenant_transaction
from invoices.models import Invoice
from organizations import api_keys
from organizations.models import Organization, Scope
from payments.models import Allocation, Payment
from tests import make
from tests.make import AT


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        return make.invoice(acme)


def said(invoice: Invoice, **more: Any) -> dict[str, Any]:
    return {
        "customer": str(invoice.customer_id),
        "amount": eur("1200.00"),
        "received_on": "2026-02-10",
        **more,
    }


def post(api: Client, path: str, body: dict[str, Any]) -> Any:
    return api.post(f"/api/v1/{path}", body, content_type="application/json")


def test_a_payment_is_recorded_and_applied(api: Client, invoice: Invoice) -> None:
    parts = [{"invoice": str(invoice.pk), "amount": eur("700.00")}]

    response = post(api, "payments/", said(invoice, method="cheque", allocations=parts))

    assert response.status_code == 201
    body = response.json()
    assert body == {
        "id": body["id"],
        "customer": str(invoice.customer_id),
        "amount": eur("1200.00"),
        "received_on": "2026-02-10",
        "method": "cheque",
        "reference": "",
        "allocations": [{"invoice": str(invoice.pk), "amount": eur("700.00")}],
        "unallocated": eur("500.00"),
        "source": "api",
        "state": "recorded",
    }
    assert api.get(f"/api/v1/payments/{body['id']}/").json() == body
    assert api.get("/api/v1/payments/").json()["results"] == [body]


@pytest.mark.parametrize("rule", ["debtor", "legal", "principal_first"])
def test_a_rule_applies_what_names_no_invoice(api: Client, invoice: Invoice, rule: str) -> None:
    body = post(api, "payments/", said(invoice, allocation_rule=rule)).json()

    assert body["allocations"] == [{"invoice": str(invoice.pk), "amount": eur("1200.00")}]
    assert body["unallocated"] == eur("0.00")


def test_without_either_it_stays_a_credit(api: Client, invoice: Invoice) -> None:
    body = post(api, "payments/", said(invoice)).json()

    assert (body["allocations"], body["unallocated"]) == ([], eur("1200.00"))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": eur("0.00")}, 409, "not_positive"),
        ({"amount": {"amount": 12, "currency": "EUR"}}, 400, "invalid"),
        ({"customer": "999999"}, 400, "invalid"),
        ({"customer": 1}, 400, "invalid"),
        ({"received_on": "10/02/2026"}, 400, "invalid"),
        ({"method": "barter"}, 400, "invalid"),
        ({"allocation_rule": "mine"}, 400, "invalid"),
        ({"surprise": 1}, 400, "invalid"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    api: Client,
    acme: Organization,
    invoice: Invoice,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    response = post(api, "payments/", said(invoice, **change))

    assert (response.status_code, response.json()["code"]) == (status, code)
    with tenant_transaction(acme.pk):
        assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("amount", "code"), [("1300.00", "over_allocated"), ("1200.01", "over_allocated")]
)
def test_more_than_there_is_is_refused_and_nothing_is_kept(
    api: Client, acme: Organization, invoice: Invoice, amount: str, code: str
) -> None:
    parts = [{"invoice": str(invoice.pk), "amount": eur(amount)}]

    response = post(api, "payments/", said(invoice, allocations=parts))

    assert (response.status_code, response.json()["code"]) == (409, code)
    with tenant_transaction(acme.pk):
        assert not Payment.objects.exists()
        assert Invoice.objects.get().settled_minor == 0


def test_an_invoice_named_twice_is_refused(api: Client, invoice: Invoice) -> None:
    part = {"invoice": str(invoice.pk), "amount": eur("100.00")}

    response = post(api, "payments/", said(invoice, allocations=[part, part]))

    assert response.status_code == 400


def test_a_payment_is_undone_once(api: Client, acme: Organization, invoice: Invoice) -> None:
    body = post(api, "payments/", said(invoice, allocation_rule="legal")).json()

    undone = api.post(f"/api/v1/payments/{body['id']}/undo/")
    again = api.post(f"/api/v1/payments/{body['id']}/undo/")

    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert undone.json()["allocations"] == []
    assert (again.status_code, again.json()["code"]) == (409, "payment_undone")
    ledger = api.get(f"/api/v1/allocations/?payment={body['id']}").json()["results"]
    assert [line["amount"]["amount"] for line in ledger] == ["-1200.00", "1200.00"]
    assert ledger[0]["reverses"] == ledger[1]["id"]
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().settled_minor == 0


def test_another_organizations_payment_is_as_absent_as_none(
    api: Client, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.payment(other, minor=100)

    assert api.get(f"/api/v1/payments/{theirs.pk}/").status_code == 404
    assert api.post(f"/api/v1/payments/{theirs.pk}/undo/").status_code == 404
    assert api.get("/api/v1/payments/").json()["results"] == []


def test_writing_needs_the_scope(acme: Organization, invoice: Invoice) -> None:
    _key, text = api_keys.issue(acme, name="reads", scopes=[Scope.READ, Scope.WRITE])
    reader = Client(headers={"Authorization": f"Bearer {text}"})

    response = post(reader, "payments/", said(invoice))

    assert response.status_code == 403
    assert reader.get("/api/v1/payments/").status_code == 200


def test_a_retried_post_records_once(api: Client, acme: Organization, invoice: Invoice) -> None:
    for _ in range(2):
        api.post(
            "/api/v1/payments/",
            said(invoice),
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )

    with tenant_transaction(acme.pk):
        assert Payment.objects.count() == 1


def test_a_list_asks_the_same_number_of_queries_whatever_its_length(
    api: Client, acme: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with tenant_transaction(acme.pk):
        for _ in range(12):
            invoice = make.invoice(acme)
            payment = make.payment(acme, minor=120_000, customer=invoice.customer)
            Allocation.objects.create(
                organization=acme,
                payment=payment,
                invoice=invoice,
                amount_minor=1,
                currency="EUR",
                allocated_at=AT,
            )

    with django_assert_max_num_queries(12):
        results = api.get("/api/v1/payments/").json()["results"]

    assert len(results) == 12

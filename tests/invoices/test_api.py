"""Customers, invoices and credit notes as an integrator meets them."""

from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from common.tenancy import tenant_transaction
from invoices.models import Contact, Customer, Invoice
from organizations import api_keys
from organizations.models import Organization, Scope, TimelineEvent
from tests import make

pytestmark = pytest.mark.usefixtures("now")


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def customer(acme: Organization) -> Customer:
    with tenant_transaction(acme.pk):
        return make.a_customer(acme, "Hélios", code="C-HEL")


def said(customer: Customer, /, **more: Any) -> dict[str, Any]:
    return {
        "number": "F-2026-0871",
        "customer": str(customer.pk),
        "issued_on": "2026-01-05",
        "due_on": "2026-02-04",
        "total": eur("1200.00"),
        **more,
    }


def send(api: Client, method: str, path: str, body: Any) -> Any:
    return getattr(api, method)(f"/api/v1/{path}", body, content_type="application/json")


def test_an_invoice_is_recorded_and_read_back(api: Client, customer: Customer) -> None:
    response = send(api, "post", "invoices/", said(customer, external_id="X1"))

    assert response.status_code == HTTPStatus.CREATED
    body = response.json()
    (standard,) = api.get("/api/v1/scenarios/").json()["results"]
    assert body == {
        "id": body["id"],
        "number": "F-2026-0871",
        "kind": "invoice",
        "status": "open",
        "customer": str(customer.pk),
        "issued_on": "2026-01-05",
        "due_on": "2026-02-04",
        "instalments": [
            {"due_on": "2026-02-04", "amount": eur("1200.00"), "balance": eur("1200.00")}
        ],
        "total": eur("1200.00"),
        "balance": eur("1200.00"),
        "order_number": "",
        "external_id": "X1",
        "scenario": standard["id"],
        "days_overdue": 9,
        "next_act": {
            "date": "2026-02-13",
            "channel": "email",
            "level": 20,
            "rule": "D+7 courteous email, caught up",
        },
        "on_hold": [],
    }
    assert api.get(f"/api/v1/invoices/{body['id']}/").json() == body
    listed = api.get("/api/v1/invoices/?expand=next_act").json()
    assert listed == {"results": [body], "next": None, "previous": None}


def test_an_invoice_in_instalments_adds_up(api: Client, customer: Customer) -> None:
    parts = [
        {"due_on": "2026-03-04", "amount": eur("700.00")},
        {"due_on": "2026-02-04", "amount": eur("500.00")},
    ]
    body = said(customer, instalments=parts)
    del body["due_on"], body["total"]

    response = send(api, "post", "invoices/", body)

    assert response.json()["total"] == eur("1200.00")
    assert [part["due_on"] for part in response.json()["instalments"]] == [
        "2026-02-04",
        "2026-03-04",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": ""}, "number"),
        ({"customer": "999999999"}, "customer"),
        ({"customer": 1}, "customer"),
        ({"issued_on": "31/02/2026"}, "issued_on"),
        ({"due_on": "2026-01-04"}, "non_field_errors"),
        ({"total": eur("0.00")}, "non_field_errors"),
        ({"total": eur("1 200,00")}, "total"),
        ({"total": 1200}, "total"),
        ({"total": {"amount": "1.00", "currency": "XXZ"}}, "total"),
        ({"kind": "credit_note"}, "kind"),
        ({"nombre": "F-1"}, "nombre"),
        ({"number": "F" * 65}, "number"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    acme: Organization, api: Client, customer: Customer, change: dict[str, Any], field: str
) -> None:
    response = send(api, "post", "invoices/", said(customer, **change))

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response["Content-Type"] == "application/problem+json"
    assert list(response.json()["errors"]) == [field]
    with tenant_transaction(acme.pk):
        assert not Invoice.objects.exists()


def test_a_number_is_recorded_once(api: Client, customer: Customer) -> None:
    send(api, "post", "invoices/", said(customer))

    again = send(api, "post", "invoices/", said(customer))

    assert (again.status_code, again.json()["code"]) == (HTTPStatus.CONFLICT, "number_taken")


@pytest.mark.parametrize("place", ["by-external-id/X1/", "by-number/F-2026-0871/"])
def test_an_upsert_twice_changes_nothing_the_second_time(
    acme: Organization, api: Client, customer: Customer, place: str
) -> None:
    first = send(api, "put", f"invoices/{place}", said(customer, external_id="X1"))
    second = send(api, "put", f"invoices/{place}", said(customer, external_id="X1"))

    assert (first.status_code, second.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert first.json() == second.json()
    with tenant_transaction(acme.pk):
        assert TimelineEvent.objects.filter(kind__startswith="invoices.invoice").count() == 1


@pytest.mark.parametrize(
    "change",
    [{"total": eur("1200.01")}, {"due_on": "2026-02-05"}, {"issued_on": "2026-01-06"}],
)
def test_what_was_issued_is_never_changed(
    acme: Organization, api: Client, customer: Customer, change: dict[str, Any]
) -> None:
    send(api, "put", "invoices/by-external-id/X1/", said(customer))

    response = send(api, "put", "invoices/by-external-id/X1/", said(customer, **change))

    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["code"] == "invoice_is_immutable"
    with tenant_transaction(acme.pk):
        assert Invoice.objects.get().total_minor == 120_000


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=open", ["F-2", "F-1"]),
        ("status=overdue", ["F-1"]),
        ("status=paid", ["F-3"]),
        ("number=F-2", ["F-2"]),
        ("ordering=number", ["F-1", "F-2", "F-3"]),
        ("customer=abc", []),
        ("external_id=nobody", []),
    ],
)
def test_a_list_is_filtered_and_ordered(
    acme: Organization, api: Client, query: str, numbers: list[str]
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-1")
        make.invoice(acme, number="F-2", amounts={"2026-03-04": 100})
        paid = make.invoice(acme, number="F-3")
        paid.instalments.update(settled_minor=120_000)
        Invoice.objects.filter(pk=paid.pk).update(settled_minor=120_000)

    listed = api.get(f"/api/v1/invoices/?{query}").json()["results"]

    assert [invoice["number"] for invoice in listed] == numbers


@pytest.mark.parametrize("query", ["status=lost", "ordering=password"])
def test_a_filter_that_is_none_is_refused(api: Client, query: str) -> None:
    assert api.get(f"/api/v1/invoices/?{query}").status_code == HTTPStatus.BAD_REQUEST


def test_a_list_is_read_page_by_page(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        for number in ("F-1", "F-2", "F-3"):
            make.invoice(acme, number=number)

    first = api.get("/api/v1/invoices/?limit=2").json()
    second = api.get("/api/v1/invoices/", {"limit": 2, "cursor": first["next"]}).json()

    assert [row["number"] for row in first["results"]] == ["F-3", "F-2"]
    assert [row["number"] for row in second["results"]] == ["F-1"]
    assert second["next"] is None


def test_a_list_with_next_acts_costs_the_same_for_many(
    acme: Organization, api: Client, django_assert_max_num_queries: Any
) -> None:
    with tenant_transaction(acme.pk):
        for _ in range(30):
            make.invoice(acme)

    with django_assert_max_num_queries(35):
        listed = api.get("/api/v1/invoices/?expand=next_act").json()["results"]

    assert all(row["next_act"] for row in listed)


def test_a_file_is_taken_in_as_the_command_takes_it(api: Client, acme: Organization) -> None:
    content = (
        b"number,customer,issued_on,due_on,total\nF-1,Acme,2026-01-05,2026-02-04,12.00\nF-2,,,,\n"
    )

    response = api.post("/api/v1/invoices/import/", {"file": SimpleUploadedFile("a.csv", content)})

    assert response.status_code == HTTPStatus.CREATED
    body = response.json()
    assert (body["created"], body["customers_created"]) == (1, 1)
    assert [(row["file"], row["row"]) for row in body["rejected"]] == [("a.csv", 3)]


def test_a_file_that_is_none_is_refused(api: Client, acme: Organization) -> None:
    file = SimpleUploadedFile("a.csv", b"\x89PNG\r\n\x1a\n")

    response = api.post("/api/v1/invoices/import/", {"file": file})

    assert (response.status_code, response.json()["code"]) == (409, "wrong_type")


def test_the_next_action_and_the_timeline_of_an_invoice(api: Client, customer: Customer) -> None:
    key = send(api, "post", "invoices/", said(customer)).json()["id"]

    action = api.get(f"/api/v1/invoices/{key}/next-action/").json()
    events = api.get(f"/api/v1/invoices/{key}/timeline/").json()["results"]

    assert (action["date"], action["channel"], action["blockers"]) == ("2026-02-13", "email", [])
    assert [event["kind"] for event in events] == ["invoices.invoice_recorded"]
    assert events[0]["data"]["minor"] == 120_000


def test_a_customer_is_recorded_changed_and_found(api: Client, acme: Organization) -> None:
    made = send(api, "post", "customers/", {"name": "Hélios", "siren": "732 829 320"}).json()
    changed = send(api, "patch", f"customers/{made['id']}/", {"city": "Lyon"}).json()

    assert (made["code"], made["siren"]) == ("C00001", "732829320")
    assert changed == {**made, "city": "Lyon"}
    assert api.get("/api/v1/customers/?q=hélios").json()["results"] == [changed]
    with tenant_transaction(acme.pk):
        kinds = TimelineEvent.objects.order_by("position").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["invoices.customer_recorded", "invoices.customer_updated"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "A", "siren": "732829321"},
        {"name": "A", "vat_number": "FR00732829320"},
        {"name": "A", "ibans": ["FR7630006000011234567890188"]},
        {"name": "A", "country": "France"},
        {"code": "C1"},
    ],
)
def test_a_customer_whose_numbers_are_wrong_is_refused(
    api: Client, acme: Organization, body: dict[str, Any]
) -> None:
    response = send(api, "post", "customers/", body)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    with tenant_transaction(acme.pk):
        assert not Customer.objects.exists()


def test_a_code_belongs_to_one_customer(api: Client, customer: Customer) -> None:
    response = send(api, "post", "customers/", {"code": "C-HEL", "name": "Other"})

    assert (response.status_code, response.json()["code"]) == (409, "customer_exists")


def test_a_customer_is_upserted_by_its_external_id(api: Client, acme: Organization) -> None:
    first = send(api, "put", "customers/by-external-id/erp-7/", {"name": "Hélios"})
    second = send(api, "put", "customers/by-external-id/erp-7/", {"name": "Groupe Hélios"})

    assert (first.status_code, second.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert second.json() == {**first.json(), "name": "Groupe Hélios"}


def test_contacts_are_added_changed_and_listed_in_order(
    acme: Organization, api: Client, customer: Customer
) -> None:
    place = f"customers/{customer.pk}/contacts/"

    added = send(api, "post", place, {"name": "Ana", "phone": "0199001122"}).json()
    first = send(api, "patch", f"{place}{added['id']}/", {"rank": 1, "email": "ana@h.example"})

    assert first.json()["email"] == "ana@h.example"
    names = [contact["name"] for contact in api.get(f"/api/v1/{place}").json()]
    assert sorted(names) == ["", "Ana"]
    nobody = send(api, "post", place, {"name": "Nobody"})
    assert nobody.status_code == HTTPStatus.BAD_REQUEST
    with tenant_transaction(acme.pk):
        assert Contact.objects.count() == 2


def test_a_credit_note_is_recorded_and_read_back(api: Client, customer: Customer) -> None:
    body = {"number": "AV-1", "customer": str(customer.pk), "issued_on": "2026-02-01"}

    made = send(api, "post", "credit-notes/", {**body, "total": eur("50.00")})
    nothing = send(api, "post", "credit-notes/", {**body, "number": "AV-2", "total": eur("0.00")})

    assert made.status_code == HTTPStatus.CREATED
    assert made.json()["balance"] == eur("50.00")
    assert api.get(f"/api/v1/credit-notes/{made.json()['id']}/").json() == made.json()
    assert nothing.status_code == HTTPStatus.BAD_REQUEST
    owed = send(api, "post", "invoices/", said(customer)).json()["id"]
    place = f"credit-notes/{made.json()['id']}/set-off/"
    set_off = send(api, "post", place, {"invoice": owed, "amount": eur("20.00")})
    too_much = send(api, "post", place, {"invoice": owed, "amount": eur("30.01")})
    assert set_off.json()["balance"] == eur("30.00")
    assert (too_much.status_code, too_much.json()["code"]) == (409, "cannot_set_off")
    assert api.get(f"/api/v1/invoices/{owed}/").json()["balance"] == eur("1180.00")


def test_what_is_anothers_is_as_absent_as_what_never_was(
    acme: Organization, other: Organization, api: Client
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)

    for place, key in (("invoices", theirs.pk), ("customers", theirs.customer_id)):
        mine = api.get(f"/api/v1/{place}/{key}/")
        nobodys = api.get(f"/api/v1/{place}/999999999/")
        assert (mine.status_code, nobodys.status_code) == (404, 404)
        assert mine.content == nobodys.content
    refused = send(api, "post", "invoices/", said(theirs.customer))
    assert refused.json()["errors"] == {"customer": ["There is no such object."]}


def test_a_key_that_may_only_read_writes_nothing(acme: Organization, customer: Customer) -> None:
    _key, text = api_keys.issue(acme, name="reader", scopes=[Scope.READ])
    reader = Client(headers={"Authorization": f"Bearer {text}"})

    assert reader.get("/api/v1/invoices/").status_code == HTTPStatus.OK
    refused = send(reader, "post", "invoices/", said(customer))
    assert refused.status_code == HTTPStatus.FORBIDDEN


def test_the_api_describes_itself(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json", headers={"Accept": "application/json"})

    assert schema.status_code == HTTPStatus.OK
    paths = schema.json()["paths"]
    assert {"/api/v1/invoices/import/", "/api/v1/calls/{id}/outcome/"} <= set(paths)
    assert schema.json()["openapi"].startswith("3.1")

"""Statuses of electronic invoices, as a connector sends them."""

from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from dunning.models import Hold
from invoices.models import EInvoiceStatus, Invoice
from organizations import api_keys
from organizations.models import Organization, Scope
from tests import make

pytestmark = pytest.mark.usefixtures("now")
PATH = "/api/v1/einvoice-statuses/"


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        return make.invoice(acme, number="F-1", amounts={"2026-02-04": 120_000})


def send(api: Client, invoice: Invoice, code: str = "210", **said: Any) -> Any:
    headers = said.pop("headers", {})
    document = {"invoice": str(invoice.pk), "code": code, "at": "2026-02-13T08:00:00+00:00", **said}
    return api.post(PATH, document, content_type="application/json", headers=headers)


def kept(organization: Organization) -> int:
    with tenant_transaction(organization.pk):
        return EInvoiceStatus.objects.count()


def test_a_status_is_kept_and_read_again(api: Client, invoice: Invoice) -> None:
    made = send(
        api, invoice, "206", reason_code="PU_ERR", reason="Tarif 2025",
        amount={"amount": "900.00", "currency": "EUR"}, event_id="ev-1",
    )  # fmt: skip

    assert made.status_code == HTTPStatus.CREATED
    document = made.json()
    assert document == {
        "id": document["id"],
        "invoice": str(invoice.pk),
        "code": "206",
        "at": "2026-02-13T09:00:00+01:00",
        "reason_code": "PU_ERR",
        "reason": "Tarif 2025",
        "amount": {"amount": "900.00", "currency": "EUR"},
        "event_id": "ev-1",
        "source": "api",
        "received_at": "2026-02-13T10:00:00+01:00",
    }
    assert api.get(f"{PATH}{document['id']}/").json() == document


def test_the_list_keeps_those_of_an_invoice(
    acme: Organization, api: Client, invoice: Invoice
) -> None:
    with tenant_transaction(acme.pk):
        other = make.invoice(acme)
    send(api, invoice, "203")
    send(api, invoice, "205")
    send(api, other, "203")

    def codes(query: str) -> list[str]:
        return [found["code"] for found in api.get(PATH + query).json()["results"]]

    assert codes(f"?invoice={invoice.pk}") == ["205", "203"]
    assert codes("") == ["203", "205", "203"]
    assert codes("?invoice=none") == []


def test_a_refused_invoice_is_quiet_and_why_not_says_what_to_do(
    api: Client, invoice: Invoice
) -> None:
    send(api, invoice, "210", reason_code="CMD_ERR")

    answer = api.get(f"/api/v1/invoices/{invoice.pk}/next-action/").json()
    assert answer["date"] is None
    (blocker,) = answer["blockers"]
    assert (blocker["kind"], blocker["until"], blocker["since"]) == (
        "einvoice_status", None, "2026-02-13",
    )  # fmt: skip
    assert "avoir ou une facture rectificative" in blocker["reason"]
    assert "numéro de commande" in blocker["reason"]
    (hold,) = api.get("/api/v1/holds/?standing=true").json()["results"]
    assert (hold["kind"], hold["category"]) == ("einvoice_status", "210")


@pytest.mark.parametrize("event", ["", "ev-1"])
def test_a_status_sent_again_is_answered_with_the_one_that_is_known(
    acme: Organization, api: Client, invoice: Invoice, event: str
) -> None:
    first = send(api, invoice, event_id=event)
    again = send(api, invoice, event_id=event)

    assert (first.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.OK)
    assert again.json() == first.json()
    assert kept(acme) == 1


def test_an_event_that_stands_for_another_status_is_a_conflict(
    acme: Organization, api: Client, invoice: Invoice
) -> None:
    send(api, invoice, "205", event_id="ev-1")

    refused = send(api, invoice, "210", event_id="ev-1")

    assert refused.status_code == HTTPStatus.CONFLICT
    assert refused.json()["code"] == "einvoice_event_reused"
    assert kept(acme) == 1


def test_a_retry_with_its_idempotency_key_is_answered_alike(
    acme: Organization, api: Client, invoice: Invoice
) -> None:
    first = send(api, invoice, headers={"Idempotency-Key": "k-1"})
    again = send(api, invoice, headers={"Idempotency-Key": "k-1"})

    assert (first.status_code, again.status_code) == (HTTPStatus.CREATED, HTTPStatus.CREATED)
    assert again.json() == first.json()
    assert kept(acme) == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"code": "299"}, "code"),
        ({"code": ""}, "code"),
        ({"at": "yesterday"}, "at"),
        ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"reason_code": "taux faux"}, "reason_code"),
        ({"amount": 900}, "amount"),
        ({"event_id": "e" * 81}, "event_id"),
        ({"reason": "r" * 201}, "reason"),
        ({"status": "210"}, "status"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_field(
    acme: Organization, api: Client, invoice: Invoice, said: dict[str, Any], field: str
) -> None:
    refused = send(api, invoice, **said)

    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert list(refused.json()["errors"]) == [field]
    assert kept(acme) == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"at": "2026-03-13T08:00:00Z"}, "einvoice_status_ahead"),
        ({"amount": {"amount": "5.00", "currency": "USD"}}, "einvoice_amount_unfit"),
    ],
)
def test_what_cannot_be_is_a_conflict_with_a_sentence(
    acme: Organization, api: Client, invoice: Invoice, said: dict[str, Any], code: str
) -> None:
    refused = send(api, invoice, **said)

    assert refused.status_code == HTTPStatus.CONFLICT
    assert refused.json()["code"] == code
    assert refused.json()["detail"]
    assert kept(acme) == 0


def test_reading_is_not_enough_to_write(acme: Organization, invoice: Invoice) -> None:
    _key, text = api_keys.issue(acme, name="reader", scopes=[Scope.READ])
    reader = Client(headers={"Authorization": f"Bearer {text}"})

    refused = send(reader, invoice)

    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert reader.get(PATH).status_code == HTTPStatus.OK
    assert kept(acme) == 0


def test_the_invoice_of_another_organization_is_not_there(
    acme: Organization, other: Organization, api: Client
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)

    refused = send(api, theirs)

    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert list(refused.json()["errors"]) == ["invoice"]
    with tenant_transaction(other.pk):
        assert not Hold.objects.exists()


def test_a_list_costs_the_same_whatever_its_length(
    acme: Organization, api: Client, invoice: Invoice, django_assert_num_queries: Any
) -> None:
    send(api, invoice, "203")
    api.get(PATH)  # the key is noted as seen
    with CaptureQueriesContext(connection) as queries:
        api.get(PATH)
        of_one = len(queries)
    for code in ("204", "205", "212"):
        send(api, invoice, code)

    with django_assert_num_queries(of_one):
        assert len(api.get(PATH).json()["results"]) == 4

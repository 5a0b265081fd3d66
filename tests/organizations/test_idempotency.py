"""A retried POST is carried out once."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from invoices.models import Customer
from organizations.models import IdempotentRequest, Organization

CUSTOMERS = "/api/v1/customers/"


def post(api: Client, body: dict[str, Any], key: str) -> Any:
    return api.post(
        CUSTOMERS, json.dumps(body), "application/json", headers={"Idempotency-Key": key}
    )


def customers_of(organization: Organization) -> int:
    with tenant_transaction(organization.pk):
        return Customer.objects.count()


def test_a_retry_is_answered_alike_and_changes_nothing(api: Client, acme: Organization) -> None:
    first = post(api, {"code": "C1", "name": "Dupont"}, "k1")
    second = post(api, {"code": "C1", "name": "Dupont"}, "k1")

    assert first.status_code == second.status_code == HTTPStatus.CREATED
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    assert customers_of(acme) == 1


def test_another_request_under_the_same_key_is_refused(api: Client, acme: Organization) -> None:
    post(api, {"code": "C1", "name": "Dupont"}, "k1")

    response = post(api, {"code": "C2", "name": "Durand"}, "k1")

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert response.json()["code"] == "idempotency_key_reused"
    assert customers_of(acme) == 1


def test_a_refused_request_leaves_its_key_free(api: Client, acme: Organization) -> None:
    refused = post(api, {"code": "C1", "nom": "Dupont"}, "k1")
    accepted = post(api, {"code": "C1", "name": "Dupont"}, "k1")

    assert (refused.status_code, accepted.status_code) == (400, 201)
    assert refused.json()["errors"]["nom"] == ["Unknown field."]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_no_key_is_refused(api: Client, acme: Organization, key: str) -> None:
    response = post(api, {"code": "C1", "name": "Dupont"}, key)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert customers_of(acme) == 0
    with tenant_transaction(acme.pk):
        assert not IdempotentRequest.objects.exists()

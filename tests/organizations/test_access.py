"""Who comes in by which door."""

import json
from http import HTTPStatus

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from organizations import api_keys
from organizations.models import ApiKey, Organization, Role, Scope, TimelineEvent
from tests import make


def test_a_stranger_is_sent_to_sign_in(acme: Organization, client: Client) -> None:
    response = client.get(f"/o/{acme.slug}/settings/")

    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"] == f"/accounts/login/?next=/o/{acme.slug}/settings/"


def test_another_organization_is_as_absent_as_one_that_never_was(
    owner: Client, other: Organization
) -> None:
    theirs = owner.get(f"/o/{other.slug}/settings/")
    nobodys = owner.get("/o/nobody/settings/")

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.content == nobodys.content


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.ACCOUNTANT])
def test_a_member_without_the_role_is_told_which_one_is_needed(
    acme: Organization, client: Client, role: Role
) -> None:
    client.force_login(make.member(acme, role))

    response = client.get(f"/o/{acme.slug}/settings/")

    assert response.status_code == HTTPStatus.FORBIDDEN
    page = response.content.decode()
    assert "Changer les réglages" in page
    assert str(acme.memberships.get(role=Role.OWNER).user) in page


def test_a_person_signs_in_with_email_and_password(acme: Organization, client: Client) -> None:
    person = acme.memberships.get().user

    response = client.post(
        "/accounts/login/", {"login": person.email.upper(), "password": make.PASSWORD}
    )

    assert response.status_code == HTTPStatus.FOUND
    assert client.get("/")["Location"] == f"/o/{acme.slug}/"


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    acme: Organization, client: Client
) -> None:
    email = acme.memberships.get().user.email

    wrong = client.post("/accounts/login/", {"login": email, "password": "x" * 12})
    unknown = client.post("/accounts/login/", {"login": "no@b.example", "password": "x" * 12})

    assert wrong.status_code == unknown.status_code == HTTPStatus.OK
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_what_a_page_refuses_leaves_nothing_behind(acme: Organization, owner: Client) -> None:
    response = owner.post(f"/o/{acme.slug}/settings/", {"name": "Acme", "iban": "FR00"})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    acme.refresh_from_db()
    assert acme.iban == "FR7630006000011234567890189"
    with tenant_transaction(acme.pk):
        assert TimelineEvent.objects.count() == 1


def test_a_key_opens_its_own_organization(api: Client, acme: Organization) -> None:
    card = api.get("/api/v1/organization/").json()
    feed = api.get("/api/v1/events/").json()

    assert card["slug"] == acme.slug
    assert [event["kind"] for event in feed["results"]] == ["organizations.organization_opened"]
    assert (feed["next"], feed["previous"]) == (None, None)


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer enc_00000000_x", "Basic enc_1_2", "Bearer é"]
)
@pytest.mark.django_db
def test_no_key_or_a_wrong_one_is_refused(client: Client, header: str) -> None:
    response = client.get("/api/v1/events/", headers={"Authorization": header} if header else {})

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Content-Type"] == "application/problem+json"


def test_a_revoked_or_expired_key_opens_nothing(acme: Organization) -> None:
    key, text = api_keys.issue(acme, name="test")
    assert api_keys.find(text, at=make.AT) == key

    ApiKey.objects.filter(pk=key.pk).update(expires_at=make.AT)
    assert api_keys.find(text, at=make.AT) is None

    ApiKey.objects.filter(pk=key.pk).update(expires_at=None, revoked_at=make.AT)
    assert api_keys.find(text, at=make.AT) is None


def test_a_key_without_the_scope_is_refused(acme: Organization, client: Client) -> None:
    _key, text = api_keys.issue(acme, name="bank", scopes=[Scope.BANK])

    response = client.get("/api/v1/events/", headers={"Authorization": f"Bearer {text}"})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert json.loads(response.content)["code"] == "permission_denied"


def test_an_address_of_the_api_that_is_none_answers_in_its_manner(api: Client) -> None:
    response = api.get("/api/v1/nothing/")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json()["code"] == "not_found"

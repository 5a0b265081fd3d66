"""The pages about the organization itself."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from organizations.models import ApiKey, Membership, Organization, Role, TimelineEvent
from tests import make
from tests.make import ON

SETTINGS = {
    "name": "Acme",
    "address": "1 rue du Port",
    "postcode": "44000",
    "city": "Nantes",
    "email": "compta@acme.example",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "sending_hour": "10",
    "gap_days": "3",
    "cap_count": "2",
    "cap_days": "7",
    "habit_cap_days": "10",
    "backlog_per_day": "15",
}


def test_settings_are_saved_and_remembered(acme: Organization, owner: Client) -> None:
    response = owner.post(f"/o/{acme.slug}/settings/", SETTINGS)

    assert response.status_code == HTTPStatus.FOUND
    acme.refresh_from_db()
    assert (acme.sending_hour, acme.gap_days, acme.backlog_per_day) == (10, 3, 15)
    assert acme.iban == "FR7630006000011234567890189"
    with tenant_transaction(acme.pk):
        event = TimelineEvent.objects.latest("position")
        assert event.kind == "organizations.settings_changed"
        assert "gap_days" in event.data["fields"]


@pytest.mark.parametrize(
    "change",
    [
        {"iban": "FR76 3000 6000 0112 3456 7890 188"},
        {"siren": "732829321"},
        {"sending_hour": "24"},
        {"sending_hour": "noon"},
        {"cap_count": "0"},
        {"name": ""},
        {"email": "nobody"},
    ],
)
def test_wrong_settings_are_refused_and_nothing_is_saved(
    acme: Organization, owner: Client, change: dict[str, str]
) -> None:
    response = owner.post(f"/o/{acme.slug}/settings/", {**SETTINGS, **change})

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in response.content.decode()
    acme.refresh_from_db()
    assert acme.gap_days == 2


def test_settings_leave_alone_what_happened_while_they_were_written(
    acme: Organization, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from organizations import forms  # noqa: PLC0415  # patched below

    whole = forms.Identity.clean

    def clean_while_a_round_is_done(form: Any) -> dict[str, Any]:
        Organization.objects.update(last_round_on=ON)
        return whole(form)

    monkeypatch.setattr(forms.Identity, "clean", clean_while_a_round_is_done)
    owner.post(f"/o/{acme.slug}/settings/", SETTINGS)

    acme.refresh_from_db()
    assert (acme.last_round_on, acme.gap_days) == (ON, 3)


def test_a_key_is_shown_once_works_and_stops_when_it_is_revoked(
    acme: Organization, sure_owner: Client
) -> None:
    owner = sure_owner
    page = owner.post(f"/o/{acme.slug}/developers/", {"name": "ERP", "scopes": ["read"]})
    text = re.search(r"enc_[0-9a-f]+_[\w-]+", page.content.decode())
    assert text is not None
    program = Client(headers={"Authorization": f"Bearer {text[0]}"})

    before = program.get("/api/v1/invoices/").status_code
    owner.post(f"/o/{acme.slug}/developers/keys/{ApiKey.objects.get().pk}/revoke/")
    after = program.get("/api/v1/invoices/").status_code

    assert (before, after) == (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED)
    assert text[0] not in owner.get(f"/o/{acme.slug}/developers/").content.decode()


@pytest.mark.parametrize("page", ["settings/", "developers/"])
@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.ACCOUNTANT])
def test_only_the_owner_changes_the_organization(
    acme: Organization, client: Client, role: Role, page: str
) -> None:
    client.force_login(make.member(acme, role))

    assert client.get(f"/o/{acme.slug}/{page}").status_code == HTTPStatus.FORBIDDEN
    assert client.post(f"/o/{acme.slug}/{page}", SETTINGS).status_code == HTTPStatus.FORBIDDEN
    assert not ApiKey.objects.exists()


def test_a_new_person_opens_an_organization_and_is_its_owner(client: Client, db: None) -> None:
    client.force_login(make.user("new@firm.example"))

    opened = client.post("/orgs/new/", {"name": "Ferronnerie Aubry"})

    assert opened["Location"] == "/o/ferronnerie-aubry/start/"
    membership = Membership.objects.get()
    assert (membership.role, membership.organization.plan) == (Role.OWNER, "free")
    assert membership.organization.approval_until is not None


def test_who_works_for_two_organizations_chooses(
    acme: Organization, other: Organization, owner: Client
) -> None:
    person = acme.memberships.get().user
    Membership.objects.create(organization=other, user=person, role=Role.ACCOUNTANT)

    assert owner.get("/")["Location"] == "/orgs/"
    page = owner.get("/orgs/").content.decode()
    assert f"/o/{acme.slug}/" in page
    assert f"/o/{other.slug}/" in page

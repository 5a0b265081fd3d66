"""What a key opens, until when, from where, and how its secret is renewed."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from common.tenancy import tenant_transaction
from organizations import api_keys
from organizations.api_keys import KeyIsOver, NotANetwork, RotationUnderWay
from organizations.models import ApiKey, IdempotentRequest, Organization, Scope, TimelineEvent
from tests import make
from tests.concurrency import at_once

AT = make.AT


def kinds(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return [event.kind for event in TimelineEvent.objects.order_by("position")][1:]


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_both_secrets_open_for_a_day_after_a_rotation(inside_acme: Organization) -> None:
    key, old = api_keys.issue(inside_acme, name="ERP")

    new = api_keys.rotate(key, at=AT)

    day = timedelta(hours=24)
    assert api_keys.find(new, at=AT) == api_keys.find(old, at=AT) == key
    assert api_keys.find(old, at=AT + day - timedelta(seconds=1)) == key
    assert api_keys.find(old, at=AT + day) is None
    assert api_keys.find(new, at=AT + day) == key


def test_the_old_secret_can_be_ended_before(acme: Organization) -> None:
    key, old = api_keys.issue(acme, name="ERP")
    with tenant_transaction(acme.pk):
        new = api_keys.rotate(key, at=AT)

    with tenant_transaction(acme.pk):
        api_keys.end_old_secret(key, at=AT)
        api_keys.end_old_secret(key, at=AT)

    assert api_keys.find(old, at=AT) is None
    assert api_keys.find(new, at=AT) == key
    assert kinds(acme) == [
        "organizations.api_key_rotated",
        "organizations.api_key_old_secret_ended",
    ]


def test_a_second_rotation_waits_for_the_first(inside_acme: Organization) -> None:
    key, old = api_keys.issue(inside_acme, name="ERP")
    new = api_keys.rotate(key, at=AT)

    with pytest.raises(RotationUnderWay):
        api_keys.rotate(key, at=AT + timedelta(hours=23))

    assert api_keys.find(old, at=AT) == api_keys.find(new, at=AT) == key


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_is_refused() -> None:
    acme = make.organization("Acme")
    key, old = api_keys.issue(acme, name="ERP")

    def rotate() -> None:
        with tenant_transaction(acme.pk):
            api_keys.rotate(ApiKey.objects.get(pk=key.pk), at=AT)

    refused = at_once(rotate, rotate)

    assert refused == ["rotation_under_way"]
    assert api_keys.find(old, at=AT) == key


def test_a_key_that_is_over_is_not_renewed(inside_acme: Organization) -> None:
    revoked, _text = api_keys.issue(inside_acme, name="ERP")
    expired, _other = api_keys.issue(inside_acme, name="ERP", expires_at=AT)
    api_keys.revoke(revoked, at=AT)

    for key in (revoked, expired):
        with pytest.raises(KeyIsOver):
            api_keys.rotate(key, at=AT)

    assert not ApiKey.objects.filter(rotated_at__isnull=False).exists()


def test_neither_secret_outlives_the_key(inside_acme: Organization) -> None:
    soon = AT + timedelta(hours=1)
    key, old = api_keys.issue(inside_acme, name="ERP", expires_at=soon)
    new = api_keys.rotate(key, at=AT)

    assert api_keys.find(old, at=soon) is None
    assert api_keys.find(new, at=soon) is None


@pytest.mark.parametrize(
    ("networks", "address", "answer"),
    [
        ([], "203.0.113.9", "opens"),
        (["192.0.2.7"], "192.0.2.7", "opens"),
        (["192.0.2.7"], "192.0.2.8", "refuses"),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db8:1::5", "opens"),
        (["2001:db8::/32"], "192.0.2.8", "refuses"),
    ],
)
def test_a_key_opens_from_its_addresses_alone(
    acme: Organization, networks: list[str], address: str, answer: str
) -> None:
    key, _text = api_keys.issue(acme, name="ERP", networks=networks)

    assert api_keys.admits(key, ip_address(address)) is (answer == "opens")
    assert api_keys.admits(key, None) is not bool(networks)


def test_networks_are_kept_in_their_plain_form_once() -> None:
    read = api_keys.read_networks(["192.0.2.7/24", "192.0.2.0/24", "2001:DB8:0::1"])

    assert read == ["192.0.2.0/24", "2001:db8::1/128"]


@pytest.mark.parametrize(
    "texts",
    [["example.com"], ["192.0.2.300"], ["١٩٢.0.2.1"], ["fe80::1%eth0/64x"], ["1" * 5000]],
)
def test_what_is_no_network_is_refused(texts: list[str]) -> None:
    with pytest.raises(NotANetwork):
        api_keys.read_networks(texts)


def test_twenty_networks_are_the_most() -> None:
    twenty = [f"192.0.2.{n}" for n in range(20)]
    assert len(api_keys.read_networks(twenty)) == 20

    with pytest.raises(NotANetwork, match="20"):
        api_keys.read_networks([*twenty, "198.51.100.1"])


@pytest.mark.parametrize(
    ("proxies", "forwarded", "status"),
    [
        ([], "192.0.2.7", 403),  # anybody can write the header
        (["127.0.0.1/32"], "192.0.2.7", 200),
        (["127.0.0.1/32"], "192.0.2.7, 198.51.100.1", 403),  # only the last hop is the proxy's
        (["127.0.0.1/32", "198.51.100.0/24"], "192.0.2.7, 198.51.100.1", 200),
        (["127.0.0.1/32"], "nonsense", 403),
    ],
)
def test_the_address_is_a_proxys_word_only_where_it_is_trusted(
    acme: Organization,
    client: Client,
    settings: Settings,
    proxies: list[str],
    forwarded: str,
    status: int,
) -> None:
    settings.TRUSTED_PROXIES = [ip_network(text) for text in proxies]
    _key, text = api_keys.issue(acme, name="ERP", networks=["192.0.2.7"])

    response = client.get(
        "/api/v1/organization/", headers={**bearer(text), "X-Forwarded-For": forwarded}
    )

    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "address_not_allowed"


def test_the_last_use_is_written_once_a_minute(
    acme: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key, _text = api_keys.issue(acme, name="ERP")
    here, there = ip_address("192.0.2.7"), ip_address("2001:db8::1")

    api_keys.note_use(key, address=here, at=AT)
    key.refresh_from_db()
    with django_assert_num_queries(0):
        api_keys.note_use(key, address=there, at=AT + timedelta(seconds=59))
    assert (key.last_used_at, key.last_used_from) == (AT, "192.0.2.7")

    api_keys.note_use(key, address=there, at=AT + timedelta(seconds=60))
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_from) == (AT + timedelta(seconds=60), "2001:db8::1")


def test_a_call_notes_when_and_from_where(api: Client, now: None) -> None:
    api.get("/api/v1/organization/")

    key = ApiKey.objects.get()
    assert (key.last_used_at, key.last_used_from) == (AT, "127.0.0.1")


# The resource


def test_a_key_made_over_the_api_shows_its_secret_once(
    api: Client, acme: Organization, now: None
) -> None:
    body = {"name": "ERP", "scopes": ["read"], "expires_in_days": 90, "networks": ["127.0.0.1"]}
    made = api.post("/api/v1/api-keys/", body, "application/json", headers={"Idempotency-Key": "1"})
    again = api.post(
        "/api/v1/api-keys/", body, "application/json", headers={"Idempotency-Key": "1"}
    )

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert made.json()["expires_at"] == "2026-05-14T11:00:00+02:00"
    assert Client(headers=bearer(secret)).get("/api/v1/organization/").status_code == 200
    assert (again.status_code, again.json()["secret"]) == (201, None)
    with tenant_transaction(acme.pk):
        assert secret.encode() not in bytes(IdempotentRequest.objects.get().body)
    listed = api.get("/api/v1/api-keys/").json()["results"]
    assert [key["name"] for key in listed] == ["ERP", "test"]
    assert all("secret" not in key and "secret_hash" not in key for key in listed)
    assert kinds(acme) == ["organizations.api_key_issued"]


def test_a_key_gives_no_more_than_it_has(acme: Organization) -> None:
    _key, text = api_keys.issue(acme, name="little", scopes=[Scope.READ, Scope.ADMIN])
    big, _big = api_keys.issue(acme, name="big")
    little = Client(headers=bearer(text))

    answers = [
        little.post(
            "/api/v1/api-keys/",
            {"name": "more", "scopes": ["read", "bank"]},
            "application/json",
        ),
        little.post(f"/api/v1/api-keys/{big.pk}/rotate/"),
        little.patch(f"/api/v1/api-keys/{big.pk}/", {"networks": []}, "application/json"),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert {answer.json()["code"] for answer in answers} == {"scopes_exceeded"}
    assert answers[0].json()["scopes"] == "bank"
    assert ApiKey.objects.count() == 2
    assert kinds(acme) == []


@pytest.mark.parametrize("scopes", [[Scope.READ], [Scope.READ, Scope.WRITE, Scope.BANK]])
def test_only_an_admin_key_sees_or_touches_keys(acme: Organization, scopes: list[Scope]) -> None:
    key, text = api_keys.issue(acme, name="reader", scopes=scopes)
    reader = Client(headers=bearer(text))

    answers = [
        reader.get("/api/v1/api-keys/"),
        reader.get(f"/api/v1/api-keys/{key.pk}/"),
        reader.post("/api/v1/api-keys/", {"name": "x", "scopes": ["read"]}, "application/json"),
        reader.post(f"/api/v1/api-keys/{key.pk}/rotate/"),
        reader.post(f"/api/v1/api-keys/{key.pk}/revoke/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert ApiKey.objects.get().revoked_at is None


def test_another_organizations_key_is_absent(api: Client, other: Organization) -> None:
    theirs, _text = api_keys.issue(other, name="theirs")

    answers = [
        api.get(f"/api/v1/api-keys/{theirs.pk}/"),
        api.post(f"/api/v1/api-keys/{theirs.pk}/rotate/"),
        api.post(f"/api/v1/api-keys/{theirs.pk}/revoke/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    theirs.refresh_from_db()
    assert (theirs.rotated_at, theirs.revoked_at) == (None, None)


def test_a_key_is_rotated_ended_and_revoked_over_the_api(api: Client, acme: Organization) -> None:
    key, old = api_keys.issue(acme, name="ERP", scopes=[Scope.READ])
    at = f"/api/v1/api-keys/{key.pk}/"

    def opens(text: str) -> bool:
        return Client(headers=bearer(text)).get("/api/v1/organization/").status_code == 200

    rotated = api.post(f"{at}rotate/").json()
    assert rotated["old_secret_until"] is not None
    assert opens(old)
    assert opens(rotated["secret"])

    assert api.post(f"{at}end-old-secret/").json()["old_secret_until"] is None
    assert not opens(old)

    assert api.patch(at, {"networks": ["192.0.2.0/24"]}, "application/json").status_code == 200
    assert not opens(rotated["secret"])

    assert api.post(f"{at}revoke/").json()["revoked_at"] is not None
    assert api.post(f"{at}revoke/").json()["code"] == "key_is_over"
    assert kinds(acme) == [
        f"organizations.api_key_{what}"
        for what in ("rotated", "old_secret_ended", "held_to_networks", "revoked")
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_in_days": 31},
        {"expires_in_days": -90},
        {"networks": "127.0.0.1"},
        {"organization": "2"},
        {"prefix": "00000000"},
        {"name": ""},
    ],
)
def test_a_wrong_key_is_not_made(
    api: Client, acme: Organization, wrong: Mapping[str, object]
) -> None:
    body = {"name": "ERP", "scopes": ["read"], **wrong}

    response = api.post("/api/v1/api-keys/", body, "application/json")

    assert response.status_code == 400
    assert ApiKey.objects.count() == 1


# The pages


def test_an_owner_rotates_and_sees_the_new_secret_once(
    acme: Organization, sure_owner: Client
) -> None:
    owner = sure_owner
    key, old = api_keys.issue(acme, name="ERP")
    at = f"/o/{acme.slug}/developers/keys/{key.pk}/"

    page = owner.post(f"{at}rotate/").content.decode()

    secret = page.partition(f"enc_{key.prefix}_")[2].partition("<")[0]
    assert api_keys.find(f"enc_{key.prefix}_{secret}", at=AT) == key
    assert api_keys.find(old, at=AT) == key
    assert secret not in owner.get(at).content.decode()
    owner.post(f"{at}end-old-secret/")
    assert api_keys.find(old, at=AT) is None


def test_a_wrong_network_is_said_at_its_field(acme: Organization, owner: Client) -> None:
    key, _text = api_keys.issue(acme, name="ERP")
    at = f"/o/{acme.slug}/developers/keys/{key.pk}/"

    refused = owner.post(at, {"networks": "192.0.2.7\nexample.com"})
    assert refused.status_code == 422
    assert "example.com" in refused.context["form"].errors["networks"][0]

    owner.post(at, {"networks": "192.0.2.7\n2001:db8::/32"})
    key.refresh_from_db()
    assert key.networks == ["192.0.2.7/32", "2001:db8::/32"]

"""Who may send the money elsewhere needs more than a password."""

import re
import time
from http import HTTPStatus
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.test import Client

from organizations.models import Organization, Role, User
from tests import make

SET_UP = "/accounts/2fa/"


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def code_of(secret: str) -> str:
    counter = int(time.time()) // 30
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))


def enrol(browser: Client) -> str:
    """Set an app up, as a person does; return its key."""
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'<code translate="no">([A-Z2-7]+)</code>', page)
    assert secret is not None
    browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret[1])})
    return secret[1]


def app_of(user: User) -> str:
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    return str(secret)


def test_pages_lead_an_owner_without_a_second_factor_to_the_set_up(
    acme: Organization, owner: Client, required: None
) -> None:
    page = owner.get(f"/o/{acme.slug}/")
    posted = owner.post(f"/o/{acme.slug}/settings/", {"name": "Other"})

    acme.refresh_from_db()
    assert (page.status_code, page["Location"]) == (HTTPStatus.FOUND, SET_UP)
    assert (posted.status_code, posted["Location"]) == (HTTPStatus.FOUND, SET_UP)
    assert acme.name == "Acme"
    assert "mot de passe seul ne suffit donc pas" in owner.get(SET_UP).content.decode()


def test_fragments_lead_the_whole_page_to_the_set_up(
    acme: Organization, owner: Client, required: None
) -> None:
    fragment = owner.get(f"/o/{acme.slug}/invoices/", headers={"HX-Request": "true"})

    assert (fragment.status_code, fragment["HX-Redirect"]) == (HTTPStatus.OK, SET_UP)
    assert fragment.content == b""


def test_pages_open_once_an_app_is_set_up_and_ten_codes_are_shown(
    acme: Organization, sure_owner: Client, required: None
) -> None:
    enrol(sure_owner)

    assert sure_owner.get(f"/o/{acme.slug}/").status_code == HTTPStatus.OK
    codes = sure_owner.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(set(re.findall(r"<code>(\d{8})</code>", codes))) == 10


def test_recovery_codes_alone_are_no_second_factor(
    acme: Organization, owner: Client, required: None
) -> None:
    RecoveryCodes.activate(acme.memberships.get().user)

    assert owner.get(f"/o/{acme.slug}/")["Location"] == SET_UP


def test_signing_out_stays_possible_without_a_second_factor(owner: Client, required: None) -> None:
    owner.post("/accounts/logout/")

    assert "_auth_user_id" not in owner.session


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.ACCOUNTANT])
def test_who_may_not_change_bank_details_comes_in_with_a_password(
    acme: Organization, client: Client, required: None, role: Role
) -> None:
    client.force_login(make.member(acme, role))

    assert client.get(f"/o/{acme.slug}/").status_code == HTTPStatus.OK


def test_nobody_needs_one_where_it_is_not_required(acme: Organization, owner: Client) -> None:
    assert owner.get(f"/o/{acme.slug}/").status_code == HTTPStatus.OK


def test_signing_in_asks_for_the_second_factor(
    acme: Organization, client: Client, required: None
) -> None:
    person = acme.memberships.get().user
    secret = app_of(person)

    first = client.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})
    between = client.get(f"/o/{acme.slug}/")
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert first["Location"].startswith("/accounts/2fa/authenticate/")
    assert between["Location"].startswith("/accounts/login/")
    assert wrong.status_code == HTTPStatus.OK
    assert right["Location"] == "/"
    assert client.get(f"/o/{acme.slug}/").status_code == HTTPStatus.OK


def test_a_recovery_code_signs_in_once(acme: Organization, client: Client) -> None:
    person = acme.memberships.get().user
    app_of(person)
    (code, *_others) = RecoveryCodes.activate(person).get_unused_codes()
    login = {"login": person.email, "password": make.PASSWORD}

    client.post("/accounts/login/", login)
    first = client.post("/accounts/2fa/authenticate/", {"code": code})
    client.post("/accounts/logout/")
    client.post("/accounts/login/", login)
    second = client.post("/accounts/2fa/authenticate/", {"code": code})

    assert (first.status_code, second.status_code) == (HTTPStatus.FOUND, HTTPStatus.OK)
    assert "_auth_user_id" not in client.session


def test_an_owner_cannot_remove_the_last_second_factor(
    acme: Organization, sure_owner: Client, required: None
) -> None:
    enrol(sure_owner)

    page = sure_owner.get("/accounts/2fa/totp/deactivate/").content.decode()
    sure_owner.post("/accounts/2fa/totp/deactivate/")

    assert "Votre rôle demande un second facteur" in page
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_a_passkey_that_is_the_last_second_factor_stays(
    acme: Organization, sure_owner: Client, required: None
) -> None:
    passkey = a_passkey(acme.memberships.get().user)
    address = f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/"

    sure_owner.post(address)
    kept = Authenticator.objects.filter(pk=passkey.pk).exists()
    app_of(passkey.user)
    sure_owner.post(address)

    assert kept
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()


def test_an_app_may_go_where_no_second_factor_is_required(
    acme: Organization, sure_owner: Client
) -> None:
    enrol(sure_owner)

    sure_owner.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"],
)
def test_second_factors_change_only_for_who_has_just_said_who_is_there(
    owner: Client, address: str
) -> None:
    answer = owner.get(f"/accounts/2fa/{address}")

    assert answer["Location"].startswith("/accounts/reauthenticate/")


def a_passkey(user: User) -> Authenticator:
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Clé", "credential": {}}
    )

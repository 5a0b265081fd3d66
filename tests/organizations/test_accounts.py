"""Signing in, signing up, sessions: what a stranger learns, and what the person sees."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from organizations import presence
from organizations.models import Organization, User
from tests import make

UNKNOWN = "nobody@nowhere.example"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


@pytest.fixture
def outbox(settings: Any) -> None:
    """Mail leaves, so addresses are confirmed."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def limits(settings: Any) -> None:
    """Limits as in production, counted for this test alone."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4()}"}
    settings.CACHES = {"default": default}
    settings.ACCOUNT_RATE_LIMITS = {}


def alike(answer: object, *, email: str) -> tuple[int, str, str]:
    """Return what a stranger sees of an answer, but for what he typed and the form's token."""
    text = answer.content.decode().replace(email, "")  # type: ignore[attr-defined]
    text = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "", text)
    return answer.status_code, answer.headers.get("Location", ""), text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/accounts/login/", {"login": "", "password": "not the right one"}),
        ("/accounts/signup/", {"email": "", "password1": "correct horse battery"}),
        ("/accounts/password/reset/", {"email": ""}),
    ],
)
def test_a_known_address_is_answered_as_an_unknown_one(
    acme: Organization, outbox: None, address: str, fields: dict[str, str]
) -> None:
    known = acme.memberships.get().user.email
    seen = []

    for email in (known, UNKNOWN):
        browser = Client()
        typed = {name: value or email for name, value in fields.items()}
        answer = browser.post(address, typed)
        following = browser.get(answer["Location"]) if answer.has_header("Location") else answer
        seen.append((alike(answer, email=email), alike(following, email=email)))

    assert seen[0] == seen[1]


def test_signing_up_again_writes_to_the_known_person_and_makes_no_account(
    acme: Organization, client: Client, outbox: None
) -> None:
    person = acme.memberships.get().user

    client.post("/accounts/signup/", {"email": person.email, "password1": "correct horse battery"})

    assert User.objects.count() == 1
    assert [message.to for message in mail.outbox] == [[person.email]]
    assert person.check_password(make.PASSWORD)


def test_a_new_address_opens_nothing_before_it_is_confirmed(
    client: Client, db: None, outbox: None
) -> None:
    new = {"email": "new@firm.example", "password1": "correct horse battery"}
    login = {"login": "new@firm.example", "password": "correct horse battery"}

    client.post("/accounts/signup/", new)
    early = client.post("/accounts/login/", login)
    link = re.search(r"/accounts/confirm-email/\S+/", str(mail.outbox[0].body))
    assert link is not None
    client.post(link[0])
    late = client.post("/accounts/login/", login)

    assert early["Location"] == "/accounts/confirm-email/"
    assert late["Location"] == "/"
    assert EmailAddress.objects.get().verified


def test_who_was_made_by_a_command_has_no_address_to_confirm(
    acme: Organization, client: Client
) -> None:
    person = acme.memberships.get().user

    answer = client.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})

    assert answer["Location"] == "/"


@pytest.mark.parametrize("email", ["alice@acme.example", UNKNOWN])
def test_the_sixth_wrong_password_is_answered_with_429_and_the_wait(
    acme: Organization, client: Client, limits: None, email: str
) -> None:
    User.objects.update(email="alice@acme.example")
    wrong = {"login": email, "password": "not the right one"}

    statuses = [client.post("/accounts/login/", wrong).status_code for _try in range(5)]
    sixth = client.post("/accounts/login/", wrong)
    right = client.post("/accounts/login/", {"login": email, "password": make.PASSWORD})

    assert statuses == [HTTPStatus.OK] * 5
    assert sixth.status_code == right.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "cinq minutes" in sixth.content.decode()


def test_who_is_refused_at_one_address_is_not_refused_at_another(
    acme: Organization, client: Client, limits: None
) -> None:
    person = acme.memberships.get().user
    for _try in range(6):
        client.post("/accounts/login/", {"login": UNKNOWN, "password": "not the right one"})

    answer = Client(REMOTE_ADDR="192.0.2.7").post(
        "/accounts/login/", {"login": person.email, "password": make.PASSWORD}
    )

    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("proxies", "status"),
    [([], HTTPStatus.TOO_MANY_REQUESTS), (["127.0.0.1/32"], HTTPStatus.OK)],
)
def test_tries_are_counted_by_person_where_a_trusted_proxy_tells_them_apart(
    acme: Organization,
    client: Client,
    limits: None,
    settings: Any,
    proxies: list[str],
    status: int,
) -> None:
    settings.TRUSTED_PROXIES = [ip_network(text) for text in proxies]

    def answer(guess: int, *, from_: str) -> int:
        wrong = {"login": f"guess{guess}@acme.example", "password": "not the right one"}
        return client.post(
            "/accounts/login/", wrong, headers={"X-Forwarded-For": from_}
        ).status_code

    tries = [answer(guess, from_="192.0.2.7") for guess in range(11)]

    assert tries[-1] == HTTPStatus.TOO_MANY_REQUESTS
    assert answer(11, from_="192.0.2.8") == status


def test_the_session_key_changes_when_somebody_signs_in(acme: Organization, client: Client) -> None:
    person = acme.memberships.get().user
    client.get("/accounts/login/")
    session = client.session
    session["something"] = "typed before"
    session.save()
    client.cookies["session"] = before = str(session.session_key)

    client.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})

    assert client.cookies["session"].value not in {"", before}
    assert not client.session.exists(before)


def signed_in(person: User, *, device: str = FIREFOX, ip: str = "192.0.2.1") -> Client:
    browser = Client(REMOTE_ADDR=ip, headers={"User-Agent": device})
    browser.post("/accounts/login/", {"login": person.email, "password": make.PASSWORD})
    return browser


def is_in(browser: Client) -> bool:
    return browser.get("/accounts/sessions/").status_code == HTTPStatus.OK


def test_sessions_are_listed_with_device_and_address(acme: Organization) -> None:
    person = acme.memberships.get().user
    here = signed_in(person)
    signed_in(person, device=EDGE, ip="198.51.100.9")

    page = here.get("/accounts/sessions/").content.decode()

    assert "Firefox, Linux" in page
    assert "Edge, Windows" in page
    assert "198.51.100.9" in page


def test_one_session_is_ended_and_the_others_stay(acme: Organization) -> None:
    person = acme.memberships.get().user
    here, there, elsewhere = signed_in(person), signed_in(person), signed_in(person)
    ended = UserSession.objects.get(session_key=there.session.session_key)

    here.post(f"/accounts/sessions/{ended.pk}/end/")

    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, True)


def test_all_other_sessions_are_ended_at_once(acme: Organization, other: Organization) -> None:
    person = acme.memberships.get().user
    here, there, elsewhere = signed_in(person), signed_in(person), signed_in(person)
    stranger = signed_in(other.memberships.get().user)

    here.post("/accounts/sessions/")

    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, False)
    assert is_in(stranger)


def test_the_session_of_somebody_else_is_not_there(acme: Organization, other: Organization) -> None:
    stranger = signed_in(other.memberships.get().user)
    signed_in(acme.memberships.get().user)
    theirs = UserSession.objects.get(user=acme.memberships.get().user)

    answer = stranger.post(f"/accounts/sessions/{theirs.pk}/end/")

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert UserSession.objects.filter(pk=theirs.pk).exists()


def test_a_new_password_ends_all_other_sessions(acme: Organization) -> None:
    person = acme.memberships.get().user
    here, there = signed_in(person), signed_in(person)

    new = "another long phrase"
    here.post(
        "/accounts/password/change/",
        {"oldpassword": make.PASSWORD, "password1": new, "password2": new},
    )

    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize(
    ("header", "named"),
    [(FIREFOX, "Firefox, Linux"), (EDGE, "Edge, Windows"), ("curl/8.5", "curl/8.5"), ("", "")],
)
def test_a_device_is_named_by_what_it_says(header: str, named: str) -> None:
    assert presence.device(header) == named


def of_accounts() -> Iterator[str]:
    """Give each address under /accounts/ that needs nothing to be known."""
    for part in get_resolver().url_patterns:
        if isinstance(part, URLResolver) and str(part.pattern) == "accounts/":
            yield from _addresses(part, "/accounts/")


def _addresses(resolver: URLResolver, before: str) -> Iterator[str]:
    for part in resolver.url_patterns:
        address = before + str(part.pattern)
        if isinstance(part, URLPattern) and "<" not in address and "(" not in address:
            yield address.replace("\\Z", "")
        elif isinstance(part, URLResolver):
            yield from _addresses(part, address)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_of_an_account_looks_like_ours_or_is_not_there(
    sure_owner: Client, language: str
) -> None:
    addresses = sorted(set(of_accounts()))
    looked_at, strange = 0, []

    for browser in (Client(), sure_owner):
        for address in addresses:
            answer = browser.get(address, headers={"Accept-Language": language})
            assert answer.status_code in {HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.NOT_FOUND}
            if answer.status_code == HTTPStatus.OK:
                looked_at += 1
                page = answer.content.decode()
                if f'<html lang="{language}">' not in page or 'class="door"' not in page:
                    strange.append(address)

    assert looked_at > 15
    assert strange == []

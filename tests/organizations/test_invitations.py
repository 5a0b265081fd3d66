"""Inviting, and joining with the link."""

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from common.tenancy import tenant_transaction
from organizations import invitations
from organizations.models import Invitation, Membership, Organization, TimelineEvent, User
from organizations.rights import Role
from tests import make
from tests.make import AT

pytestmark = pytest.mark.usefixtures("now")
EMAIL = "lea@acme.example"


def _invite(organization: Organization, email: str = EMAIL, role: Role = Role.COLLECTOR) -> str:
    """Invite somebody and return the address of the link."""
    with tenant_transaction(organization.pk):
        by = organization.memberships.owners()[0]
        _made, token = invitations.invite(email, role=role, by=by, at=AT)
    return f"/join/{token}/"


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _said(answer: Any, link: str) -> str:
    """Return a page without what differs by nature: its own address, and the form's token."""
    return re.sub(r"\w{64}", "", answer.content.decode().replace(link, ""))


def test_an_invitation_leaves_by_email_and_its_link_is_shown_this_once(
    acme: Organization,
    owner: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = owner.post(
            f"/o/{acme.slug}/settings/team/invite/",
            {"email": "LEA@acme.example", "role": "manager"},
        )

    [letter] = mail.outbox
    link = re.search(r"http://\S+/join/[\w-]{43}/", str(letter.body))
    assert letter.to == [EMAIL]
    assert letter.subject == "Alice Martin vous invite dans Acme"
    assert link is not None
    assert link[0] in page.content.decode()
    assert link[0] not in owner.get(f"/o/{acme.slug}/settings/team/").content.decode()
    token = link[0].rstrip("/").rpartition("/")[2]
    assert not Invitation.objects.filter(token_hash__contains=token).exists()


def test_who_is_invited_joins_in_the_role_named(acme: Organization) -> None:
    link, person = _invite(acme), make.user(EMAIL)
    browser = _browser(person)

    seen = browser.get(link)
    joined = browser.post(f"{link}yes/")

    assert seen.status_code == HTTPStatus.OK
    assert joined["Location"] == f"/o/{acme.slug}/"
    assert Membership.objects.get(user=person).role == Role.COLLECTOR
    with tenant_transaction(acme.pk):
        event = TimelineEvent.objects.latest("position")
    assert (event.kind, event.actor) == ("organizations.member_joined", f"user:{person.pk}")


def test_looking_at_the_link_changes_nothing(acme: Organization) -> None:
    link, person = _invite(acme), make.user(EMAIL)

    _browser(person).get(link)

    assert not Membership.objects.filter(user=person).exists()
    assert Invitation.objects.standing(at=AT).count() == 1


def test_who_has_no_account_opens_one_and_comes_back(acme: Organization, client: Client) -> None:
    link = _invite(acme)
    page = client.get(link).content.decode()
    signup = re.search(r'href="(/accounts/signup/\?next=[^"]+)"', page)
    assert signup is not None

    opened = client.post(signup[1], {"email": EMAIL, "password1": make.PASSWORD, "next": link})
    joined = client.post(f"{link}yes/")

    assert opened["Location"] == link
    assert joined["Location"] == f"/o/{acme.slug}/"


def test_a_link_used_from_another_address_is_refused(acme: Organization) -> None:
    link, somebody = _invite(acme), make.user("other@acme.example")
    browser = _browser(somebody)

    seen, joined = browser.get(link), browser.post(f"{link}yes/")

    assert (seen.status_code, joined.status_code) == (HTTPStatus.FORBIDDEN,) * 2
    assert EMAIL not in seen.content.decode()
    assert not Membership.objects.filter(user=somebody).exists()


def test_used_revoked_expired_replaced_and_invented_links_are_answered_alike(
    acme: Organization,
) -> None:
    used, person = _invite(acme), make.user(EMAIL)
    browser = _browser(person)
    browser.post(f"{used}yes/")
    with tenant_transaction(acme.pk):
        acme.memberships.filter(user=person).delete()
    replaced = _invite(acme)
    revoked = _invite(acme)
    with tenant_transaction(acme.pk):
        invitations.revoke(Invitation.objects.pending().get(), at=AT)
    expired = _invite(acme)

    with time_machine.travel(AT + timedelta(days=7), tick=False):
        browser = _browser(person)
        links = [used, replaced, revoked, expired, "/join/" + "x" * 43 + "/"]
        seen = [browser.get(link) for link in links]
        joined = [browser.post(f"{link}yes/") for link in links]

    assert {answer.status_code for answer in seen + joined} == {HTTPStatus.NOT_FOUND}
    assert len({_said(answer, link) for answer, link in zip(seen, links, strict=True)}) == 1
    assert len({_said(answer, link) for answer, link in zip(joined, links, strict=True)}) == 1
    assert not acme.memberships.filter(user=person).exists()


def test_an_invitation_works_until_the_last_moment(acme: Organization) -> None:
    link, person = _invite(acme), make.user(EMAIL)

    with time_machine.travel(AT + timedelta(days=7) - timedelta(seconds=1), tick=False):
        _browser(person).post(f"{link}yes/")

    assert acme.memberships.filter(user=person).exists()


def test_sending_again_makes_another_link_and_ends_the_one_before(
    acme: Organization, owner: Client
) -> None:
    first, person = _invite(acme), make.user(EMAIL)
    invitation = Invitation.objects.get()

    page = owner.post(f"/o/{acme.slug}/settings/team/invitations/{invitation.pk}/send/")
    second = re.search(r"/join/[\w-]+/", page.content.decode())

    assert second is not None
    assert _browser(person).get(first).status_code == HTTPStatus.NOT_FOUND
    assert _browser(person).get(second[0]).status_code == HTTPStatus.OK


def test_a_revoked_invitation_is_not_sent_again(acme: Organization, owner: Client) -> None:
    _invite(acme)
    invitation = Invitation.objects.get()
    address = f"/o/{acme.slug}/settings/team/invitations/{invitation.pk}"
    owner.post(f"{address}/revoke/")

    again = owner.post(f"{address}/send/")

    assert again.status_code == HTTPStatus.CONFLICT
    assert not Invitation.objects.pending().exists()


def test_another_organizations_invitation_is_not_there(
    acme: Organization, other: Organization, owner: Client
) -> None:
    _invite(other)
    theirs = Invitation.objects.get()
    address = f"/o/{acme.slug}/settings/team/invitations"

    answers = [
        owner.post(f"{address}/{key}/{verb}/")
        for key in (theirs.pk, 987654)
        for verb in ("send", "revoke")
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.NOT_FOUND}
    assert Invitation.objects.pending().count() == 1


def test_a_member_is_not_invited_again(acme: Organization, owner: Client) -> None:
    person = make.member(acme, Role.READER)

    answer = owner.post(
        f"/o/{acme.slug}/settings/team/invite/", {"email": person.email, "role": "collector"}
    )

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", ["owner", "developer", "king", ""])
def test_a_manager_invites_nobody_into_more_than_he_has(acme: Organization, role: str) -> None:
    browser = _browser(make.member(acme, Role.MANAGER))

    answer = browser.post(f"/o/{acme.slug}/settings/team/invite/", {"email": EMAIL, "role": role})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not Invitation.objects.exists()


def test_two_who_use_one_link_make_one_member(acme: Organization) -> None:
    link, person = _invite(acme), make.user(EMAIL)
    browser = _browser(person)

    answers = [browser.post(f"{link}yes/").status_code for _again in range(2)]

    assert answers == [HTTPStatus.FOUND, HTTPStatus.NOT_FOUND]
    assert acme.memberships.filter(user=person).count() == 1

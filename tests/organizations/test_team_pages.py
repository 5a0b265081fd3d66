"""The team page: what it shows, whom it lets do what, and who is a stranger afterwards."""

from datetime import timedelta
from http import HTTPStatus

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from invoices.models import Customer
from organizations.models import Membership, Organization
from organizations.rights import Right, Role
from tests import make
from tests.make import AT

pytestmark = pytest.mark.usefixtures("now")


def _browser(organization: Organization, role: Role) -> tuple[Client, Membership]:
    person, browser = make.member(organization, role), Client()
    browser.force_login(person)
    return browser, organization.memberships.get(user=person)


def _team(organization: Organization) -> str:
    return f"/o/{organization.slug}/settings/team/"


def test_a_removed_member_is_a_stranger_with_the_next_click(
    acme: Organization, owner: Client
) -> None:
    browser, member = _browser(acme, Role.COLLECTOR)
    before = browser.get(f"/o/{acme.slug}/customers/").status_code

    removed = owner.post(f"{_team(acme)}{member.pk}/remove/")

    assert (before, removed.status_code) == (HTTPStatus.OK, HTTPStatus.FOUND)
    for page in ("customers/", "settings/team/", "nothing/"):
        assert browser.get(f"/o/{acme.slug}/{page}").status_code == HTTPStatus.NOT_FOUND
    assert browser.get("/")["Location"] == "/orgs/new/"  # still signed in, with nowhere to go


def test_a_right_that_is_withheld_is_gone_with_the_next_click(
    acme: Organization, owner: Client
) -> None:
    browser, member = _browser(acme, Role.DEVELOPER)
    before = browser.get(f"/o/{acme.slug}/developers/").status_code

    owner.post(f"{_team(acme)}{member.pk}/rights/", {"rights": ["export"]})

    assert before == HTTPStatus.OK
    assert browser.get(f"/o/{acme.slug}/developers/").status_code == HTTPStatus.FORBIDDEN


def test_a_member_leaves_and_his_customers_are_nobodys(acme: Organization) -> None:
    browser, member = _browser(acme, Role.COLLECTOR)
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        Customer.objects.update(in_charge=member)

    left = browser.post(f"{_team(acme)}leave/")

    assert left["Location"] == "/"
    assert not acme.memberships.filter(pk=member.pk).exists()
    with tenant_transaction(acme.pk):
        customer.refresh_from_db()
        assert customer.in_charge_id is None


def test_the_last_owner_is_told_that_he_cannot_leave(acme: Organization, owner: Client) -> None:
    answer = owner.post(f"{_team(acme)}leave/")

    assert answer.status_code == HTTPStatus.CONFLICT
    assert "dernier propriétaire" in answer.content.decode()
    assert acme.memberships.count() == 1


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.ACCOUNTANT, Role.DEVELOPER, Role.READER])
def test_only_who_manages_the_team_changes_it(acme: Organization, role: Role) -> None:
    browser, member = _browser(acme, role)
    own = f"{_team(acme)}{member.pk}/"

    answers = [
        browser.get(own),
        browser.post(f"{own}role/", {"role": "owner"}),
        browser.post(f"{own}rights/", {"rights": Right.values}),
        browser.post(f"{own}hand-over/"),
        browser.post(f"{own}remove/"),
        browser.post(f"{_team(acme)}invite/", {"email": "a@b.example", "role": "reader"}),
    ]

    assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}
    page = browser.get(_team(acme)).content.decode()
    assert "Inviter quelqu’un" not in page
    assert "Rôle et droits" not in page


def test_another_organizations_member_is_not_there(
    acme: Organization, other: Organization, owner: Client
) -> None:
    theirs = other.memberships.get()

    for key in (theirs.pk, 987654):
        own = f"{_team(acme)}{key}/"
        answers = [
            owner.get(own),
            owner.post(f"{own}role/", {"role": "read_only"}),
            owner.post(f"{own}rights/", {}),
            owner.post(f"{own}hand-over/", {"colleague": acme.memberships.get().pk}),
            owner.post(f"{own}remove/"),
        ]
        assert {answer.status_code for answer in answers} == {HTTPStatus.NOT_FOUND}

    theirs.refresh_from_db()
    assert theirs.role == Role.OWNER


@pytest.mark.parametrize("colleague", ["theirs", "0", "", "x", "\u0000", "9" * 30])
def test_a_portfolio_is_handed_to_nobody_outside(
    acme: Organization, other: Organization, owner: Client, colleague: str
) -> None:
    member = acme.memberships.get(user=make.member(acme, Role.COLLECTOR))
    said = str(other.memberships.get().pk) if colleague == "theirs" else colleague

    answer = owner.post(f"{_team(acme)}{member.pk}/hand-over/", {"colleague": said})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_portfolio_is_handed_over_for_good_with_its_count(
    acme: Organization, owner: Client
) -> None:
    member = acme.memberships.get(user=make.member(acme, Role.COLLECTOR))
    mine = acme.memberships.get(role=Role.OWNER)
    with tenant_transaction(acme.pk):
        made = [make.a_customer(acme, name) for name in ("A", "B", "C")]
        Customer.objects.exclude(pk=made[2].pk).update(in_charge=member)

    answer = owner.post(f"{_team(acme)}{member.pk}/hand-over/", {"colleague": mine.pk}, follow=True)

    assert "2 clients sont maintenant suivis par Alice Martin" in answer.content.decode()
    with tenant_transaction(acme.pk):
        charges = Customer.objects.order_by("pk").values_list("in_charge", flat=True)
        assert list(charges) == [mine.pk, mine.pk, None]


def test_a_stand_in_is_named_for_some_days(acme: Organization, owner: Client) -> None:
    member = acme.memberships.get(user=make.member(acme, Role.COLLECTOR))
    mine = acme.memberships.get(role=Role.OWNER)
    said = {"colleague": mine.pk, "first": "13/02/2026", "last": "20/02/2026"}

    owner.post(f"{_team(acme)}{member.pk}/hand-over/", said)

    member.refresh_from_db()
    assert (member.stand_in, str(member.away_from), str(member.away_until)) == (
        mine,
        "2026-02-13",
        "2026-02-20",
    )
    assert "remplacement par Alice Martin" in owner.get(_team(acme)).content.decode()


def test_when_a_member_was_last_seen_is_noted_every_few_minutes(acme: Organization) -> None:
    browser, member = _browser(acme, Role.READER)

    seen = []
    for minutes in (0, 4, 6):
        with time_machine.travel(AT + timedelta(minutes=minutes), tick=False):
            browser.get(_team(acme))
        member.refresh_from_db()
        seen.append(member.last_seen_at)

    assert seen == [AT, AT, AT + timedelta(minutes=6)]


def test_a_manager_changes_the_settings_and_not_the_bank_details(acme: Organization) -> None:
    browser, _member = _browser(acme, Role.MANAGER)
    said = {
        "name": "Acme",
        "iban": "FR1420041010050500013M02606",
        "sending_hour": "10",
        "gap_days": "3",
        "cap_count": "2",
        "cap_days": "7",
        "habit_cap_days": "10",
        "backlog_per_day": "15",
    }

    browser.post(f"/o/{acme.slug}/settings/", said)

    acme.refresh_from_db()
    assert (acme.gap_days, acme.iban) == (3, "FR7630006000011234567890189")


def test_the_list_of_members_costs_the_same_however_many_there_are(
    acme: Organization, owner: Client, django_assert_max_num_queries: object
) -> None:
    for role in (Role.READER, Role.MANAGER, Role.COLLECTOR, Role.COLLECTOR):
        make.member(acme, role)

    with django_assert_max_num_queries(32):  # type: ignore[operator]
        owner.get(_team(acme))


def test_programs_read_who_may_do_what(acme: Organization, api: Client) -> None:
    member = acme.memberships.get(user=make.member(acme, Role.ACCOUNTANT))
    Membership.objects.filter(pk=member.pk).update(granted=["export"], withheld=["write"])

    found = api.get("/api/v1/members/").json()["results"]

    [mine] = [one for one in found if one["id"] == str(member.pk)]
    assert (mine["role"], mine["rights"]) == ("accountant", ["bank", "export"])

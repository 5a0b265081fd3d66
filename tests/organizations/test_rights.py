"""Which role may do what, and how one person may differ from it."""

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from organizations.models import Membership, Organization
from organizations.rights import EVERY_RIGHT, RIGHTS, Right, Role
from tests import make


def test_every_role_has_its_rights() -> None:
    named = {role: sorted(right.value for right in RIGHTS[role]) for role in Role}

    assert set(RIGHTS[Role.OWNER]) == set(Right)
    assert EVERY_RIGHT - RIGHTS[Role.MANAGER] == {Right.CHANGE_BANK_DETAILS, Right.MANAGE_KEYS}
    assert named[Role.COLLECTOR] == ["approve", "collect"]
    assert named[Role.ACCOUNTANT] == ["bank", "export", "write"]
    assert named[Role.DEVELOPER] == ["manage_keys"]
    assert named[Role.READER] == []


def test_a_right_is_granted_and_another_withheld_beside_the_role() -> None:
    member = Membership(
        role=Role.COLLECTOR, granted=[Right.EXPORT, Right.APPROVE], withheld=[Right.APPROVE]
    )

    assert member.rights == {Right.COLLECT, Right.EXPORT}
    assert member.may(Right.APPROVE, Right.COLLECT)
    assert not member.may(Right.APPROVE)


def test_an_owner_may_do_all_even_when_something_is_withheld() -> None:
    assert Membership(role=Role.OWNER, withheld=[Right.EXPORT]).rights == EVERY_RIGHT


def test_the_database_withholds_nothing_from_an_owner(acme: Organization) -> None:
    with pytest.raises(IntegrityError, match="membership_of_owner_is_whole"):
        acme.memberships.update(withheld=[Right.EXPORT])


def test_the_database_keeps_a_stand_in_in_the_organization(
    acme: Organization, other: Organization
) -> None:

    mine, theirs = acme.memberships.get(), other.memberships.get()
    Membership.objects.filter(pk=mine.pk).update(stand_in=theirs)

    with pytest.raises(IntegrityError, match="stand_in_same_organization"):
        connection.check_constraints()


@pytest.mark.parametrize("role", Role)
def test_every_member_may_read(acme: Organization, role: Role) -> None:

    browser = Client()
    browser.force_login(make.member(acme, role))

    pages = ["", "invoices/", "customers/", "calls/", "reminders/", "bank/", "settings/team/"]
    assert [browser.get(f"/o/{acme.slug}/{page}").status_code for page in pages] == [200] * 7

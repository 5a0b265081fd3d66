"""Changing what a member may do, and letting members go."""

import pytest

from common.tenancy import tenant_transaction
from organizations import invitations, team
from organizations.models import Invitation, Membership, Organization, TimelineEvent
from organizations.rights import Right, Role
from tests import make
from tests.concurrency import at_once
from tests.make import AT


def _member(organization: Organization, role: Role) -> Membership:
    return organization.memberships.get(user=make.member(organization, role))


def _owner(organization: Organization) -> Membership:
    return organization.memberships.owners().order_by("pk")[0]


def test_a_role_is_changed_and_remembered(acme: Organization) -> None:
    member, owner = _member(acme, Role.COLLECTOR), _owner(acme)

    with tenant_transaction(acme.pk):
        team.change_role(member, Role.ACCOUNTANT, by=owner, at=AT)

    member.refresh_from_db()
    assert (member.role, member.may(Right.BANK), member.may(Right.COLLECT)) == (
        "accountant",
        True,
        False,
    )
    with tenant_transaction(acme.pk):
        event = TimelineEvent.objects.latest("position")
    assert (event.kind, event.data) == ("organizations.role_changed", {"role": "accountant"})
    assert event.about == {"member": member.pk, "user": member.user_id}


def test_a_change_of_role_keeps_what_was_withheld(inside_acme: Organization) -> None:
    member, owner = _member(inside_acme, Role.COLLECTOR), _owner(inside_acme)
    team.change_rights(member, [Right.COLLECT], is_limited=True, by=owner, at=AT)

    team.change_role(member, Role.MANAGER, by=owner, at=AT)

    member.refresh_from_db()
    assert (member.may(Right.APPROVE), member.is_limited) == (False, True)


def test_who_becomes_an_owner_may_do_all(inside_acme: Organization) -> None:
    member, owner = _member(inside_acme, Role.COLLECTOR), _owner(inside_acme)
    team.change_rights(member, [], is_limited=True, by=owner, at=AT)

    team.change_role(member, Role.OWNER, by=owner, at=AT)

    member.refresh_from_db()
    assert (member.withheld, member.is_limited) == ([], False)
    assert member.rights == frozenset(Right)


def test_rights_are_kept_as_what_differs_from_the_role(inside_acme: Organization) -> None:
    member, owner = _member(inside_acme, Role.ACCOUNTANT), _owner(inside_acme)

    team.change_rights(member, [Right.BANK, Right.COLLECT], is_limited=False, by=owner, at=AT)

    member.refresh_from_db()
    assert (member.granted, sorted(member.withheld)) == (["collect"], ["export", "write"])


def test_nobody_withholds_from_an_owner(inside_acme: Organization) -> None:
    owner, second = _owner(inside_acme), _member(inside_acme, Role.OWNER)

    with pytest.raises(team.OwnersOnly):
        team.change_rights(second, [], is_limited=False, by=owner, at=AT)

    second.refresh_from_db()
    assert second.rights == set(Right)


@pytest.mark.parametrize("right", [Right.MANAGE_KEYS, Right.CHANGE_BANK_DETAILS])
def test_nobody_gives_a_right_that_he_does_not_have(
    inside_acme: Organization, right: Right
) -> None:
    manager, member = _member(inside_acme, Role.MANAGER), _member(inside_acme, Role.READER)

    for target in (member, manager):
        had = target.rights
        with pytest.raises(team.GivesTooMuch):
            team.change_rights(target, [*had, right], is_limited=False, by=manager, at=AT)
        target.refresh_from_db()
        assert target.rights == had


def test_a_manager_makes_no_owner_and_touches_none(inside_acme: Organization) -> None:
    manager, owner = _member(inside_acme, Role.MANAGER), _owner(inside_acme)
    _member(inside_acme, Role.OWNER)

    with pytest.raises(team.OwnersOnly):
        team.change_role(manager, Role.OWNER, by=manager, at=AT)
    with pytest.raises(team.OwnersOnly):
        team.change_role(owner, Role.READER, by=manager, at=AT)
    with pytest.raises(team.OwnersOnly):
        team.remove(owner, by=manager, at=AT)
    with pytest.raises(team.GivesTooMuch):
        team.change_role(_member(inside_acme, Role.READER), Role.DEVELOPER, by=manager, at=AT)

    assert inside_acme.memberships.owners().count() == 2


def test_who_lost_the_right_meanwhile_changes_nothing(inside_acme: Organization) -> None:
    manager, member = _member(inside_acme, Role.MANAGER), _member(inside_acme, Role.READER)
    Membership.objects.filter(pk=manager.pk).update(role=Role.READER)

    with pytest.raises(team.GivesTooMuch):
        team.remove(member, by=manager, at=AT)

    assert inside_acme.memberships.filter(pk=member.pk).exists()


def test_the_last_owner_neither_leaves_nor_steps_down(inside_acme: Organization) -> None:
    owner = _owner(inside_acme)
    _member(inside_acme, Role.MANAGER)

    with pytest.raises(team.LastOwner):
        team.remove(owner, by=owner, at=AT)
    with pytest.raises(team.LastOwner):
        team.change_role(owner, Role.MANAGER, by=owner, at=AT)

    owner.refresh_from_db()
    assert owner.role == Role.OWNER


def test_an_owner_leaves_when_another_stays(inside_acme: Organization) -> None:
    owner = _owner(inside_acme)
    _member(inside_acme, Role.OWNER)

    team.remove(owner, by=owner, at=AT)

    assert not inside_acme.memberships.filter(pk=owner.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["both leave", "each removes the other", "one leaves, one steps"])
def test_of_two_owners_who_go_at_once_one_stays(how: str) -> None:
    acme = make.organization("Acme")
    first, second = _owner(acme), _member(acme, Role.OWNER)

    def go(member: Membership, by: Membership) -> None:
        with tenant_transaction(acme.pk):
            if how == "one leaves, one steps" and member == second:
                team.change_role(member, Role.READER, by=by, at=AT)
            else:
                team.remove(member, by=by, at=AT)

    crossed = how == "each removes the other"
    refused = at_once(
        lambda: go(first, second if crossed else first),
        lambda: go(second, first if crossed else second),
    )

    assert len(refused) == 1
    assert refused[0] in {"last_owner", "member_gone"}
    assert acme.memberships.owners().count() == 1


def test_who_no_longer_manages_the_team_has_nobody_come_in(inside_acme: Organization) -> None:
    manager, owner = _member(inside_acme, Role.MANAGER), _owner(inside_acme)
    invitations.invite("a@b.example", role=Role.READER, by=manager, at=AT)
    invitations.invite("c@b.example", role=Role.READER, by=owner, at=AT)

    team.remove(manager, by=owner, at=AT)

    assert [one.email for one in Invitation.objects.pending()] == ["c@b.example"]


def test_days_of_a_stand_in_have_an_order_and_somebody_else(inside_acme: Organization) -> None:
    member, owner = _member(inside_acme, Role.COLLECTOR), _owner(inside_acme)
    first, last = make.ON, make.ON.replace(day=20)

    with pytest.raises(team.CannotStandIn):
        team.name_stand_in(member, owner, first=last, last=first, at=AT)
    with pytest.raises(team.CannotStandIn):
        team.name_stand_in(member, member, first=first, last=last, at=AT)
    team.name_stand_in(member, owner, first=first, last=last, at=AT)

    member.refresh_from_db()
    assert [member.is_away(on=first.replace(day=day)) for day in (12, 13, 20, 21)] == [
        False,
        True,
        True,
        False,
    ]

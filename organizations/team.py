"""Who works here, as what: changing it, leaving, standing in.

All members are locked before one is changed: of two owners who leave at once, one is the last.
Nobody gives a right that he does not have, and only an owner touches an owner.
"""

from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext as _

from common.errors import DomainError
from organizations import timeline
from organizations.models import Membership
from organizations.rights import RIGHTS, Right, Role


class LastOwner(DomainError):
    """An organization keeps at least one owner."""

    code = "last_owner"


class OwnersOnly(DomainError):
    """Only an owner makes, changes or removes an owner."""

    code = "owners_only"


class GivesTooMuch(DomainError):
    """Somebody would give a right that he does not have."""

    code = "gives_too_much"


class MemberGone(DomainError):
    """Somebody was removed meanwhile."""

    code = "member_gone"


class CannotStandIn(DomainError):
    """The days are in the wrong order, or the colleague is the same person."""

    code = "cannot_stand_in"


def change_role(member: Membership, role: Role, *, by: Membership, at: datetime) -> None:
    """Give a member another role; what was granted or withheld beside it stays.

    Raises:
        LastOwner, OwnersOnly, GivesTooMuch, MemberGone: see each.
    """
    team = _Team(member, by=by)
    if role == Role.OWNER and team.by.role != Role.OWNER:
        raise OwnersOnly(_("Only an owner can make somebody an owner."))
    if role != Role.OWNER:
        team.refuse_last_owner()
    given, had = team.member, team.member.rights
    given.role = role
    if role == Role.OWNER:
        given.granted, given.withheld, given.is_limited = [], [], False
    team.refuse_to_give(given.rights - had)
    given.save(update_fields=["role", "granted", "withheld", "is_limited"])
    _let_go_of_invitations(given, at=at)
    _remember("organizations.role_changed", given, at=at, role=str(role))


def change_rights(
    member: Membership,
    rights: Collection[Right],
    *,
    is_limited: bool,
    by: Membership,
    at: datetime,
) -> None:
    """Let a member do exactly this, whatever his role says.

    Args:
        is_limited: whether he calls only who is in his own charge, or in nobody's.

    Raises:
        OwnersOnly: an owner always may do all.
        GivesTooMuch, MemberGone: see each.
    """
    team = _Team(member, by=by)
    given, had = team.member, team.member.rights
    if given.role == Role.OWNER:
        raise OwnersOnly(_("An owner may always do everything."))
    usual, wanted = RIGHTS[given.role], frozenset(rights)
    team.refuse_to_give(wanted - had)
    given.granted = [right.value for right in Right if right in wanted - usual]
    given.withheld = [right.value for right in Right if right in usual - wanted]
    given.is_limited = is_limited
    given.save(update_fields=["granted", "withheld", "is_limited"])
    _let_go_of_invitations(given, at=at)
    _remember(
        "organizations.rights_changed",
        given,
        at=at,
        granted=", ".join(given.granted),
        withheld=", ".join(given.withheld),
        is_limited=is_limited,
    )


def remove(member: Membership, *, by: Membership, at: datetime) -> None:
    """Let a member go, by himself or by a colleague; his customers are in nobody's charge then.

    Raises:
        LastOwner, OwnersOnly, MemberGone: see each.
    """
    team = _Team(member, by=by)
    team.refuse_last_owner()
    _revoke_invitations(team.member, at=at)
    if team.by.pk == team.member.pk:
        _remember("organizations.member_left", team.member, at=at)
    else:
        _remember("organizations.member_removed", team.member, at=at)
    team.member.delete()


def name_stand_in(
    member: Membership,
    colleague: Membership,
    *,
    first: date,
    last: date,
    at: datetime,
) -> None:
    """Let a colleague look after a member's customers from one day to another, both included.

    Nothing has to be given back: on the day after, it is over.

    Raises:
        CannotStandIn: the days are in the wrong order, or nobody else is named.
    """
    if last < first:
        raise CannotStandIn(_("The last day is before the first."))
    if colleague.pk == member.pk:
        raise CannotStandIn(_("Choose a colleague."))
    member.stand_in, member.away_from, member.away_until = colleague, first, last
    member.save(update_fields=["stand_in", "away_from", "away_until"])
    timeline.record(
        "organizations.stand_in_named",
        about={"member": member.pk, "user": member.user_id, "colleague": colleague.pk},
        data={"from": first.isoformat(), "until": last.isoformat()},
        at=at,
    )


def refuse_role(role: Role, *, by: Membership) -> None:
    """Refuse a role that gives more than who gives it has.

    Raises:
        OwnersOnly, GivesTooMuch: see each.
    """
    if role == Role.OWNER and by.role != Role.OWNER:
        raise OwnersOnly(_("Only an owner can make somebody an owner."))
    _refuse_beyond(RIGHTS[role], by=by)


def roles_given_by(member: Membership) -> list[Role]:
    """Return the roles that a member can give."""
    if member.role == Role.OWNER:
        return list(Role)
    return [role for role in Role if role != Role.OWNER and RIGHTS[role] <= member.rights]


class _Team:
    """All members, locked; the one to change, and the one who asks, as they are now."""

    def __init__(self, member: Membership, *, by: Membership) -> None:
        locked = Membership.objects.filter(organization=member.organization_id).locked()
        self.everyone = {one.pk: one for one in locked.select_related("user")}
        if member.pk not in self.everyone or by.pk not in self.everyone:
            raise MemberGone(_("This person was removed meanwhile."))
        self.member, self.by = self.everyone[member.pk], self.everyone[by.pk]
        if self.member.role == Role.OWNER and self.by.role != Role.OWNER:
            raise OwnersOnly(_("Only an owner can change an owner."))
        if self.by.pk != self.member.pk and not self.by.may(Right.MANAGE_MEMBERS):
            raise GivesTooMuch(_("You no longer manage the team."))

    def refuse_last_owner(self) -> None:
        owners = [one for one in self.everyone.values() if one.role == Role.OWNER]
        if owners == [self.member]:
            raise LastOwner(_("This is the last owner: make somebody else an owner first."))

    def refuse_to_give(self, rights: frozenset[Right]) -> None:
        _refuse_beyond(rights, by=self.by)


def _refuse_beyond(rights: frozenset[Right], *, by: Membership) -> None:
    beyond = [str(right.label) for right in Right if right in rights - by.rights]
    if beyond:
        raise GivesTooMuch(
            _("You can’t give what you don’t have: %(rights)s.") % {"rights": ", ".join(beyond)}
        )


def _let_go_of_invitations(member: Membership, *, at: datetime) -> None:
    if not member.may(Right.MANAGE_MEMBERS):
        _revoke_invitations(member, at=at)


def _revoke_invitations(member: Membership, *, at: datetime) -> None:
    """Stop the links that a member made: who may not invite has nobody come in."""
    member.organization.invitations.pending().filter(invited_by=member.user_id).update(
        revoked_at=at
    )


def _remember(kind: str, member: Membership, *, at: datetime, **data: str | bool) -> None:
    about = {"member": member.pk, "user": member.user_id}
    timeline.record(kind, about=about, data=data, at=at)

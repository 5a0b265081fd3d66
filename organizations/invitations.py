"""Inviting somebody by email, and joining with the link.

The link is what proves the address, so it is kept as a hash, and who is signed in with another
address is refused. Used, expired, revoked and invented links are answered alike.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from common.errors import DomainError
from common.tenancy import tenant_transaction
from organizations import team, timeline
from organizations.models import Invitation, Membership, User
from organizations.rights import Role

VALID = timedelta(days=7)


class AlreadyMember(DomainError):
    """Who is invited works here already."""

    code = "already_member"


class InvitationOver(DomainError):
    """The link was used, revoked, has expired, or never was one."""

    code = "invitation_over"


class OfAnotherAddress(DomainError):
    """The invitation went to another address than the one signed in with."""

    code = "invitation_of_another_address"


def invite(email: str, *, role: Role, by: Membership, at: datetime) -> tuple[Invitation, str]:
    """Invite somebody and return the link's token, which is never seen again.

    An invitation of the same address that still waited is replaced.

    Raises:
        AlreadyMember: this address works here.
        team.OwnersOnly, team.GivesTooMuch: as `team.refuse_role`.
    """
    team.refuse_role(role, by=by)
    email = email.strip().lower()
    if by.organization.memberships.filter(user__email=email).exists():
        raise AlreadyMember(_("This person works here already."))
    by.organization.invitations.pending().filter(email=email).update(revoked_at=at)
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        organization=by.organization,
        email=email,
        role=role,
        token_hash=_hash(token),
        invited_by=by.user,
        created_at=at,
        expires_at=at + VALID,
    )
    _remember("organizations.member_invited", made, at=at)
    return made, token


def send_again(invitation: Invitation, *, by: Membership, at: datetime) -> tuple[Invitation, str]:
    """Make a new link in place of the one before, and return its token.

    Raises:
        InvitationOver: it was used or revoked.
        team.OwnersOnly, team.GivesTooMuch: as `team.refuse_role`.
    """
    locked = _pending(invitation)
    team.refuse_role(Role(locked.role), by=by)
    token = secrets.token_urlsafe(32)
    locked.token_hash, locked.expires_at, locked.invited_by = _hash(token), at + VALID, by.user
    locked.save(update_fields=["token_hash", "expires_at", "invited_by"])
    _remember("organizations.invitation_sent_again", locked, at=at)
    return locked, token


def revoke(invitation: Invitation, *, at: datetime) -> None:
    """Let nobody join by an invitation any more.

    Raises:
        InvitationOver: it was used or revoked.
    """
    locked = _pending(invitation)
    locked.revoked_at = at
    locked.save(update_fields=["revoked_at"])
    _remember("organizations.invitation_revoked", locked, at=at)


def find(token: str, *, at: datetime) -> Invitation:
    """Return the invitation of a link that still lets somebody join.

    Raises:
        InvitationOver: there is none.
    """
    standing = Invitation.objects.standing(at=at).select_related("organization", "invited_by")
    found = standing.filter(token_hash=_hash(token)).first()
    if found is None:
        raise InvitationOver(_("This link does not open anything, or no longer does."))
    return found


def join(token: str, *, user: User, at: datetime) -> Membership:
    """Make who is signed in a member; who is one already stays what he is.

    It opens the organization, which nobody could before.

    Raises:
        InvitationOver: the link is none, or no longer one.
        OfAnotherAddress: the invitation went to another address.
    """
    found = find(token, at=at)
    refuse_another(found, user=user)
    with tenant_transaction(found.organization_id, actor=f"user:{user.pk}"):
        locked = _pending(found)
        member, is_new = Membership.objects.get_or_create(
            organization=found.organization, user=user, defaults={"role": locked.role}
        )
        locked.used_at = at
        locked.save(update_fields=["used_at"])
        if is_new:
            timeline.record(
                "organizations.member_joined",
                about={"member": member.pk, "user": user.pk, "invitation": locked.pk},
                data={"role": member.role},
                at=at,
            )
    return member


def refuse_another(invitation: Invitation, *, user: User) -> None:
    """Refuse whoever has not the address that was invited.

    Raises:
        OfAnotherAddress: that is so.
    """
    if user.email != invitation.email:
        raise OfAnotherAddress(
            _("This invitation went to another address than yours: sign in with that one.")
        )


def letter(invitation: Invitation, *, link: str) -> EmailMessage:
    """Return the email that brings a link, in the language of who invites."""
    context = {
        "invitation": invitation,
        "organization": invitation.organization,
        "inviter": str(invitation.invited_by),
        "link": link,
    }
    subject = _("%(inviter)s invites you to %(organization)s") % {
        "inviter": context["inviter"],
        "organization": invitation.organization.name,
    }
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string("organizations/invitation.txt", context),
        to=[invitation.email],
        reply_to=[invitation.invited_by.email],
    )


def _pending(invitation: Invitation) -> Invitation:
    """Lock an invitation that was neither used nor revoked."""
    pending = Invitation.objects.pending().filter(pk=invitation.pk).locked()
    found = pending.select_related("organization", "invited_by").first()
    if found is None:
        raise InvitationOver(_("This link does not open anything, or no longer does."))
    return found


def _remember(kind: str, invitation: Invitation, *, at: datetime) -> None:
    about = {"invitation": invitation.pk}
    timeline.record(kind, about=about, data={"role": invitation.role}, at=at)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

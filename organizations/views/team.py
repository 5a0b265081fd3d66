"""The pages about who works here: inviting, joining, roles and rights, handing over, leaving."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.db.transaction import on_commit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common.errors import DomainError
from common.htmx import refuse
from invoices import portfolios
from invoices.models import Customer
from organizations import invitations, team, team_forms
from organizations.access import OrganizationRequest, PersonRequest, organization_page, shell
from organizations.models import Invitation, Membership, Right, Role


@require_GET
@organization_page()
def team_page(request: OrganizationRequest) -> HttpResponse:
    """List who works here, as what, with how many customers; and who is invited."""
    return render(request, "organizations/team.html", _context(request))


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def invite(request: OrganizationRequest) -> HttpResponse:
    """Invite somebody by email; the link is shown this once."""
    form = team_forms.NewMember(request.POST, by=request.membership)
    if form.is_valid():
        said = form.cleaned_data
        try:
            invitation, token = invitations.invite(
                said["email"], role=Role(said["role"]), by=request.membership, at=timezone.now()
            )
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            return _sent(request, invitation, token)
    return refuse(request, "organizations/team.html", {**_context(request), "form": form})


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def send_again(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    """Send an invitation again with a new link; the one before opens nothing any more."""
    invitation = get_object_or_404(request.organization.invitations, pk=invitation_id)
    sent, token = invitations.send_again(invitation, by=request.membership, at=timezone.now())
    return _sent(request, sent, token)


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def revoke(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    """Stop an invitation."""
    invitation = get_object_or_404(request.organization.invitations, pk=invitation_id)
    invitations.revoke(invitation, at=timezone.now())
    messages.success(request, _("The invitation no longer opens anything."))
    return redirect("team", slug=request.organization.slug)


@require_GET
@organization_page(Right.MANAGE_MEMBERS)
def member(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """Show one member: role, rights, portfolio."""
    return render(request, "organizations/member.html", _member_context(request, member_id))


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def change_role(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """Give a member another role."""
    found = _member(request, member_id)
    form = team_forms.OtherRole(request.POST, by=request.membership)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            team.change_role(found, role, by=request.membership, at=timezone.now())
        except DomainError as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, _("The role is changed."))
            return _after_change(request, found)
    context = {**_member_context(request, member_id), "role_form": form}
    return refuse(request, "organizations/member.html", context)


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def change_rights(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """Let a member do exactly what is ticked."""
    found = _member(request, member_id)
    form = team_forms.OwnRights(request.POST)
    if form.is_valid():
        try:
            team.change_rights(
                found,
                form.cleaned_data["rights"],
                is_limited=form.cleaned_data["is_limited"],
                by=request.membership,
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error("rights", str(refusal))
        else:
            messages.success(request, _("The rights are changed."))
            return _after_change(request, found)
    context = {**_member_context(request, member_id), "rights_form": form}
    return refuse(request, "organizations/member.html", context)


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def hand_over(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """Hand all customers of a member over to a colleague, for good or for some days."""
    found = _member(request, member_id)
    form = team_forms.HandOver(request.POST, member=found)
    if form.is_valid():
        try:
            messages.success(request, _handed_over(request, found, form.cleaned_data))
        except DomainError as refusal:
            form.add_error("last", str(refusal))
        else:
            return redirect("member", slug=request.organization.slug, member_id=found.pk)
    context = {**_member_context(request, member_id), "hand_over_form": form}
    return refuse(request, "organizations/member.html", context)


@require_POST
@organization_page(Right.MANAGE_MEMBERS)
def remove(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """Let a member go: he is a stranger with his next click."""
    found = _member(request, member_id)
    team.remove(found, by=request.membership, at=timezone.now())
    if found.pk == request.membership.pk:
        return redirect("home")
    messages.success(request, _("%(name)s no longer works here.") % {"name": found.user})
    return redirect("team", slug=request.organization.slug)


@require_POST
@organization_page()
def leave(request: OrganizationRequest) -> HttpResponse:
    """Leave the organization."""
    team.remove(request.membership, by=request.membership, at=timezone.now())
    return redirect("home")


@require_GET
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show to what a link invites, and how to join; nothing changes by looking."""
    try:
        found = invitations.find(token, at=timezone.now())
        if request.user.is_authenticated:
            invitations.refuse_another(found, user=request.user)
    except DomainError as refusal:
        return _closed(request, refusal)
    return render(request, "organizations/join.html", {"invitation": found, "token": token})


@require_POST
@login_required
def join(request: PersonRequest, token: str) -> HttpResponse:
    """Join with the link of an invitation."""
    try:
        joined = invitations.join(token, user=request.user, at=timezone.now())
    except DomainError as refusal:
        return _closed(request, refusal)
    return redirect("dashboard", slug=joined.organization.slug)


def _closed(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """Answer a link that opens nothing: alike whether it was used, revoked or invented."""
    of_another = isinstance(refusal, invitations.OfAnotherAddress)
    context = {"refusal": refusal, "of_another": of_another}
    status = 403 if of_another else 404
    return render(request, "organizations/invitation_closed.html", context, status=status)


def _sent(request: OrganizationRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Let the email leave once the invitation stands, and show the link."""
    link = settings.BASE_URL + reverse("invitation", kwargs={"token": token})
    on_commit(partial(invitations.letter(invitation, link=link).send), robust=True)
    context = {**_context(request), "link": link, "invited": invitation}
    return render(request, "organizations/team.html", context)


def _context(request: OrganizationRequest) -> dict[str, Any]:
    organization, today, at = request.organization, timezone.localdate(), timezone.now()
    members = organization.memberships.select_related("user", "stand_in__user")
    sizes = _sizes()
    pending = organization.invitations.pending().select_related("invited_by").order_by("-pk")
    return {
        **shell(request),
        "members": [
            (one, sizes.get(one.pk, 0), one.is_away(on=today))
            for one in members.order_by("joined_at", "pk")
        ],
        "invitations": [(one, one.is_over(at=at)) for one in pending],
        "form": team_forms.NewMember(by=request.membership),
    }


def _sizes() -> dict[int, int]:
    """Return how many customers are in whose charge."""
    charged = Customer.objects.filter(in_charge__isnull=False).order_by()
    return dict(charged.values_list("in_charge").annotate(count=Count("*")))


def _member(request: OrganizationRequest, member_id: int) -> Membership:
    members = request.organization.memberships.select_related("user", "stand_in__user")
    found: Membership = get_object_or_404(members, pk=member_id)
    return found


def _member_context(request: OrganizationRequest, member_id: int) -> dict[str, Any]:
    found, today = _member(request, member_id), timezone.localdate()
    is_mine = found.pk == request.membership.pk
    is_owner = found.role == Role.OWNER
    return {
        **shell(request),
        "section": "team",
        "member": found,
        "is_mine": is_mine,
        "is_away": found.stand_in_id and found.away_until and found.away_until >= today,
        "may_change": not is_owner or request.membership.role == Role.OWNER,
        "size": Customer.objects.filter(in_charge=found).count(),
        "role_form": team_forms.OtherRole(by=request.membership, initial={"role": found.role}),
        "rights_form": None
        if is_owner
        else team_forms.OwnRights(
            initial={
                "rights": [right.value for right in found.rights],
                "is_limited": found.is_limited,
            }
        ),
        "hand_over_form": team_forms.HandOver(member=found),
    }


def _after_change(request: OrganizationRequest, changed: Membership) -> HttpResponse:
    """Go back to the member, or to the team when who asks gave up managing it."""
    asking = request.organization.memberships.get(pk=request.membership.pk)
    if asking.may(Right.MANAGE_MEMBERS):
        return redirect("member", slug=request.organization.slug, member_id=changed.pk)
    return redirect("team", slug=request.organization.slug)


def _handed_over(request: OrganizationRequest, member: Membership, said: dict[str, Any]) -> str:
    """Do what was asked, and return the sentence that says so."""
    at = timezone.now()
    colleague = request.organization.memberships.select_related("user").get(pk=said["colleague"])
    if said["last"] is not None:
        first = said["first"] or timezone.localdate(at)
        team.name_stand_in(member, colleague, first=first, last=said["last"], at=at)
        return _("%(name)s stands in.") % {"name": colleague.user}
    count = portfolios.hand_over(member, colleague, at=at)
    done = ngettext(
        "%(n)s customer is now in the charge of %(name)s.",
        "%(n)s customers are now in the charge of %(name)s.",
        count,
    )
    return done % {"n": count, "name": colleague.user}

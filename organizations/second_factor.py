"""Who needs more than a password to come in: whoever could send the money elsewhere."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from organizations.models import Membership, Right, User

# Recovery codes are for the day on which one of these is lost.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required_of(user: User) -> bool:
    """Return whether a person may not be without a second factor, here or there."""
    return settings.SECOND_FACTOR_REQUIRED and any(map(_needs_one, user.memberships.all()))


def is_missing(membership: Membership) -> bool:
    """Return whether a member has to set up a second factor before coming in."""
    if not settings.SECOND_FACTOR_REQUIRED or not _needs_one(membership):
        return False
    return not factors_of(membership.user_id)


def factors_of(user_id: int) -> int:
    """Return how many second factors a person has."""
    return int(Authenticator.objects.filter(user_id=user_id, type__in=FACTORS).count())


def lead_to_set_up(request: HttpRequest) -> HttpResponse:
    """Lead a person to where a second factor is set up, also out of a fragment of a page."""
    messages.warning(request, _("Your role needs a second factor: set one up, then go on."))
    htmx = getattr(request, "htmx", None)
    if isinstance(htmx, HtmxDetails) and htmx:
        return HttpResponseClientRedirect(reverse("mfa_index"))
    return redirect("mfa_index")


def _needs_one(membership: Membership) -> bool:
    """Return whether a member may change the bank details."""
    return membership.may(Right.CHANGE_BANK_DETAILS)

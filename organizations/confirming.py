"""Ask again who is there, before what would hurt most if it were someone else."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.http import HttpRequest


def demand(request: HttpRequest) -> None:
    """Go on if the person gave the password or a second factor within the last five minutes.

    Otherwise allauth's middleware leads to the page that asks for it, keeps what was sent, and
    carries it out afterwards. So call this after the form was found to be right, before anything
    is changed.

    Raises:
        allauth.core.exceptions.ReauthenticationRequired: for that middleware.
    """
    raise_if_reauthentication_required(request, app="allauth.mfa")

"""The doors of a person's own account that are not allauth's."""

from typing import Any

from allauth.account.views import EmailVerificationSentView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from organizations import presence, second_factor
from organizations.access import PersonRequest


class Security(IndexView):  # type: ignore[misc]  # allauth is untyped
    """Show what protects an account, and how many sessions are open."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        missing = not second_factor.factors_of(user.pk)
        return {
            **super().get_context_data(**kwargs),
            "missing": missing,
            "needed": missing and second_factor.is_required_of(user),
            "session_count": len(UserSession.objects.purge_and_list(user)),
        }


security = login_required(Security.as_view())


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]  # allauth is untyped
    """Remove a passkey, but not the last second factor of who needs one."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, _("Your role needs a second factor: add another first."))
            return redirect("mfa_list_webauthn")
        answer: HttpResponse = super().form_valid(form)
        return answer


remove_passkey = RemovePasskey.as_view()

# Where mail stays on this machine, the page says where the link is to be found.
link_sent = EmailVerificationSentView.as_view(
    extra_context={"mail_stays_here": settings.MAIL_STAYS_HERE}
)


@require_http_methods(["GET", "POST"])
@login_required
def sessions(request: PersonRequest) -> HttpResponse:
    """List where a person is signed in, and end all sessions but this one."""
    opened = UserSession.objects.purge_and_list(request.user)
    if request.method == "POST":
        for session in opened:
            if not session.is_current():
                session.end()
        messages.success(request, _("All other sessions are ended."))
        return redirect("usersessions_list")
    opened.sort(key=lambda session: (session.is_current(), session.last_seen_at), reverse=True)
    listed = [(session, presence.device(session.user_agent)) for session in opened]
    return render(request, "usersessions/usersession_list.html", {"listed": listed})


@require_POST
@login_required
def end_session(request: PersonRequest, session_id: int) -> HttpResponse:
    """End one session."""
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    session.end()
    messages.success(request, _("The session is ended."))
    return redirect("usersessions_list")


def not_offered(request: HttpRequest) -> HttpResponse:
    """Answer as if an address of allauth's were not there."""
    raise Http404

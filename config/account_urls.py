"""What of /accounts/ differs from allauth's own."""

from django.urls import URLPattern, path
from django.views.generic import RedirectView

from organizations.views import account

urlpatterns: list[URLPattern] = [
    path("", RedirectView.as_view(pattern_name="mfa_index")),
    path("2fa/", account.security, name="mfa_index"),
    path("2fa/webauthn/keys/<int:pk>/remove/", account.remove_passkey, name="mfa_remove_webauthn"),
    path("sessions/", account.sessions, name="usersessions_list"),
    path("sessions/<int:session_id>/end/", account.end_session, name="end_session"),
    path("confirm-email/", account.link_sent, name="account_email_verification_sent"),
    # Not offered: a person has one address, always a password, and signs in with it or a passkey.
    path("email/", account.not_offered),
    path("password/set/", account.not_offered),
    path("login/code/confirm/", account.not_offered),
]

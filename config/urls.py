"""Every address. Pages of an organization live under /o/<slug>/, programs talk to /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

from config import health
from dunning.views import mail_events, mail_inbound, provider_events
from organizations.views import organization, team

urlpatterns: list[URLPattern | URLResolver] = [
    path("", organization.home, name="home"),
    path("orgs/", organization.choose, name="choose_organization"),
    path("orgs/new/", organization.open_new, name="open_organization"),
    path("join/<str:token>/", team.invitation, name="invitation"),
    path("join/<str:token>/yes/", team.join, name="join"),
    # Ours come first: what allauth would do otherwise, or not at all.
    path("accounts/", include("config.account_urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("config.api_urls")),
    path("webhooks/mail/inbound/", mail_inbound.mail_inbound, name="mail_inbound"),
    path("webhooks/mail/", mail_events.mail_events, name="mail_events"),
    path("webhooks/sms/", provider_events.sms_events, name="sms_events"),
    path("webhooks/letters/", provider_events.letter_events, name="letter_events"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("o/<slug:slug>/", include("reports.urls")),
    path("o/<slug:slug>/", include("invoices.urls")),
    path("o/<slug:slug>/", include("dunning.urls")),
    path("o/<slug:slug>/", include("payments.urls")),
    path("o/<slug:slug>/", include("reconciliation.urls")),
    path("o/<slug:slug>/", include("organizations.urls")),
]

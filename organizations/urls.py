"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from organizations.views import bank_details, organization

urlpatterns: list[URLPattern] = [
    path("settings/", organization.settings, name="settings"),
    path(
        "settings/bank-details/<int:change_id>/call-off/",
        bank_details.call_off,
        name="call_off_bank_details",
    ),
    path("developers/", organization.keys, name="api_keys"),
    path("developers/keys/<int:key_id>/revoke/", organization.revoke_key, name="revoke_key"),
    path("help/", organization.guide, name="help"),
    path("menu/", organization.menu, name="menu"),
]

"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from organizations import views

urlpatterns: list[URLPattern] = [
    path("settings/", views.settings, name="settings"),
    path("developers/", views.keys, name="api_keys"),
    path("developers/keys/<int:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("help/", views.guide, name="help"),
    path("menu/", views.menu, name="menu"),
]

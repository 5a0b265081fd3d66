"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from organizations import views

urlpatterns: list[URLPattern] = [
    path("settings/", views.settings, name="settings"),
    path("developers/", views.keys, name="api_keys"),
    path("developers/keys/<int:key_id>/", views.key, name="api_key"),
    path("developers/keys/<int:key_id>/rotate/", views.rotate_key, name="rotate_key"),
    path(
        "developers/keys/<int:key_id>/end-old-secret/",
        views.end_old_secret,
        name="end_old_secret",
    ),
    path("developers/keys/<int:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("help/", views.guide, name="help"),
    path("menu/", views.menu, name="menu"),
]

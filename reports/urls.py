"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern, path

from reports import views

urlpatterns: list[URLPattern] = [
    path("", views.dashboard, name="dashboard"),
]

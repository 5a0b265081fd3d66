"""The pages of this app; all of them lie under /o/<slug>/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""The counts beside the navigation: what waits for a person, on every page."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from organizations.models import Organization
from reports import dashboard


def counts(request: HttpRequest) -> dict[str, Any]:
    """Give templates `waiting`, by page; nothing is read until a page draws its navigation."""
    organization = getattr(request, "organization", None)
    if organization is None:
        return {}
    return {"waiting": SimpleLazyObject(lambda: _by_page(organization))}


def _by_page(organization: Organization) -> dict[str, int]:
    found = dashboard.to_do(organization, on=timezone.localdate())
    return {
        "calls": found.calls,
        "reminders": found.reminders + found.uncertain,
        "letters": found.letters,
        "cases": found.broken_promises + found.disputes + found.contacts,
        "bank": found.bank_lines,
    }

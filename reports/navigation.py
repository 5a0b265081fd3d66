"""What stands around every page: what waits for a person, and a plan's limit that is reached."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from dunning import quota, stopping
from organizations.models import Organization
from reports import dashboard


def counts(request: HttpRequest) -> dict[str, Any]:
    """Give templates `waiting`, by page, `sending_stop`, and `limit_usage` where there is a limit.

    Nothing is read until a page draws its navigation.
    """
    organization = getattr(request, "organization", None)
    if organization is None:
        return {}
    found: dict[str, Any] = {
        "waiting": SimpleLazyObject(lambda: _by_page(organization)),
        "sending_stop": SimpleLazyObject(lambda: stopping.standing(organization)),
    }
    if quota.limit_of(organization) is not None:
        found["limit_usage"] = SimpleLazyObject(
            lambda: quota.usage(organization, on=timezone.localdate())
        )
    return found


def _by_page(organization: Organization) -> dict[str, int]:
    found = dashboard.to_do(organization, on=timezone.localdate())
    return {
        "calls": found.calls,
        "reminders": found.reminders + found.uncertain,
        "letters": found.letters,
        "tasks": found.tasks,
        "cases": found.replies
        + found.broken_promises
        + found.disputes
        + found.contacts
        + found.addresses,
        "bank": found.bank_lines,
    }

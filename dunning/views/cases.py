"""The page of promises, disputes, announced payments, and contacts to correct."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dunning import cases
from organizations.access import OrganizationRequest, organization_page, shell

PAGE = 50
TABS = ("replies", "broken", "promises", "kept", "disputes", "announced", "contacts")
FIRST = ("replies", "broken", "disputes")  # the one with something in it is opened


@require_GET
@organization_page()
def cases_page(request: OrganizationRequest) -> HttpResponse:
    """Show what waits for an answer, by its kind."""
    today = timezone.localdate()
    found: dict[str, QuerySet[Any]] = {
        "replies": cases.replies(),
        "broken": cases.broken_promises(),
        "promises": cases.standing_promises(on=today),
        "kept": cases.kept_promises(on=today),
        "disputes": cases.disputes(on=today),
        "announced": cases.announced(on=today),
        "contacts": cases.contacts_to_correct(),
    }
    tab = request.GET.get("tab", "")
    if tab not in found:
        tab = next(
            (name for name in ("replies", "broken", "disputes") if found[name].exists()), "promises"
        )
    page = Paginator(found[tab], PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {
        **shell(request),
        "section": "cases",
        "tab": tab,
        "page": page,
        "today": today,
        "addresses": cases.addresses_to_correct()[:PAGE] if tab == "contacts" else [],
        "summary": ngettext("%(n)s line", "%(n)s lines", count) % {"n": count},
    }
    return render(request, "dunning/cases.html", context)

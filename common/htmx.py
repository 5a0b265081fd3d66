"""How a view answers htmx, and a browser without it, alike."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import trigger_client_event


def refuse(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """Show a form again with what is wrong in it; the door rolls back what was begun."""
    return render(request, template, dict(context), status=422)


def trigger(response: HttpResponse, event: str) -> HttpResponse:
    """Let other parts of the page know that something changed."""
    return trigger_client_event(response, event)

"""Which characters a text from outside may hold, and who turns the others away at the gate.

PostgreSQL has no place for a NUL or a lone surrogate, and bytes that are no UTF-8 would be kept
as U+FFFD, which is not what was sent. So a request that brings one of them in its address or in
a form is refused before any view reads it; `common.api` does the same for JSON.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

API = "/api/"
WEBHOOKS = "/webhooks/"
PROBLEM = "application/problem+json"
CODE = "unreadable_text"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LOST = re.compile("[\x00\ud800-\udfff\ufffd]")  # U+FFFD is what Django makes of other bytes


def is_storable(text: str) -> bool:
    """Return whether a text has neither a NUL nor a lone surrogate."""
    return _UNSTORABLE.search(text) is None


class ReadableText:
    """Refuse what no one can read: 422 on a page, 400 for a program, and nothing was changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_readable(request):
            return self.get_response(request)
        if request.path.startswith(API):
            return _problem()
        refusal = _("The address or the form holds a character that can’t be read.")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "refused.html", {"refusal": refusal}, status=status)


def _is_readable(request: HttpRequest) -> bool:
    if _LOST.search(request.path) or not _is_utf8(request.META.get("QUERY_STRING", "")):
        return False
    # A program's body has readers of its own.
    return request.path.startswith((API, WEBHOOKS)) or (
        _are_readable(request.POST) and _are_readable(request.FILES)
    )


def _is_utf8(query: str) -> bool:
    """Return whether a query is text, a lone surrogate in the address itself included."""
    try:
        text = unquote_to_bytes(query.encode("latin-1")).decode()
    except ValueError:
        return False
    return is_storable(text)


def _are_readable(said: MultiValueDict[str, Any]) -> bool:
    """Return whether names and values of a form are; those of a file are its name's."""
    values = (getattr(value, "name", value) for name in said for value in said.getlist(name))
    return not any(_LOST.search(str(text)) for text in (*said, *values))


def _problem() -> JsonResponse:
    body = {
        "status": HTTPStatus.BAD_REQUEST,
        "code": CODE,
        "title": HTTPStatus.BAD_REQUEST.phrase,
        "detail": "The address holds a character that cannot be read.",
    }
    return JsonResponse(body, status=HTTPStatus.BAD_REQUEST, content_type=PROBLEM)

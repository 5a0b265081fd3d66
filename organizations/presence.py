"""Where a person is signed in: on which device, from which address, last seen when."""

import re
import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

SEEN = "seen"
SECONDS = 60  # finer than that nobody needs to know, and each time is a write

# In this order, since each browser also claims to be those below it.
BROWSERS = {
    "Edge": r"Edg(e|A|iOS)?/",
    "Opera": r"OPR/",
    "Firefox": r"Firefox/|FxiOS/",
    "Chrome": r"Chrome/|CriOS/|Chromium/",
    "Safari": r"Safari/",
}
SYSTEMS = {
    "iPhone": r"iPhone",
    "iPad": r"iPad",
    "Android": r"Android",
    "Windows": r"Windows",
    "macOS": r"Mac OS X|Macintosh",
    "Linux": r"Linux|X11",
}


class LastSeenMiddleware:
    """Keep the list of sessions true to the minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        # In this order, since only a session that names a person is worth asking for him.
        is_named = SESSION_KEY in session and session.get(SEEN, 0) < time.time() - SECONDS
        if is_named and request.user.is_authenticated:
            session[SEEN] = int(time.time())
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


def device(user_agent: str) -> str:
    """Return the browser and the system that a header names, as "Firefox, Linux".

    It is what the browser says of itself: a hint to its owner, no proof.
    """
    found = [_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)]
    return ", ".join(filter(None, found)) or user_agent[:40]


def _first(names: dict[str, str], text: str) -> str:
    return next((name for name, pattern in names.items() if re.search(pattern, text)), "")

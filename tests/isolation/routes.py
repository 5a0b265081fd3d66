"""Every address that there is, read from the resolver: its name, its parameters, its methods."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

PAGE, API = "o/<slug:slug>/", "api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    name: str  # the address itself where it has none
    path: str
    parameters: tuple[str, ...]
    named: bool
    app: str  # whose door it is

    @property
    def is_page(self) -> bool:
        return self.path.startswith(PAGE)

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)

    def url(self, values: dict[str, Any]) -> str:
        return reverse(self.name, kwargs=values) if self.named else f"/{self.path}"


def every_route() -> list[Route]:
    """Return the routes in the order in which they are tried; what one hides is never reached."""
    reached: dict[str, Route] = {}
    for route in _walk(get_resolver().url_patterns, ""):
        reached.setdefault(route.path, route)
    return list(reached.values())


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            names = tuple(re.findall(r"<(?:\w+:)?(\w+)>", path))
            door = getattr(pattern.callback, "cls", pattern.callback).__module__
            yield Route(pattern.name or path, path, names, bool(pattern.name), door.split(".")[0])

"""Every address × who comes × whose object it names, against one table: `doors.py`.

By default a sample of the visitors that is the same each time; all of them with `--full`.
"""

from zlib import crc32

import pytest
from django.urls import resolve

from organizations.models import Organization, Role, Scope
from tests.covered import Count
from tests.isolation import probe
from tests.isolation.doors import CALLS, ELSEWHERE, HOLDERS, PAGES
from tests.isolation.routes import METHODS, Route, every_route

ROUTES = every_route()
PAGE_ROUTES = [route for route in ROUTES if route.is_page]
API_ROUTES = [route for route in ROUTES if route.is_api and route.name not in ELSEWHERE]
OTHERS = [route for route in ROUTES if not route.is_page and route not in API_ROUTES]
HTMX = {"HX-Request": "true"}
NOT_ALLOWED = 405
# Where the empty body is refused first, and where "no longer" is said of what never was.
NOT_THERE = {"credit-note-set-off": 400, "call_off_bank_details": 409}
METHODS_OF = {name: set(lines) for table in (PAGES, CALLS) for name, lines in table.items()}
Cell = tuple[str, str, str, str]  # the address, the method, who asks, whose object

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
APPS = sorted({route.app for route in (*PAGE_ROUTES, *API_ROUTES)})
each_app = pytest.mark.parametrize("app", APPS)


@pytest.fixture
def world(acme: Organization, other: Organization) -> probe.World:
    return probe.world(acme, other)


def picked(route: Route, some: set[str], *, full: bool) -> list[str]:
    """Return all of some visitors, or one that is the same each time."""
    ordered = sorted(some)
    if full or not ordered:
        return ordered
    return [ordered[crc32(route.name.encode()) % len(ordered)]]


def test_every_address_has_its_line_in_the_table(covered: Count) -> None:
    names = [route.name for route in ROUTES]

    assert len(names) == len(set(names)), "two addresses have one name"
    assert set(names) == set(PAGES) | set(CALLS) | set(ELSEWHERE)
    assert {route.name for route in PAGE_ROUTES} == set(PAGES)
    covered("addresses", len(names))
    lines = [line for table in (PAGES, CALLS, ELSEWHERE) for line in table.values()]
    covered("addresses and methods", sum(len(line) for line in lines))


@each_app
def test_a_page_opens_to_those_with_its_right_alone(
    app: str, world: probe.World, pytestconfig: pytest.Config, covered: Count
) -> None:
    full = pytestconfig.getoption("--full")
    found: dict[Cell, int] = {}
    wanted: dict[Cell, int] = {}

    for route in (one for one in PAGE_ROUTES if one.app == app):
        needed = getattr(resolve(route.url(world.values(route, "own"))).func, "needed", None)
        for method, (rights, answer) in PAGES[route.name].items():
            if needed is not None:
                assert {str(right) for right in needed} == set(rights), route.name
            holders = set(Role) if not rights else set().union(*(HOLDERS[one] for one in rights))
            visitors = {"anonymous": 302, "stranger": 404}
            visitors |= dict.fromkeys(picked(route, set(map(str, holders)), full=full), answer)
            visitors |= dict.fromkeys(
                picked(route, set(Role.values) - set(map(str, holders)), full=full), 403
            )
            go_in(world, route, method, visitors, answer, full=full, found=found, wanted=wanted)

    assert found == wanted
    covered("cells: address × method × who × whose", len(found))


@each_app
def test_a_call_of_the_api_opens_to_its_scope_alone(
    app: str, world: probe.World, pytestconfig: pytest.Config, covered: Count
) -> None:
    full = pytestconfig.getoption("--full")
    found: dict[Cell, int] = {}
    wanted: dict[Cell, int] = {}

    for route in (one for one in API_ROUTES if one.app == app):
        for method, (scope, answer) in CALLS[route.name].items():
            wrong = {f"key:{one}" for one in Scope if one != scope}
            visitors = {"anonymous": 401, "revoked key": 401, "owner": 401}
            visitors |= {"key:all": answer, f"key:{scope}": answer}
            visitors |= dict.fromkeys(picked(route, wrong, full=full), 403)
            go_in(world, route, method, visitors, answer, full=full, found=found, wanted=wanted)

    assert found == wanted
    covered("cells: address × method × who × whose", len(found))


def go_in(
    world: probe.World,
    route: Route,
    method: str,
    visitors: dict[str, int],
    answer: int,
    *,
    full: bool,
    found: dict[Cell, int],
    wanted: dict[Cell, int],
) -> None:
    """Let each visitor ask; where he may come in, what is not Acme's is not there."""
    for whose in ("own", "foreign", "random") if full else ("own",):
        values = world.values(route, whose)
        away = whose != "own" and any(name not in {"slug", *probe.TEXTS} for name in values)
        for who, status in visitors.items():
            cell = (route.name, method, who, whose)
            comes_in = status == answer and who != "anonymous"  # sent to sign in, whatever is there
            wanted[cell] = NOT_THERE.get(route.name, 404) if away and comes_in else status
            client = probe.visitor(world, who)
            found[cell] = probe.ask(client, method, route.url(values)).status_code


def test_an_object_of_another_organization_answers_as_one_that_never_was(
    world: probe.World, pytestconfig: pytest.Config, covered: Count
) -> None:
    owner, program = probe.visitor(world, Role.OWNER), probe.visitor(world, "key:all")
    full, telling, compared = pytestconfig.getoption("--full"), [], 0

    for route in (*PAGE_ROUTES, *API_ROUTES):
        client = program if route.is_api else owner
        foreign, random = (route.url(world.values(route, whose)) for whose in ("foreign", "random"))
        if foreign == random:
            continue
        for method in METHODS_OF[route.name]:
            for headers in ({}, HTMX) if full else ({},):
                compared += 2
                if not probe.alike(client, method, foreign, random, headers=headers):
                    telling.append(f"{method} {route.name}")

    assert telling == []
    covered("answers compared byte for byte", compared)


def test_an_organization_of_strangers_answers_as_one_that_never_was(
    world: probe.World, pytestconfig: pytest.Config, covered: Count
) -> None:
    full, telling, compared = pytestconfig.getoption("--full"), [], 0
    owner = probe.visitor(world, Role.OWNER)

    for route in PAGE_ROUTES:
        values = world.values(route, "foreign")
        theirs, nobodys = (
            route.url({**values, "slug": slug}) for slug in (world.other.slug, "never-was")
        )
        for method in PAGES[route.name]:
            for headers in ({}, HTMX) if full else ({},):
                compared += 2
                if not probe.alike(owner, method, theirs, nobodys, headers=headers):
                    telling.append(f"{method} {route.name}")

    assert telling == []
    covered("answers compared byte for byte", compared)


def test_no_address_takes_a_method_that_is_not_in_the_table(world: probe.World) -> None:
    owner, program = probe.visitor(world, Role.OWNER), probe.visitor(world, "key:all")
    taken: dict[str, set[str]] = {}

    for route in (*PAGE_ROUTES, *API_ROUTES):
        client, url = program if route.is_api else owner, route.url(world.values(route, "own"))
        unlisted = set(METHODS) - set(METHODS_OF[route.name])
        answers = {method: probe.ask(client, method, url).status_code for method in unlisted}
        taken[route.name] = {m for m, status in answers.items() if status != NOT_ALLOWED}

    assert {name: methods for name, methods in taken.items() if methods} == {}


@pytest.mark.parametrize("route", OTHERS, ids=lambda route: route.name)
def test_an_address_of_no_organization_answers_as_the_table_says(
    route: Route, world: probe.World, covered: Count
) -> None:
    values = {"key": "no-key", "uidb36": "1", "pk": 1, "session_id": 1, "token": "no-token"}
    url = route.url({name: values[name] for name in route.parameters})
    found = {}

    for method in ELSEWHERE[route.name]:
        found[method] = tuple(
            probe.ask(probe.visitor(world, who), method, url).status_code
            for who in ("anonymous", "owner")
        )

    assert found == ELSEWHERE[route.name]
    covered("cells: address × method × who × whose", 2 * len(found))

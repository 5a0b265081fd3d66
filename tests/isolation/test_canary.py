"""Two organizations whose every text is marked: nothing of Other is ever told to Acme.

Pages, API, letters, mail, commands and the log are read, byte for byte and unpacked.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from common.tenancy import tenant_transaction
from dunning import waiting
from dunning.models import LocalMail
from invoices.models import Customer
from organizations.models import Organization, Role
from tests.covered import Count
from tests.isolation import book, crawl, probe
from tests.isolation.doors import CALLS, PAGES
from tests.isolation.routes import every_route

OURS, THEIRS = "zanzibarque", "quetzalcoatlus"  # no word of the product, no random token
ROUTES = {route.name: route for route in every_route()}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def today() -> Iterator[None]:
    with time_machine.travel(book.TODAY, tick=False):
        yield


@pytest.fixture
def ours(db: None) -> Organization:
    return book.organization(OURS)


@pytest.fixture
def theirs(db: None) -> Organization:
    return book.organization(THEIRS)


def read(organization: Organization, world: probe.World) -> crawl.Crawl:
    """Read all that the owner can, what a key of everything can, and what the commands say."""
    found, pages, calls = crawl.Crawl(), [], []
    for name, lines in {**PAGES, **CALLS}.items():
        if "GET" in lines:
            route = ROUTES[name]
            (pages if route.is_page else calls).append(route.url(world.values(route, "own")))
    with tenant_transaction(organization.pk):
        ticked = "&".join(f"letter={one.pk}" for one in waiting.to_post(on=book.TODAY.date()))
    root = f"/o/{organization.slug}/"
    pages.append(f"{root}letters/batch.pdf?{ticked}")
    crawl.pages(probe.visitor(world, Role.OWNER), pages, under=root, found=found)
    crawl.calls(probe.visitor(world, "key:all"), calls, found=found)
    for command, text in book.command_lines(organization).items():
        found.told[f"command {command}"] = text
    return found


def kinds_of(places: list[str]) -> set[str]:
    """Return what sort of places some addresses are."""
    ends = {".pdf": "letter", "/pdf/": "letter", ".eml": "mail", ".csv": "file"}
    kinds = set()
    for place in places:
        end = next((kind for end, kind in ends.items() if place.partition("?")[0].endswith(end)), "")
        kinds.add(end or ("command" if place.startswith("command") else place.split("/")[1]))
    return kinds


@pytest.fixture
def world(ours: Organization, theirs: Organization, tmp_path: Path) -> probe.World:
    rows = {one.pk: book.fill(one, mark, tmp_path) for one, mark in ((ours, OURS), (theirs, THEIRS))}
    return probe.World(ours, theirs, rows)


def test_nothing_of_another_organization_is_ever_told(
    world: probe.World, caplog: pytest.LogCaptureFixture, covered: Count
) -> None:
    caplog.clear()
    caplog.set_level(logging.DEBUG)

    found = read(world.acme, world)

    assert found.places_of(THEIRS) == []
    assert THEIRS not in caplog.text.casefold()
    assert kinds_of(found.places_of(OURS)) == {"o", "api", "letter", "mail", "file", "command"}
    assert {url for url, status in found.statuses.items() if status not in {200, 302, 404}} == set()
    covered("addresses, letters, mails and commands read for canaries", len(found.told))
    covered("canaries of the other organization found", len(found.places_of(THEIRS)))


def test_a_canary_that_is_planted_is_found_everywhere(world: probe.World) -> None:
    with tenant_transaction(world.acme.pk):
        Customer.objects.update(name=f"Under our roof: {THEIRS}")
        for mail in LocalMail.objects.all():
            mail.content = bytes(mail.content).replace(OURS.encode(), THEIRS.encode())
            mail.save()

    found = read(world.acme, world)

    assert kinds_of(found.places_of(THEIRS)) >= {"o", "api", "letter", "mail", "command"}

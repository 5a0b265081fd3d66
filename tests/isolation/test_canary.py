"""Two organizations whose every text is marked: nothing of Other is ever told to Acme.

Pages, API, letters, mail, commands and the log are read, byte for byte and unpacked.
"""

import logging
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import time_machine

from common.tenancy import tenant_transaction
from dunning import letters, waiting
from invoices.models import ImportedFile
from organizations.models import Organization, Role
from tests.covered import Count
from tests.isolation import book, crawl, probe
from tests.isolation.doors import CALLS, PAGES
from tests.isolation.routes import every_route
from tests.isolation.rows import Rows

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


def starts(world: probe.World, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the addresses of Acme's own rows that can be read: of pages, and of the API."""
    readable = {name for table in (PAGES, CALLS) for name, line in table.items() if "GET" in line}
    routes = [ROUTES[name] for name in names if name in readable]
    urls = {route: route.url(world.values(route, "own")) for route in routes}
    return (
        [url for route, url in urls.items() if route.is_page],
        [url for route, url in urls.items() if route.is_api],
    )


def read(world: probe.World, *, most: int) -> crawl.Crawl:
    """Read all that the owner can, what a key of everything can, and what the commands say."""
    acme, found = world.acme, crawl.Crawl(most)
    pages, calls = starts(world, [*PAGES, *CALLS])
    with tenant_transaction(acme.pk):
        taken_in = ImportedFile.objects.order_by("pk").values_list("pk", flat=True)[:2]
        imports = [f"/o/{acme.slug}/import/{pk}/" for pk in taken_in]
        ticked = [one.pk for one in waiting.to_post(on=book.TODAY.date())]
    root, owner = f"/o/{acme.slug}/", probe.visitor(world, Role.OWNER)
    crawl.pages(owner, [*pages, *imports], under=root, found=found)
    printed = probe.ask(owner, "POST", f"{root}letters/print/", data={"letter": ticked})
    found.tell(f"{root}letters/printed.pdf", printed)
    crawl.calls(probe.visitor(world, "key:all"), calls, found=found)
    found.told |= book.command_lines(acme)
    return found


def kinds_of(places: list[str]) -> set[str]:
    """Return what sort of places some addresses are."""
    ends = {".pdf": "letter", "/pdf/": "letter", ".eml": "mail", ".csv": "file"}
    kinds = set()
    for place in places:
        path = place.partition("?")[0]
        sort = next((sort for end, sort in ends.items() if path.endswith(end)), "")
        kinds.add(sort or path.split("/")[1])
    return kinds


def test_nothing_of_another_organization_is_ever_told(
    ours: Organization,
    theirs: Organization,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    pytestconfig: pytest.Config,
    covered: Count,
) -> None:
    rows = {
        one.pk: book.fill(one, mark, tmp_path) for one, mark in ((theirs, THEIRS), (ours, OURS))
    }
    caplog.clear()
    caplog.set_level(logging.DEBUG)

    found = read(
        probe.World(ours, theirs, rows), most=40 if pytestconfig.getoption("--full") else 1
    )

    assert found.places_of(THEIRS) == []
    assert THEIRS not in caplog.text.casefold()
    assert kinds_of(found.places_of(OURS)) == {"o", "api", "letter", "mail", "file", "command"}
    assert set(found.statuses.values()) <= {200, 302, 404, 405, 422}
    covered("addresses, letters, mails and commands read for canaries", len(found.told))
    covered("canaries of the other organization found", len(found.places_of(THEIRS)))


def test_a_canary_that_is_planted_is_found(ours: Organization, theirs: Organization) -> None:
    world = probe.World(ours, theirs, {ours.pk: Rows(ours, THEIRS)})
    found = crawl.Crawl(most=0)

    pages, calls = starts(world, ["invoice", "mail_source", "letter_pdf", "customer-detail"])
    crawl.pages(probe.visitor(world, Role.OWNER), pages, under="/o/", found=found)
    crawl.calls(probe.visitor(world, "key:all"), calls, found=found)
    found.told |= book.command_lines(ours)

    assert kinds_of(found.places_of(THEIRS)) == {"o", "api", "letter", "mail", "command"}


def test_a_canary_is_found_in_what_is_packed() -> None:
    mail = EmailMessage()
    mail.set_content(f"– {THEIRS} –", cte="base64")
    letter = letters.render_pdf(f"<p>{THEIRS}</p>")
    page = f"<p>&#{ord(THEIRS[0])};{THEIRS[1:]}</p>".encode()

    for content, kind in ((mail.as_bytes(), "message/rfc822"), (letter, ""), (page, "text/html")):
        assert THEIRS not in content.decode(errors="replace").casefold()
        assert any(THEIRS in text.casefold() for text in crawl.decoded(content, kind))

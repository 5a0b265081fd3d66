"""Who sits at a browser, and on which day."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from config import celery  # noqa: F401  # tasks ring the broker of the settings
from organizations.models import Organization, Role, User
from tests import make
from tests.browser.counting import Visitor
from tests.browsing import opened_by

Seat = Callable[[User, str], Visitor]


@pytest.fixture
def signed_in(browser: Browser, acme: Organization) -> Iterator[BrowserContext]:
    """A browser in which Acme's owner is signed in, in French."""
    context = opened_by(browser, acme.memberships.get().user)
    yield context
    context.close()


@pytest.fixture
def friday() -> Iterator[time_machine.Traveller]:
    """It is Friday 13 February 2026, ten o'clock in Paris, and the clock goes on."""
    with time_machine.travel(make.AT, tick=True) as traveller:
        yield traveller


@pytest.fixture
def seat(
    friday: time_machine.Traveller, browser: Browser, live_server: LiveServer, acme: Organization
) -> Iterator[Seat]:
    """Sit somebody down at a page of Acme, each at a browser of his own."""
    opened: list[BrowserContext] = []

    def sit_down(user: User, page: str) -> Visitor:
        context = opened_by(browser, user)
        opened.append(context)
        visitor = Visitor(context.new_page())
        visitor.page.goto(f"{live_server.url}/o/{acme.slug}/{page}")
        return visitor

    yield sit_down
    for context in opened:
        context.close()


@pytest.fixture
def collector(acme: Organization) -> User:
    return make.member(acme, Role.COLLECTOR)


@pytest.fixture
def accountant(acme: Organization) -> User:
    return make.member(acme, Role.ACCOUNTANT)

"""A real browser: Chromium, headless, on this machine's loopback alone."""

import os
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from demo.pictures import ALONE, find_chromium
from organizations.models import User


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = find_chromium()
    if found is None:
        pytest.skip("No Chromium here.")
    # The browser's own loop runs in this thread, and Django would take us for it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ALONE)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def opened_by(browser: Browser, user: User) -> BrowserContext:
    """Open a browser, in French, in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    # Chromium gives up a transition between pages when it is looked at early, and says so.
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce")
    session = client.cookies["session"].value
    context.add_cookies([{"name": "session", "value": session, "url": "http://localhost"}])
    return context


def watched(page: Page) -> list[str]:
    """Return the list to which a page adds what its console says is wrong."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said

"""An owner sets up a second factor in a real browser, and signs in with nothing but a passkey."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from organizations.models import Organization
from tests import make
from tests.browsing import watched

pytestmark = pytest.mark.django_db(transaction=True)


def wrong_on(page: Page) -> list[str]:
    """Return what keeps people from using a page."""
    found = [
        f"{violation['id']}: {node['html'][:100]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the screen")
    return found


def give_a_key(page: Page) -> None:
    """Plug a security key in that says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": key})


def test_an_owner_sets_up_a_passkey_and_signs_in_with_it(
    browser: Browser, live_server: LiveServer, acme: Organization, settings: Any
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    owner = acme.memberships.get().user
    root = live_server.url.replace("127.0.0.1", "localhost")
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    said, wrong = watched(page), []
    give_a_key(page)

    # The password opens nothing but the set-up
    page.goto(f"{root}/accounts/login/?next=/o/{acme.slug}/")
    wrong += wrong_on(page)
    page.fill("[name=login]", owner.email)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/accounts/2fa/")
    wrong += wrong_on(page)

    # A passkey, once the password was given again
    page.click("text=Ajouter une clé d’accès")
    wrong += wrong_on(page)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/accounts/2fa/webauthn/add/")
    wrong += wrong_on(page)
    page.click("main button[type=submit]")
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    codes = page.locator(".codes code").count()
    wrong += wrong_on(page)

    # Out, and in again by the passkey alone
    page.goto(f"{root}/accounts/logout/")
    page.click("main button[type=submit]")
    page.goto(f"{root}/accounts/login/?next=/o/{acme.slug}/")
    page.click("text=Se connecter avec une clé d’accès")
    page.wait_for_url(f"{root}/o/{acme.slug}/")

    assert codes == 10
    assert "Bonjour Alice Martin" in page.inner_text("main")
    assert wrong == []
    assert said == []
    context.close()

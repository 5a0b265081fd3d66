"""From sign-up to activated reminders, in a real browser, its interactions counted."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from common.tenancy import tenant_transaction
from demo import book
from dunning import planning
from invoices.models import Invoice
from organizations.models import Organization
from tests.browser.counting import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

MOST_INTERACTIONS = 20  # of the design; a click or a field filled in is one


def a_list_of(invoices: int, where: Path) -> Path:
    made = book.generate(seed=11, customers=24, invoices=invoices, on=date.today())  # noqa: DTZ011
    path = where / "factures.csv"
    path.write_bytes(book.invoices_csv(made.sales, known_until=book.known_until(made)))
    return path


def test_a_new_firm_goes_from_sign_up_to_activated_reminders(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    path = a_list_of(83, tmp_path)
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    visitor = Visitor(page)

    page.goto(f"{live_server.url}/accounts/signup/")
    visitor.fill("email", "camille@morvan.example")
    visitor.fill("password1", "une longue phrase de passe")
    visitor.click("Ouvrir le compte")
    visitor.fill("name", "Atelier Morvan")
    visitor.click("Ouvrir l’organisation")
    visitor.choose(path)
    scenario = page.inner_text("main")
    visitor.click("Voir les 30 prochains jours")
    preview = page.inner_text("main")
    visitor.click("Activer")
    dashboard = page.inner_text("main")

    organization = Organization.objects.get(name="Atelier Morvan")
    with tenant_transaction(organization.pk):
        assert Invoice.objects.count() >= 80  # but for credit notes of the book
        first = planning.next_round(organization, on=date.today())  # noqa: DTZ011
        planned = len(list(planning.preview(organization, start=first, days=30)))
    assert ("Doux" in scenario, "Standard" in scenario, "Ferme" in scenario) == (True,) * 3
    assert "contacts sont prévus" in preview
    assert "Ce que l’on vous doit" in dashboard
    assert organization.activated_at is not None
    assert planned > 0
    assert visitor.interactions <= MOST_INTERACTIONS  # 8 today
    assert visitor.said == []
    context.close()

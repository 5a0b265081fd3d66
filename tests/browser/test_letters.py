"""Letters to post, in a real browser: printed in one go by a key, then noted as posted."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from common.tenancy import tenant_transaction
from dunning import planning
from dunning.models import Message
from invoices.models import Customer
from organizations.models import Organization, User
from tests import make
from tests.browser.conftest import Seat
from tests.make import AT, ON

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def notices(acme: Organization) -> None:
    """Three formal notices to post, one without an address."""
    with tenant_transaction(acme.pk):
        for name in ("Hélios", "Lutèce", "Mercure"):
            customer = make.a_customer(acme, name)
            make.invoice(acme, customer=customer, amounts={"2025-12-15": 120_000})
        for back in range(60, -1, -5):
            planning.follow_up(acme, on=ON - timedelta(days=back), at=AT)
        Customer.objects.filter(name="Mercure").update(address="")


@pytest.mark.usefixtures("notices")
def test_letters_are_printed_by_key_mended_and_noted_as_posted(
    acme: Organization, seat: Seat, collector: User
) -> None:
    page = seat(collector, "letters/").page
    expect(page.get_by_role("checkbox", name="Mercure")).to_be_disabled()

    page.get_by_label("Adresse").fill("3 rue du Port")
    page.get_by_role("button", name="Enregistrer l’adresse").click()
    expect(page.get_by_role("checkbox", name="Mercure")).to_be_checked()
    page.wait_for_load_state()  # of the page after saving, whose script hears the key
    with page.context.expect_page():
        page.keyboard.press("Control+Enter")
    page.reload()
    expect(page.get_by_text("pas encore posté")).to_have_count(3)
    page.keyboard.press("b")
    expect(page.get_by_text("3 courriers sont notés comme postés.")).to_be_visible()

    with tenant_transaction(acme.pk):
        assert Message.objects.filter(channel="registered_letter", state="sent").count() == 3

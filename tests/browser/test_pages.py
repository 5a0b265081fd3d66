"""Each page in a real browser: nothing breaks, nothing overflows, everyone can use it."""

from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext
from pytest_django.live_server_helper import LiveServer

from common.tenancy import tenant_transaction
from demo import book
from dunning import delivery, planning
from dunning.models import Message
from invoices import importing
from invoices.models import Invoice
from organizations.models import Organization
from reconciliation import importing as bank
from reconciliation import matching
from tests import make
from tests.browsing import watched

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = (
    "", "invoices/", "invoices/?view=paid", "invoices/{invoice}/", "customers/",
    "customers/{customer}/", "import/", "import/{imported}/", "calls/", "calls/queue/",
    "reminders/", "reminders/?tab=planned", "reminders/?tab=sent", "reminders/{message}/",
    "letters/", "bank/", "bank/?tab=matched", "payments/", "payments/new/", "scenarios/",
    "scenarios/{scenario}/", "scenarios/rules/",
    "scenarios/{scenario}/simulate/?capacity=1&most=1", "scenarios/{scenario}/simulate/?over=year",
    "mailbox/", "settings/", "developers/", "help/", "menu/",
)  # fmt: skip
SCREENS = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
    "narrow": {"width": 320, "height": 640},
}
SERIOUS = {"serious", "critical"}


@pytest.fixture
def house(live_server: LiveServer, acme: Organization) -> str:
    """Acme with a book, three weeks of rounds and a statement; the address of its pages."""
    today = date.today()  # noqa: DTZ011  # the pages read the same clock
    made = book.generate(seed=5, customers=12, invoices=60, on=today)
    content = book.invoices_csv(made.sales, known_until=book.known_until(made))
    at = make.AT
    with tenant_transaction(acme.pk):
        importing.import_invoices(acme, "book.csv", content + b"broken\n", on=today, at=at)
        for back in range(20, -1, -1):
            done = planning.follow_up(acme, on=today - timedelta(days=back), at=at)
        balance = sum(transfer.amount_minor for transfer in made.transfers)
        statement = book.statement_ofx(made.transfers, closing_minor=balance, until=today)
        bank.import_statement(acme, bank.Upload("book.ofx", statement), at=at)
        matching.match_new(acme, at=at)
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: at)
    return f"{live_server.url}/o/{acme.slug}/"


@pytest.fixture
def addresses(house: str, acme: Organization) -> list[str]:
    with tenant_transaction(acme.pk):
        late = Invoice.objects.open().order_by("pk").first()
        keys = {
            "invoice": late and late.pk,
            "customer": late and late.customer_id,
            "imported": acme.imported_files.get().pk,
            "message": Message.objects.latest("pk").pk,
            "scenario": acme.scenarios.earliest("pk").pk,
        }
    return [house + page.format(**keys) for page in PAGES]


def test_no_page_breaks_or_overflows_on_any_screen(
    signed_in: BrowserContext, addresses: list[str]
) -> None:
    page = signed_in.new_page()
    said = watched(page)
    faults = []

    for screen, size in SCREENS.items():
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for address in addresses:
            answer = page.goto(address)
            if answer is None or not answer.ok:
                faults.append(f"{address} {answer and answer.status}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{address} overflows on the {screen} screen")

    assert faults == []
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_each_page(
    signed_in: BrowserContext, addresses: list[str], scheme: str
) -> None:
    page = signed_in.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 1280, "height": 800})
    faults = []

    for address in addresses:
        page.goto(address)
        found = Axe().run(page).response["violations"]
        faults += [
            f"{address}: {fault['id']} at {fault['nodes'][0]['target']}"
            for fault in found
            if fault["impact"] in SERIOUS
        ]

    assert faults == []


def test_the_keyboard_alone_finds_an_invoice_and_pauses_it(
    signed_in: BrowserContext, house: str, acme: Organization
) -> None:
    page = signed_in.new_page()
    page.goto(house)
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.open().order_by("pk").first()
    assert invoice is not None

    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/invoices/")
    page.keyboard.press("/")
    page.keyboard.type(invoice.number)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/invoices/{invoice.pk}/")

    assert page.inner_text("h1").startswith(invoice.number)

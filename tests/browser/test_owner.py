"""An owner's day: see how it stands, let today's reminders go, keep somebody in peace."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import expect

from common.tenancy import tenant_transaction
from dunning import delivery, planning
from dunning.models import Hold, LocalMail, Message
from invoices import settlement
from invoices.models import Invoice
from organizations.models import Organization, User
from tests import make
from tests.browser.conftest import Seat
from tests.browser.counting import Visitor
from tests.make import AT, ON

pytestmark = pytest.mark.django_db(transaction=True)

OWED = {"Bréhat": 10_010, "Cormier": 20_020, "Doucet": 30_030}
TO_APPROVE = Message.State.AWAITING_APPROVAL


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def book(acme: Organization) -> Organization:
    """Acme with three customers whose reminders of today wait for approval."""
    acme.approval_until = ON
    acme.save(update_fields=["approval_until"])
    with tenant_transaction(acme.pk):
        for name, minor in OWED.items():
            customer = make.a_customer(acme, name)
            make.invoice(acme, customer=customer, amounts={"2026-02-04": minor})
        planning.follow_up(acme, on=ON, at=AT)
    return acme


@pytest.fixture
def person(acme: Organization) -> User:
    return acme.memberships.get().user


@pytest.fixture
def at_home(book: Organization, seat: Seat, person: User) -> Visitor:
    """The owner at the dashboard."""
    return seat(person, "")


def deliver_all(organization: Organization, friday: time_machine.Traveller) -> int:
    """Ring for everything once the minute is over; return how many mails have left."""
    late = AT + delivery.UNDO + timedelta(minutes=1)
    friday.move_to(late)
    with tenant_transaction(organization.pk):
        ids = list(Message.objects.values_list("pk", flat=True))
    for message_id in ids:
        delivery.deliver(message_id, organization_id=organization.pk, clock=lambda: late)
    with tenant_transaction(organization.pk):
        left: int = LocalMail.objects.count()
    return left


def states(organization: Organization) -> list[str]:
    with tenant_transaction(organization.pk):
        return list(Message.objects.order_by("pk").values_list("state", flat=True))


def pay_first(organization: Organization) -> None:
    with tenant_transaction(organization.pk):
        invoice = Invoice.objects.order_by("pk").locked()[0]
        settlement.settle(invoice, invoice.balance, on=ON)


def test_what_is_owed_and_coming_in_is_there_when_the_page_is(at_home: Visitor) -> None:
    page = at_home.page

    assert "600,60\u00a0€" in page.inner_text("[aria-labelledby=h-owed]")
    expect(page.locator("[aria-labelledby=h-coming] figcaption")).to_be_visible()
    assert at_home.interactions == 0
    assert at_home.said == []


def test_todays_reminders_go_with_two_keys(
    at_home: Visitor, book: Organization, friday: time_machine.Traveller
) -> None:
    at_home.press_and_leave("2")
    with at_home.page.expect_navigation():
        at_home.press("v")

    assert at_home.interactions == 2
    assert "3 relances partent dans une minute" in at_home.page.inner_text("main")
    assert states(book) == ["queued"] * 3
    assert at_home.said == []
    assert deliver_all(book, friday) == 3


def test_an_approval_is_taken_back_with_one_key_and_no_mail_leaves(
    at_home: Visitor, book: Organization, friday: time_machine.Traveller
) -> None:
    at_home.press_and_leave("2")
    with at_home.page.expect_navigation():
        at_home.press("v")
    friday.move_to(AT + timedelta(seconds=50))

    with at_home.page.expect_navigation():
        at_home.press("z")

    assert at_home.interactions == 3
    assert "3 relances attendent de nouveau" in at_home.page.inner_text("main")
    assert deliver_all(book, friday) == 0
    assert states(book) == [TO_APPROVE] * 3


def test_what_was_paid_a_second_ago_is_not_sent_though_it_was_approved(
    at_home: Visitor, book: Organization, friday: time_machine.Traveller
) -> None:
    at_home.press_and_leave("2")
    pay_first(book)

    with at_home.page.expect_navigation():
        at_home.press("v")

    assert deliver_all(book, friday) == 2
    assert states(book) == [TO_APPROVE, "sent", "sent"]


def test_what_is_paid_a_second_later_is_not_sent(
    at_home: Visitor, book: Organization, friday: time_machine.Traveller
) -> None:
    at_home.press_and_leave("2")
    with at_home.page.expect_navigation():
        at_home.press("v")

    pay_first(book)

    assert deliver_all(book, friday) == 2
    assert states(book) == ["cancelled", "sent", "sent"]


@pytest.mark.parametrize("page", ["customers/{0.customer_id}/", "invoices/{0.pk}/"])
def test_a_pause_with_its_end_keeps_what_it_covers_quiet(
    book: Organization, seat: Seat, person: User, page: str
) -> None:
    with tenant_transaction(book.pk):
        invoice = Invoice.objects.order_by("pk")[0]
    visitor = seat(person, page.format(invoice))

    if "invoices" in page:
        visitor.open("Mettre la facture en pause")
    visitor.fill("until", "fdm")
    with visitor.page.expect_navigation():
        visitor.press("Enter")

    with tenant_transaction(book.pk):
        hold = Hold.objects.get()
        coming = planning.preview(
            book, start=ON + timedelta(days=1), days=30, customer_ids=[invoice.customer_id]
        )
        first = min(contact.on for contact in coming)
    assert (hold.kind, hold.until) == (Hold.Kind.PAUSE, date(2026, 2, 28))
    assert hold.invoice_id == (invoice.pk if "invoices" in page else None)
    assert first > date(2026, 2, 28)
    assert "28/02" in visitor.page.inner_text("main")
    assert visitor.interactions <= 3
    assert visitor.said == []

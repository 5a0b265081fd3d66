"""A person asks for the next step today: one message, and the debtor's quiet is kept."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import delivery, holds, planning, sending_now, stopping
from dunning.models import Act, Call, Message
from dunning.sending_now import AlreadyAsked, Asked, NotActivated, NotNow
from invoices import settlement
from invoices.models import Invoice
from organizations.models import Organization, Plan, TimelineEvent
from tests import make
from tests.concurrency import at_once
from tests.make import AT, ON

State = Message.State
SOON = {"2026-02-10": 120_000}  # three days ago: its courteous email is due on the 17th


def ask(invoice: Invoice, *, on: date = ON) -> Asked:
    found = Invoice.objects.select_related("organization", "customer").get(pk=invoice.pk)
    at = AT + (on - ON)
    return sending_now.send_now(found, on=on, at=at, undo=delivery.UNDO)


def test_the_next_step_leaves_after_the_undo_and_counts_as_asked(
    acme: Organization, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with tenant_transaction(acme.pk, actor="user:1"):
        invoice = make.invoice(acme, amounts=SOON)
        message = ask(invoice).message

    assert message is not None
    assert (message.state, message.approved_by) == (State.QUEUED, "user:1")
    delivery.deliver(message.pk, organization_id=acme.pk, clock=lambda: AT + delivery.UNDO)
    with tenant_transaction(acme.pk):
        sent = Message.objects.get()
        act = Act.objects.get()
        following = planning.next_act(invoice, on=ON)
        asked = TimelineEvent.objects.get(kind="dunning.message_asked_for")
    assert (sent.state, sent.kind) == (State.SENT, "courteous")
    assert (act.level, act.rule) == (20, "D+7 courteous email, brought forward")
    assert asked.data["rule"] == act.rule
    assert following is not None
    assert (following[0], following[1].step.level) == (date(2026, 2, 25), 40)


def test_what_the_day_brings_anyway_leaves_with_it_and_nothing_else(
    inside_acme: Organization,
) -> None:
    customer = make.a_customer(inside_acme)
    soon = make.invoice(inside_acme, amounts=SOON, customer=customer, number="F-SOON")
    make.invoice(inside_acme, customer=customer, number="F-DUE")
    make.invoice(inside_acme, amounts={"2026-02-11": 1}, customer=customer, number="F-LATER")

    ask(soon)

    rules = dict(Act.objects.values_list("instalment__invoice__number", "rule"))
    assert rules == {
        "F-SOON": "D+7 courteous email, brought forward",
        "F-DUE": "D+7 courteous email, caught up",
    }
    assert Message.objects.count() == 1
    assert planning.follow_up(inside_acme, on=ON, at=AT).contacts == []


def test_a_step_that_is_a_call_goes_on_the_list(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme, email="", phone="+33102030405", address="")
    invoice = make.invoice(inside_acme, amounts=SOON, customer=customer)

    asked = ask(invoice)

    assert asked.message is None
    assert Call.objects.get() == asked.call
    with pytest.raises(AlreadyAsked, match=r"."):
        ask(invoice, on=ON + timedelta(days=5))


# --- What is not set aside


def a_promise(invoice: Invoice) -> None:
    holds.promise(invoice, invoice.balance, date(2026, 2, 27), at=AT, calendar=for_country("FR"))


def paid(invoice: Invoice) -> None:
    settlement.settle(Invoice.objects.locked().get(pk=invoice.pk), invoice.balance, on=ON)


def unreachable(invoice: Invoice) -> None:
    invoice.customer.contacts.all().delete()
    invoice.customer.address = ""
    invoice.customer.save()


def asked_yesterday(invoice: Invoice) -> None:
    other = make.invoice(invoice.organization, customer=invoice.customer)
    planning.follow_up(invoice.organization, on=ON - timedelta(days=1), at=AT)
    Message.objects.update(state=State.CLAIMED, token="0" * 32, claimed_at=AT)
    Message.objects.update(state=State.SENT, sent_at=AT)
    assert Act.objects.get().instalment.invoice_id == other.pk


def without_places(invoice: Invoice) -> None:
    organization = Organization.objects.get()
    organization.plan = Plan.FREE
    organization.save()


@pytest.mark.parametrize(
    ("happens", "blocker"),
    [
        (a_promise, "promise"),
        (paid, "paid"),
        (unreachable, "no_contact"),
        (asked_yesterday, "gap"),
        (without_places, "quota"),
    ],
)
def test_what_blocks_is_refused_by_name_and_nothing_is_written(
    inside_acme: Organization, settings: Any, happens: Any, blocker: str
) -> None:
    settings.PLAN_LIMITS = {"free": 0, "unlimited": None}
    invoice = make.invoice(inside_acme, amounts=SOON)
    happens(invoice)
    before = Act.objects.count()

    with pytest.raises(NotNow) as refusal:
        ask(invoice)

    assert refusal.value.facts["blockers"] == blocker
    assert Act.objects.count() == before


def test_what_is_not_late_is_not_asked_as_if_it_were(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={ON.isoformat(): 120_000})

    with pytest.raises(NotNow, match=r"."):
        ask(invoice)

    assert not Act.objects.exists()


def test_before_it_is_due_the_preventive_message_may_be_brought_forward(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-03-10": 120_000})

    asked = ask(invoice)

    assert asked.message is not None
    assert asked.message.kind == "preventive"


def test_weekend_and_backlog_are_set_aside(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, recorded_on=ON)

    assert ask(invoice, on=date(2026, 2, 14)).message is not None  # a Saturday


def test_nothing_is_asked_before_activation(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts=SOON)
    Organization.objects.update(activated_at=None)

    with pytest.raises(NotActivated):
        ask(invoice)


def test_nothing_is_asked_while_sending_is_stopped(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts=SOON)
    stopping.stop(inside_acme, reason="", at=AT)

    with pytest.raises(stopping.SendingStopped):
        ask(invoice)


def test_what_waits_for_approval_is_to_be_approved_instead(acme: Organization) -> None:
    acme.approval_until = ON + timedelta(days=30)
    acme.save()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        planning.follow_up(acme, on=ON, at=AT)

        with pytest.raises(AlreadyAsked):
            ask(invoice, on=ON + timedelta(days=5))

        assert Message.objects.get().state == State.AWAITING_APPROVAL


# --- At once


@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_who_press_at_once_one_is_heard(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts=SOON)
    refused: list[str] = []

    def press_five_times() -> None:
        for _ in range(5):
            try:
                with tenant_transaction(acme.pk):
                    ask(invoice)
            except AlreadyAsked as refusal:
                refused.append(str(refusal))

    at_once(*[press_five_times] * 20)

    assert len(refused) == 99
    assert len(set(refused)) == 1
    with tenant_transaction(acme.pk):
        assert (Act.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_round_and_a_person_at_once_write_one_message(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)

    def press() -> None:
        with tenant_transaction(acme.pk):
            ask(invoice)

    def go() -> None:
        try:
            with tenant_transaction(acme.pk):
                planning.follow_up(Organization.objects.get(pk=acme.pk), on=ON, at=AT)
        except IntegrityError:
            pass

    at_once(press, go, press, go)

    with tenant_transaction(acme.pk):
        assert (Act.objects.count(), Message.objects.count()) == (1, 1)


# --- The doors


@pytest.mark.usefixtures("now")
def test_the_page_offers_it_and_refuses_with_a_sentence(acme: Organization, owner: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts=SOON)
    address = f"/o/{acme.slug}/invoices/{invoice.pk}/send-now/"

    assert address in owner.get(f"/o/{acme.slug}/invoices/{invoice.pk}/").content.decode()
    assert owner.post(address).status_code == 302
    assert owner.post(address).status_code == 409
    with tenant_transaction(acme.pk):
        assert Message.objects.count() == 1


@pytest.mark.usefixtures("now")
def test_the_api_answers_with_what_was_written_then_409(acme: Organization, api: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts=SOON)
    address = f"/api/v1/invoices/{invoice.pk}/send-now/"

    first = api.post(address, content_type="application/json")
    second = api.post(address, content_type="application/json")

    assert first.status_code == 201
    said = first.json()
    assert (said["channel"], said["level"], said["call"]) == ("email", 20, None)
    assert said["leaves_at"] == (AT + delivery.UNDO).isoformat()
    assert (second.status_code, second.json()["code"]) == (409, "already_asked")


def test_the_questions_asked_are_few_whatever_the_debtor_owes(inside_acme: Organization) -> None:
    def queries(invoices: int) -> int:
        customer = make.a_customer(inside_acme)
        made = [make.invoice(inside_acme, amounts=SOON, customer=customer) for _ in range(invoices)]
        with CaptureQueriesContext(connection) as found:
            ask(made[0])
        return len(found)

    queries(1)  # the first one makes the scenario
    assert queries(2) == queries(12) <= 40

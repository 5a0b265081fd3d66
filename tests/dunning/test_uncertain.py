"""A message that may have left waits for a person; in the end the clock takes it as sent."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common.money import Money
from common.tenancy import tenant_transaction
from dunning import delivery, last_look, outbox, planning, stopping, uncertain
from dunning.channels.base import NoAnswer
from dunning.models import Act, Message
from invoices import settlement
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.concurrency import at_once
from tests.dunning.test_delivery import again, deliver, mails, sweep
from tests.make import AT, ON

State = Message.State


@pytest.fixture
def message(acme: Organization, settings: Any) -> Message:
    """A reminder of two invoices whose sending began, and nobody knows how it ended."""
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        for number in ("F-1", "F-2"):
            make.invoice(acme, number=number, customer=customer)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    with tenant_transaction(acme.pk):
        claimed = delivery.claim(message_id, at=AT)
        assert claimed is not None
    with tenant_transaction(acme.pk):
        assert delivery.start(claimed.envelope, at=AT)
    with tenant_transaction(acme.pk):
        found = Message.objects.locked().get(pk=message_id)
        outbox.lost_sight(found, reason=str(NoAnswer("gone")), at=AT)
        return found


def kinds(acme: Organization) -> list[str]:
    with tenant_transaction(acme.pk):
        return list(TimelineEvent.objects.order_by("position").values_list("kind", flat=True))


def test_one_that_left_is_sent_at_the_moment_its_sending_began(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk, actor="user:1"):
        uncertain.settle(message, left=True, at=AT + timedelta(hours=3))

    sent = again(message)
    assert (sent.state, sent.sent_at, sent.receipt) == (State.SENT, AT, "by hand")
    assert kinds(acme)[-2:] == ["dunning.message_taken_as_sent"] * 2


@pytest.mark.parametrize(("days", "state"), [(6, State.UNKNOWN), (8, State.SENT)])
def test_after_a_week_the_clock_takes_it_as_sent_and_says_so(
    acme: Organization, message: Message, days: int, state: State
) -> None:
    found = sweep(message, at=AT + timedelta(days=days))

    settled = again(message)
    assert (settled.state, found.settled) == (state, int(state == State.SENT))
    if state == State.SENT:
        assert (settled.sent_at, settled.receipt) == (AT, "by the clock")
        with tenant_transaction(acme.pk):
            said = TimelineEvent.objects.filter(kind="dunning.message_taken_as_sent")
            assert {event.data["by"] for event in said} == {"by the clock"}
            assert {event.actor for event in said} == {"system"}
    assert mails(message) == []


def test_the_ladder_goes_on_after_it_either_way(acme: Organization, message: Message) -> None:
    sweep(message, at=AT + timedelta(days=8))

    with tenant_transaction(acme.pk):
        done = planning.follow_up(acme, on=ON + timedelta(days=10), at=AT)

    assert [contact.highest.step.level for contact in done.contacts] == [40]


def test_sent_again_it_is_another_message_of_the_same_acts_after_the_undo(
    acme: Organization, message: Message
) -> None:
    later = AT + timedelta(hours=2)
    with tenant_transaction(acme.pk, actor="user:1"):
        second = uncertain.send_again(message, at=later, undo=delivery.UNDO)

    assert deliver(second, at=later + timedelta(seconds=59)).state == State.QUEUED
    assert deliver(second, at=later + timedelta(seconds=61)).state == State.SENT
    first = again(message)
    assert (first.state, first.failure) == (State.FAILED, "sent again")
    with tenant_transaction(acme.pk):
        assert second.again_of_id == message.pk
        assert set(Act.objects.values_list("message", flat=True)) == {second.pk}
        told = TimelineEvent.objects.filter(kind="dunning.message_sent_again")
        assert {event.actor for event in told} == {"user:1"}
    assert len(mails(message)) == 1


def test_sent_again_it_may_be_taken_back_within_the_minute(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk, actor="user:1"):
        second = uncertain.send_again(message, at=AT, undo=delivery.UNDO)

    with tenant_transaction(acme.pk, actor="user:1"):
        assert delivery.take_back(AT, at=AT + timedelta(seconds=30)) == 1

    assert deliver(second, at=AT + timedelta(hours=1)).state == State.AWAITING_APPROVAL


def test_what_was_paid_meanwhile_is_not_sent_again(acme: Organization, message: Message) -> None:
    with tenant_transaction(acme.pk):
        for invoice in Invoice.objects.locked():
            settlement.settle(invoice, invoice.balance, on=ON)

    with pytest.raises(last_look.NothingLeftToSay), tenant_transaction(acme.pk):
        uncertain.send_again(message, at=AT, undo=delivery.UNDO)

    assert again(message).state == State.UNKNOWN


def test_nothing_is_sent_again_while_sending_is_stopped(
    acme: Organization, message: Message
) -> None:
    stopping.stop_all(reason="Restored from a back-up", at=AT)

    with (
        pytest.raises(stopping.SendingStopped, match="Restored"),
        tenant_transaction(acme.pk),
    ):
        uncertain.send_again(message, at=AT, undo=delivery.UNDO)

    assert again(message).state == State.UNKNOWN


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_send_it_again_one_does(acme: Organization, message: Message) -> None:
    def press() -> None:
        with tenant_transaction(acme.pk, actor="user:1"):
            uncertain.send_again(message, at=AT, undo=delivery.UNDO)

    refused = at_once(*[press] * 10)

    assert refused == ["message_state"] * 9
    with tenant_transaction(acme.pk):
        assert Message.objects.filter(again_of=message).count() == 1


# --- Answers that come late, when the sweeper or a webhook was faster


def test_a_refusal_that_comes_late_is_noted_and_queues_nothing(message: Message) -> None:
    with tenant_transaction(message.organization_id):
        outbox.put_back(Message.objects.locked().get(), reason="SMTP 421", at=AT)

    late = again(message)
    assert (late.state, late.failure) == (State.UNKNOWN, "SMTP 421")


def test_an_acceptance_that_comes_late_says_that_it_left(message: Message) -> None:
    with tenant_transaction(message.organization_id):
        outbox.sent(Message.objects.locked().get(), receipt="<x>", at=AT)

    assert again(message).state == State.SENT


@pytest.mark.parametrize("note", [outbox.failed, outbox.lost_sight, outbox.put_back])
def test_an_answer_changes_nothing_of_what_is_over(message: Message, note: Any) -> None:
    with tenant_transaction(message.organization_id):
        uncertain.settle(message, left=True, at=AT)
        note(Message.objects.locked().get(), reason="late", at=AT)
        outbox.sent(Message.objects.locked().get(), receipt="<late>", at=AT)

    over = again(message)
    assert (over.state, over.receipt) == (State.SENT, "by hand")


# --- The last look before the call


def test_a_payment_between_claim_and_call_keeps_it_here(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    with tenant_transaction(acme.pk):
        claimed = delivery.claim(message_id, at=AT)
        assert claimed is not None
    with tenant_transaction(acme.pk):
        settlement.settle(Invoice.objects.locked().get(), invoice.balance, on=ON)

    with tenant_transaction(acme.pk):
        assert not delivery.start(claimed.envelope, at=AT)

    with tenant_transaction(acme.pk):
        waits = Message.objects.get(pk=message_id)
    assert (waits.state, waits.token) == (State.QUEUED, None)
    assert deliver(waits).state == State.CANCELLED


def test_a_part_payment_between_claim_and_call_is_written_anew(
    acme: Organization, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with tenant_transaction(acme.pk):
        make.invoice(acme)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    with tenant_transaction(acme.pk):
        claimed = delivery.claim(message_id, at=AT)
        assert claimed is not None
    with tenant_transaction(acme.pk):
        settlement.settle(Invoice.objects.locked().get(), Money(20_000, "EUR"), on=ON)

    with tenant_transaction(acme.pk):
        assert not delivery.start(claimed.envelope, at=AT)

    with tenant_transaction(acme.pk):
        waits = Message.objects.get(pk=message_id)
    assert deliver(waits).total_minor == 100_000


# --- The page


@pytest.mark.usefixtures("now")
def test_the_review_page_offers_the_three_answers(
    acme: Organization, owner: Client, message: Message
) -> None:
    page = owner.get(f"/o/{acme.slug}/reminders/?tab=uncertain").content.decode()

    assert f"/reminders/{message.pk}/again/" in page
    assert f"/reminders/{message.pk}/settle/" in page
    answer = owner.post(f"/o/{acme.slug}/reminders/{message.pk}/again/")
    assert answer.status_code == 302
    assert owner.post(f"/o/{acme.slug}/reminders/{message.pk}/again/").status_code == 409
    with tenant_transaction(acme.pk):
        assert Message.objects.filter(again_of=message, state=State.QUEUED).count() == 1

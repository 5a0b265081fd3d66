"""A reminder leaves at most once, whatever breaks, and never for what was paid or held."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction

from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import composing, delivery, holds, outbox, planning, posting, uncertain, waiting
from dunning.delivery import CALL_SECONDS, CLAIM_SECONDS
from dunning.models import Act, LocalMail, Message
from dunning.outbox import RETRY_MINUTES
from invoices import settlement
from invoices.models import Invoice
from organizations import bank_details
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.concurrency import at_once
from tests.net import free_port

AT, ON = make.AT, make.ON
State = Message.State


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    """Let mail go where it goes without a provider; the test runner would keep it to itself."""
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def message(acme: Organization) -> Message:
    """A queued reminder of two invoices of one customer."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        for number in ("F-1", "F-2"):
            make.invoice(acme, number=number, customer=customer)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
        return Message.objects.get(pk=message_id)


def deliver(message: Message, *, at: datetime = AT) -> Message:
    delivery.deliver(message.pk, organization_id=message.organization_id, clock=lambda: at)
    return again(message)


def again(message: Message) -> Message:
    with tenant_transaction(message.organization_id):
        return Message.objects.get(pk=message.pk)


def sweep(message: Message, *, at: datetime) -> delivery.Found:
    with tenant_transaction(message.organization_id):
        return delivery.sweep(at=at)


def pay(message: Message, number: str) -> None:
    with tenant_transaction(message.organization_id):
        invoice = Invoice.objects.locked().get(number=number)
        settlement.settle(invoice, invoice.balance, on=ON)


def mails(message: Message) -> list[LocalMail]:
    with tenant_transaction(message.organization_id):
        return list(LocalMail.objects.order_by("pk"))


@pytest.mark.parametrize(("hours", "country"), [(23, "FR76"), (24, "DE89")])
def test_an_email_carries_the_bank_details_in_force_when_it_leaves(
    message: Message, hours: int, country: str
) -> None:
    asked_at = AT - timedelta(hours=hours)
    with tenant_transaction(message.organization_id):
        organization = Organization.objects.get()
        owner = organization.memberships.get().user
        bank_details.change(
            organization, iban="DE89370400440532013000", bic="", by=owner, at=asked_at
        )

    sent = deliver(message)

    (line,) = [line for line in sent.text.splitlines() if line.startswith("IBAN")]
    assert line.startswith(f"IBAN {country}")


def test_a_reminder_leaves_once_however_often_its_bell_rings(message: Message) -> None:
    sent = deliver(message)
    deliver(message)
    found = sweep(message, at=AT + timedelta(hours=1))

    assert (sent.state, sent.to) == (State.SENT, "compta@dupont.example")
    assert sent.receipt == f"<{sent.token}@o{sent.organization_id}.encours.example>"
    assert found == delivery.Found(0, 0, ())
    (mail,) = mails(message)
    assert mail.subject == sent.subject
    assert "2\u00a0400,00" in sent.text
    with tenant_transaction(message.organization_id):
        kinds = TimelineEvent.objects.filter(kind="dunning.reminder_sent")
        assert kinds.values("invoice_id").distinct().count() == 2


# Paid or held at the last moment


def test_what_was_paid_meanwhile_is_left_out(message: Message) -> None:
    pay(message, "F-1")

    sent = deliver(message)

    assert "F-2" in sent.text
    assert "F-1" not in sent.text
    assert "1\u00a0200,00" in sent.text
    with tenant_transaction(message.organization_id):
        assert [act.instalment.invoice.number for act in Act.objects.all()] == ["F-2"]


def test_nothing_leaves_when_everything_was_paid(message: Message) -> None:
    pay(message, "F-1")
    pay(message, "F-2")

    dropped = deliver(message)

    assert (dropped.state, dropped.failure) == (State.CANCELLED, "settled_or_held")
    assert mails(message) == []


def test_a_promise_given_after_the_decision_silences_it(message: Message) -> None:
    later = AT + timedelta(days=3)
    with tenant_transaction(message.organization_id):
        for invoice in Invoice.objects.all():
            holds.promise(
                invoice,
                invoice.balance,
                date(2026, 2, 27),
                at=later,
                calendar=for_country("FR"),
            )

    dropped = deliver(message, at=later)

    assert dropped.state == State.CANCELLED
    assert mails(message) == []


def test_a_dropped_reminder_is_asked_again_when_the_hold_is_over(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        until = ON + timedelta(days=3)
        holds.pause_customer(message.customer, until=until, reason="", at=AT)
    deliver(message)

    with tenant_transaction(acme.pk):
        again = planning.follow_up(acme, on=until + timedelta(days=1), at=AT)

    assert [contact.highest.step.kind for contact in again.contacts] == ["courteous"]


def test_a_stopped_organization_sends_nothing(acme: Organization, message: Message) -> None:
    acme.stopped_at = AT
    acme.save()

    assert deliver(message).state == State.QUEUED
    assert mails(message) == []


def test_a_customer_without_an_address_any_more_is_not_written_to(message: Message) -> None:
    with tenant_transaction(message.organization_id):
        message.customer.contacts.all().delete()

    dropped = deliver(message)

    assert (dropped.state, dropped.failure) == (State.CANCELLED, "no_address")


# Crashes


class Crash(BaseException):
    """The worker is killed."""


class DiesBeforeSending(BaseEmailBackend):
    def send_messages(self, email_messages: Any) -> int:
        raise Crash


class DiesAfterSending(BaseEmailBackend):
    sent: list[EmailMessage] = []

    def send_messages(self, email_messages: Any) -> int:
        self.sent.extend(email_messages)
        raise Crash


def test_a_lost_bell_is_rung_again(message: Message) -> None:
    found = sweep(message, at=AT + timedelta(minutes=2))

    assert found.to_ring == (message.pk,)


def test_a_worker_that_dies_before_the_call_leaves_the_message_to_another(
    message: Message,
) -> None:
    with tenant_transaction(message.organization_id):
        delivery.claim(message.pk, at=AT)

    early = sweep(message, at=AT + timedelta(seconds=CLAIM_SECONDS - 1))
    late = sweep(message, at=AT + timedelta(seconds=CLAIM_SECONDS + 1))

    assert (early.taken_back, late.taken_back) == (0, 1)
    assert deliver(message).state == State.SENT
    assert len(mails(message)) == 1


def test_a_worker_that_comes_back_from_the_dead_may_not_send(message: Message) -> None:
    with tenant_transaction(message.organization_id):
        claimed = delivery.claim(message.pk, at=AT)
    sweep(message, at=AT + timedelta(minutes=5))
    deliver(message)

    assert claimed is not None
    with tenant_transaction(message.organization_id):
        assert not delivery.start(claimed.envelope, at=AT + timedelta(minutes=6))


@pytest.mark.parametrize("backend", [DiesBeforeSending, DiesAfterSending])
def test_a_worker_that_dies_in_the_call_leaves_it_to_a_person(
    message: Message, settings: Any, backend: type
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.{backend.__name__}"
    with pytest.raises(Crash):
        deliver(message)

    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    found = sweep(message, at=AT + timedelta(seconds=CALL_SECONDS + 1))
    uncertain = deliver(message, at=AT + timedelta(hours=1))

    assert (found.unknown, found.to_ring) == (1, ())
    assert uncertain.state == State.UNKNOWN
    assert mails(message) == []


@pytest.mark.parametrize(("left", "state"), [(True, State.SENT), (False, State.FAILED)])
def test_a_person_settles_what_is_uncertain_once(
    message: Message,
    settings: Any,
    left: bool,  # noqa: FBT001  # a parameter of the test
    state: State,
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DiesAfterSending"
    with pytest.raises(Crash):
        deliver(message)
    sweep(message, at=AT + timedelta(hours=1))

    with tenant_transaction(message.organization_id):
        uncertain.settle(message, left=left, at=AT)

    assert again(message).state == state
    with (
        tenant_transaction(message.organization_id),
        pytest.raises(outbox.NotInThisState),
    ):
        uncertain.settle(message, left=left, at=AT)


# What a mail server says


class Handler:
    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 OK", drop: bool = False) -> None:
        self.rcpt, self.data, self.drop = rcpt, data, drop
        self.taken = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.taken += 1
        if self.drop and server.transport is not None:
            server.transport.close()
        return self.data


@pytest.fixture
def smtp(settings: Any) -> Iterator[Any]:
    """Start a mail server of this machine that answers as asked."""
    running: list[Controller] = []

    def start(handler: Handler) -> Handler:
        controller = Controller(handler, hostname="127.0.0.1", port=free_port())
        controller.start()
        running.append(controller)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        settings.EMAIL_TIMEOUT = 5
        return handler

    yield start
    for controller in running:
        controller.stop()


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, State.SENT),
        ({"rcpt": "550 No such user"}, State.FAILED),
        ({"rcpt": "450 Busy"}, State.QUEUED),
        ({"data": "554 Refused"}, State.FAILED),
        ({"data": "451 Later"}, State.QUEUED),
        ({"drop": True}, State.UNKNOWN),
    ],
)
def test_what_the_mail_server_says_decides(
    message: Message, smtp: Any, answers: dict[str, Any], state: State
) -> None:
    handler = smtp(Handler(**answers))

    delivered = deliver(message)
    deliver(message)

    assert delivered.state == state
    assert handler.taken <= 1


def test_a_mail_server_that_is_not_there_is_tried_again_and_in_the_end_given_up(
    message: Message, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()

    at = AT
    for minutes in RETRY_MINUTES:
        waiting_for = deliver(message, at=at)
        assert waiting_for.state == State.QUEUED
        assert waiting_for.not_before == at + timedelta(minutes=minutes)
        assert deliver(message, at=at).attempts == waiting_for.attempts  # too early
        at += timedelta(minutes=minutes)
    given_up = deliver(message, at=at)

    assert given_up.state == State.FAILED


# At once


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_sends(message: Message) -> None:
    at_once(lambda: deliver(message), lambda: deliver(message), lambda: deliver(message))

    assert again(message).state == State.SENT
    assert len(mails(message)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_at_the_same_moment_is_asked_for_or_seen_never_both_lost(
    message: Message,
) -> None:
    at_once(lambda: deliver(message), lambda: pay(message, "F-1"))

    sent = again(message)
    assert sent.state == State.SENT
    assert sent.total_minor in {120_000, 240_000}
    with tenant_transaction(message.organization_id):
        assert Invoice.objects.get(number="F-1").balance.minor == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_rounds_at_once_one_writes(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme)

    def go() -> None:
        try:
            with tenant_transaction(acme.pk):
                organization = Organization.objects.get(pk=acme.pk)
                planning.follow_up(organization, on=ON, at=AT)
        except IntegrityError:
            pass

    at_once(go, go)

    with tenant_transaction(acme.pk):
        assert (Act.objects.count(), Message.objects.count()) == (1, 1)


def test_two_reminders_of_one_debtor_too_near_are_refused_by_the_database(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        twin = Message.objects.get(pk=message.pk)
        twin.pk, twin.token, twin.written_on = None, None, ON + timedelta(days=1)

        with pytest.raises(IntegrityError, match="keep_their_distance"), transaction.atomic():
            twin.save(force_insert=True)


# Letters, and approval


def test_an_approved_reminder_leaves_and_a_cancelled_one_never(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        delivery.cancel(message, at=AT)

        with pytest.raises(outbox.NotInThisState):
            delivery.approve(message, at=AT)

    assert deliver(message).state == State.CANCELLED
    with tenant_transaction(acme.pk):
        following = planning.follow_up(acme, on=ON + timedelta(days=3), at=AT)
    assert "courteous email" not in {contact.highest.rule for contact in following.contacts}


def test_a_letter_is_posted_by_a_person_and_frozen_as_it_was(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-9", amounts={"2026-01-02": 50_000})
        day = ON
        while not (letters := waiting.to_post(on=day)).exists():
            planning.follow_up(acme, on=day, at=AT)
            day += timedelta(days=1)
        letter = letters.get()
        posting.mark_printed(letter, at=AT)
        posting.mark_posted(letter, at=AT)
        posted = Message.objects.get(pk=letter.pk)

        with pytest.raises(outbox.NotInThisState):
            posting.mark_posted(letter, at=AT)

    assert (posted.state, posted.total_minor) == (State.SENT, 50_000)
    assert "F-9" in posted.html


def test_a_formal_notice_names_the_reminders_of_its_own_invoice_and_no_others(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        make.invoice(acme, number="F-8", customer=customer, amounts={"2026-01-02": 50_000})
        make.invoice(acme, number="F-9", customer=customer, amounts={"2026-02-27": 50_000})
    day, notice = ON, None
    while notice is None:
        with tenant_transaction(acme.pk):
            done = planning.follow_up(acme, on=day, at=AT)
            letters = Message.objects.filter(acts__instalment__invoice__number="F-9")
            notice = letters.filter(kind="formal_notice").first()
        for message_id in done.message_ids:
            delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
        day += timedelta(days=1)

    with tenant_transaction(acme.pk):
        text = composing.written(notice, list(notice.acts.all())).html
        reminded = [
            act.written_on
            for act in Act.objects.filter(instalment__invoice__number="F-9", message__isnull=False)
            if act.kind not in {"preventive", "formal_notice"}
        ]

    assert "13\u00a0février" not in text  # when F-8 was asked for
    assert "26\u00a0février" not in text  # the day before F-9 fell due
    for on in reminded:
        assert f"{on.day}\u00a0" in text
    assert len(reminded) >= 2


def test_a_reminder_of_another_kind_that_carried_a_preventive_act_reminded_of_nothing(
    acme: Organization, message: Message
) -> None:
    deliver(message)
    with tenant_transaction(acme.pk):
        late, early = Act.objects.order_by("pk")
        Act.objects.filter(pk=early.pk).update(kind="preventive")
        early.instalment.due_on = ON + timedelta(days=3)
        early.instalment.save(update_fields=["due_on"])
        notice = Message.objects.get(pk=message.pk)
        notice.kind, notice.channel, notice.state = "formal_notice", "registered_letter", "queued"
        told = [
            composing.written(notice, [act], on=ON + timedelta(days=40)).html
            for act in (late, early)
        ]

    assert ["message du 13\u00a0février" in html for html in told] == [True, False]


def test_a_letter_for_what_was_paid_is_not_posted(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="F-9", amounts={"2026-01-02": 50_000})
        day = ON
        while not (letters := waiting.to_post(on=day)).exists():
            planning.follow_up(acme, on=day, at=AT)
            day += timedelta(days=1)
        letter = letters.get()
        settlement.settle(Invoice.objects.locked().get(), invoice.balance, on=day)

        with pytest.raises(outbox.NotInThisState), transaction.atomic():
            posting.mark_posted(letter, at=AT)

        assert Message.objects.get(pk=letter.pk).state == State.QUEUED

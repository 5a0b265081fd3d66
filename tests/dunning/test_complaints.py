"""Mail that its reader calls spam."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import bounces, complaints, delivery, facts, ladder, mail_news, planning
from dunning.debtor import Blocker
from dunning.models import Act, Call, Channel, Message, StepKind, Tone
from invoices.models import Contact, Customer
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.make import AT, ON

State = Message.State


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def message(acme: Organization) -> Message:
    """A reminder that left."""
    with tenant_transaction(acme.pk):
        make.invoice(acme)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        return Message.objects.select_related("organization", "customer").get()


def sent(message: Message, count: int, *, days_ago: int = 1) -> list[Message]:
    """Return so many more emails that left to the same customer."""
    with tenant_transaction(message.organization_id):
        made: list[Message] = Message.objects.bulk_create(
            Message(
                organization_id=message.organization_id,
                customer_id=message.customer_id,
                channel=Channel.EMAIL,
                kind=StepKind.COURTEOUS,
                tone=Tone.COURTEOUS,
                level=1,
                state=State.SENT,
                language="fr",
                written_on=ON,
                sent_at=AT - timedelta(days=days_ago),
                token=make_token(number),
                created_at=AT,
            )
            for number in range(count)
        )
    return made


def make_token(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def complain(message: Message, event_id: str = "1", *, at: Any = AT) -> None:
    assert message.token is not None
    told = bounces.Told(message.token, event_id, "complained", message.to, at)
    with tenant_transaction(message.organization_id):
        bounces.receive(told, at=at)


def stopped(organization: Organization) -> bool:
    organization.refresh_from_db()
    return organization.mail_stopped_at is not None


def test_an_address_that_complains_is_written_to_no_more_and_the_owners_are_told(
    acme: Organization, message: Message
) -> None:
    complain(message)
    complain(message)

    with tenant_transaction(acme.pk):
        assert not Contact.objects.get().can_be_written_to
        assert Message.objects.get().state == State.SENT
        event = TimelineEvent.objects.get(kind="dunning.message_complained")
        assert event.invoice_id is not None
        count, (letter,) = mail_news.letters(acme)
    assert count == 1
    assert letter.to == [acme.memberships.get().user.email]
    assert "Dupont" in letter.body


def test_an_address_that_was_put_right_meanwhile_is_left_alone(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        Contact.objects.update(email="right@dupont.example")

    complain(message)

    with tenant_transaction(acme.pk):
        assert Contact.objects.get().can_be_written_to


def test_what_is_queued_for_an_address_that_complained_goes_to_another_or_to_nobody(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        lea = Contact(
            organization=acme, customer=message.customer, rank=2, email="lea@dupont.example"
        )
        waiting = sent_later(message, 2)
    complain(message)

    delivery.deliver(waiting[0], organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        lea.save()
    delivery.deliver(waiting[1], organization_id=acme.pk, clock=lambda: AT)

    with tenant_transaction(acme.pk):
        found = Message.objects.filter(pk__in=waiting).order_by("pk")
        assert list(found.values_list("state", "to")) == [
            (State.CANCELLED, ""),
            (State.SENT, "lea@dupont.example"),
        ]


def sent_later(message: Message, count: int) -> list[int]:
    """Return so many more reminders of the same customer that are still queued."""
    ids = []
    for number in range(count):
        invoice = make.invoice(message.organization, customer=message.customer)
        queued = Message.objects.create(
            organization=message.organization,
            customer=message.customer,
            contact=message.contact,
            channel=Channel.EMAIL,
            kind=StepKind.COURTEOUS,
            tone=Tone.COURTEOUS,
            level=1,
            state=State.QUEUED,
            language="fr",
            written_on=ON,
            created_at=AT + timedelta(seconds=number),
        )
        Act.objects.create(
            organization=message.organization,
            customer=message.customer,
            instalment=invoice.instalments.get(),
            cycle=1,
            level=1,
            channel=Channel.EMAIL,
            kind=StepKind.COURTEOUS,
            offset_days=7,
            rule="D+7 courteous email",
            written_on=ON,
            message=queued,
        )
        ids.append(queued.pk)
    return ids


@pytest.mark.parametrize(
    ("count", "complained", "stops"),
    [(199, 3, True), (198, 3, False), (199, 2, False), (999, 3, True), (1000, 3, False)],
)
def test_too_many_complaints_among_enough_emails_stop_them(
    acme: Organization, message: Message, count: int, complained: int, *, stops: bool
) -> None:
    others = sent(message, count)

    for number, one in enumerate(others[:complained]):
        complain(one, str(number))

    assert stopped(acme) is stops


def test_complaints_of_long_ago_do_not_count(acme: Organization, message: Message) -> None:
    others = sent(message, 300, days_ago=40)

    for number, one in enumerate(others[:2]):
        complain(one, str(number), at=AT - timedelta(days=31))
    complain(message, "now")

    with tenant_transaction(acme.pk):
        assert complaints.rate(acme, at=AT) == complaints.Rate(sent=1, complained=1)
    assert not stopped(acme)


@pytest.fixture
def stopped_acme(acme: Organization, message: Message) -> Organization:
    """Acme, whose email was stopped by complaints."""
    for number, one in enumerate(sent(message, 300)[:3]):
        complain(one, str(number))
    acme.refresh_from_db()
    return acme


def test_while_email_is_stopped_none_is_written_and_calls_go_on(
    stopped_acme: Organization,
) -> None:
    with tenant_transaction(stopped_acme.pk):
        make.invoice(stopped_acme, customer=make.a_customer(stopped_acme, "Martin"))
        only_phone = make.a_customer(stopped_acme, "Durand", email="", phone="+33199001122")
        make.invoice(stopped_acme, amounts={"2026-01-20": 5000}, customer=only_phone)
        done = planning.follow_up(stopped_acme, on=ON, at=AT)

        assert done.message_ids == []
        assert Call.objects.get().customer_id == only_phone.pk
        (blocker, *_others) = planning_blockers(stopped_acme, "Martin")
    assert (blocker.kind, blocker.channel) == ("kill_switch", Channel.EMAIL)


def planning_blockers(organization: Organization, name: str) -> tuple[Blocker, ...]:
    customer = Customer.objects.get(name=name)
    (debtor,) = facts.debtors(organization, on=ON, customer_ids=[customer.pk])
    return ladder.blockers(debtor, debtor.instalments[0], on=ON)


def test_what_was_queued_before_the_stop_does_not_leave(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, customer=make.a_customer(acme, "Martin", email="m@martin.example"))
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    for number, one in enumerate(sent(message, 300)[:3]):
        complain(one, str(number))

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    with tenant_transaction(acme.pk):
        assert Message.objects.get(pk=message_id).state == State.CANCELLED
        assert not Act.objects.filter(message=message_id).exists()


def test_a_person_lets_email_leave_again_and_older_complaints_count_no_more(
    stopped_acme: Organization, message: Message
) -> None:
    with tenant_transaction(stopped_acme.pk):
        complaints.resume(stopped_acme, at=AT + timedelta(hours=1))

    complain(message, "one more", at=AT + timedelta(hours=2))

    assert not stopped(stopped_acme)
    with tenant_transaction(stopped_acme.pk):
        kinds = list(TimelineEvent.objects.values_list("kind", flat=True))
    assert kinds.count("dunning.mail_stopped") == kinds.count("dunning.mail_resumed") == 1


def test_the_page_says_why_and_ends_the_stop(
    stopped_acme: Organization, owner: Client, now: None
) -> None:
    page = owner.get("/o/acme/settings/sending/").content.decode()
    home = owner.get("/o/acme/").content.decode()

    owner.post("/o/acme/settings/sending/resume/")

    assert "resume" in page
    assert "1 %" in page or "1\u202f%" in page or "1\xa0%" in page
    assert "/settings/sending/" in home
    assert not stopped(stopped_acme)

"""What debtors write back: it holds, it is read, and each mail counts once."""

from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import cases, delivery, facts, holds, ladder, planning, reading
from dunning.channels import inbound
from dunning.models import Hold, Message, Reply, ReplyFile
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.dunning import mails
from tests.make import AT, ON

State = Message.State


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    settings.INBOUND_DOMAIN = mails.INBOUND


@pytest.fixture
def message(acme: Organization) -> Message:
    """A reminder of two invoices that left on Friday 13 February 2026."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        for _number in range(2):
            make.invoice(acme, customer=customer)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        return Message.objects.select_related("organization", "customer").get()


def take_in(message: Message, mail: EmailMessage, *, event_id: str = "1", **later: int) -> Any:
    with tenant_transaction(message.organization_id):
        return reading.take_in(
            inbound.read(mail), message, event_id=event_id, at=AT + timedelta(**later)
        )


def planned(message: Message) -> list[date]:
    """Return the coming days on which something is asked."""
    with tenant_transaction(message.organization_id):
        found = planning.preview(message.organization, start=ON + timedelta(days=1), days=30)
        return sorted({contact.on for contact in found})


def test_an_answer_is_kept_as_text_with_its_files(message: Message) -> None:
    mail = mails.answer(message, "Payé hier.\n\nLéa")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="ordre.pdf")

    reply = take_in(message, mail)

    assert (reply.sender, reply.sender_name) == ("compta@dupont.example", "Léa Dupont")
    assert reply.text == "Payé hier.\n\nLéa"
    assert reply.quoted.startswith("Le 13 févr. 2026")
    with tenant_transaction(message.organization_id):
        assert reply.contact == message.contact
        (kept,) = ReplyFile.objects.select_related("file")
        assert (kept.name, bytes(kept.file.content)) == ("ordre.pdf", b"%PDF-1.4")


def test_an_answer_holds_the_customer_for_three_working_days_then_asking_goes_on(
    message: Message,
) -> None:
    before = planned(message)

    reply = take_in(message, mails.answer(message), days=7)  # Friday 20 February

    with tenant_transaction(message.organization_id):
        hold = Hold.objects.get()
    assert (hold.kind, hold.until) == (Hold.Kind.REPLY, date(2026, 2, 25))
    assert (hold.customer_id, hold.invoice_id) == (message.customer_id, None)
    assert reply.hold_id == hold.pk
    assert before
    with tenant_transaction(message.organization_id):
        (debtor,) = facts.debtors(message.organization, on=date(2026, 2, 24))
        blockers = ladder.blockers(debtor, debtor.instalments[0], on=date(2026, 2, 24))
        found = ladder.next_act(debtor, debtor.instalments[0].id, on=date(2026, 2, 24))
    assert "reply" in {blocker.kind for blocker in blockers}
    assert found is not None
    assert found[0] == date(2026, 2, 26)


def test_reading_an_answer_ends_what_it_held(message: Message) -> None:
    reply = take_in(message, mails.answer(message))

    with tenant_transaction(message.organization_id, actor="user:1"):
        reading.mark_read(reply, at=AT)
        assert Hold.objects.get().ended_at == AT
        read = Reply.objects.get()
        with pytest.raises(reading.AlreadyRead):
            reading.mark_read(reply, at=AT)
    assert (read.read_at, read.read_by) == (AT, "user:1")


def test_an_answer_whose_hold_was_ended_before_can_still_be_read(message: Message) -> None:
    reply = take_in(message, mails.answer(message))
    with tenant_transaction(message.organization_id):
        holds.end(Hold.objects.get(), at=AT)

        reading.mark_read(reply, at=AT)

        assert not cases.replies().exists()


def test_an_answer_stands_in_the_history_of_the_customer_and_of_each_invoice(
    message: Message,
) -> None:
    reply = take_in(message, mails.answer(message))

    with tenant_transaction(message.organization_id):
        events = TimelineEvent.objects.filter(kind="dunning.reply_received")
        assert {event.invoice_id for event in events} == {
            invoice.pk for invoice in Invoice.objects.all()
        }
        assert {event.customer_id for event in events} == {message.customer_id}
        assert {event.data["reply"] for event in events} == {reply.pk}


def test_a_colleague_who_is_no_contact_holds_as_well(message: Message) -> None:
    reply = take_in(message, mails.answer(message, sender="marc@dupont.example"))

    assert reply.contact is None
    with tenant_transaction(message.organization_id):
        assert Hold.objects.get().kind == Hold.Kind.REPLY


def test_what_a_program_answers_is_noted_and_holds_nothing(message: Message) -> None:
    reply = take_in(message, mails.answer(message, Auto_Submitted="auto-replied"))

    assert reply.kind == Reply.Kind.AUTOMATIC
    with tenant_transaction(message.organization_id):
        assert not Hold.objects.exists()
        assert not cases.replies().exists()
        assert TimelineEvent.objects.filter(kind="dunning.reply_received").exists()


@pytest.mark.parametrize(
    ("event_id", "mail_id"), [("1", "<other@dupont.example>"), ("2", "<1@dupont.example>")]
)
def test_the_same_event_or_the_same_mail_is_one_answer(
    message: Message, event_id: str, mail_id: str
) -> None:
    take_in(message, mails.answer(message))

    again = take_in(message, mails.answer(message, mail_id=mail_id), event_id=event_id)

    assert again is None
    with tenant_transaction(message.organization_id):
        assert (Reply.objects.count(), Hold.objects.count()) == (1, 1)


def test_two_programs_that_answer_each_other_come_to_an_end(message: Message) -> None:
    for number in range(reading.MOST_REPLIES + 2):
        mail = mails.answer(message, mail_id=f"<{number}@x>", Auto_Submitted="auto-replied")
        take_in(message, mail, event_id=str(number))

    with tenant_transaction(message.organization_id):
        assert Reply.objects.count() == reading.MOST_REPLIES


def test_the_database_keeps_each_event_and_each_mail_once_and_as_it_was(message: Message) -> None:
    reply = take_in(message, mails.answer(message))
    with tenant_transaction(message.organization_id):
        for values in ({"mail_id": "x"}, {"event_id": "x"}):
            twin = Reply.objects.get()
            twin.pk, twin.hold = None, None
            twin.mail_id, twin.event_id = reply.mail_id, reply.event_id
            for name, value in values.items():
                setattr(twin, name, value)
            with pytest.raises(IntegrityError), transaction.atomic():
                twin.save(force_insert=True)
        with pytest.raises(ProgrammingError), transaction.atomic():
            Reply.objects.update(text="I will never pay")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Reply.objects.all().delete()


# The pages and the API.


def test_answers_to_read_are_shown_first_and_read_by_a_button(
    owner: Client, acme: Organization, message: Message, now: None
) -> None:
    reply = take_in(message, mails.answer(message, "Le virement <b>part</b> demain."))

    home = owner.get("/o/acme/").content.decode()
    listed = owner.get("/o/acme/cases/").content.decode()
    page = owner.get(f"/o/acme/replies/{reply.pk}/").content.decode()
    owner.post(f"/o/acme/replies/{reply.pk}/read/")

    assert "?tab=replies" in home
    assert f"/o/acme/replies/{reply.pk}/" in listed
    assert "Le virement &lt;b&gt;part&lt;/b&gt; demain." in page
    assert "virement" not in owner.get("/o/acme/cases/?tab=replies").content.decode()
    with tenant_transaction(acme.pk):
        assert Hold.objects.get().ended_at is not None


def test_a_file_that_came_is_given_and_only_a_pdf_is_shown(
    owner: Client, acme: Organization, message: Message
) -> None:
    mail = mails.answer(message)
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(b"<script>", maintype="application", subtype="pdf", filename="b.pdf")
    mail.add_attachment(b"<script>", maintype="text", subtype="html", filename="c.html")
    reply = take_in(message, mail)

    answers = [owner.get(f"/o/acme/replies/{reply.pk}/files/{n}/") for n in (1, 2, 3, 4)]

    assert [one.status_code for one in answers] == [200, 200, 200, 404]
    assert answers[0]["Content-Type"] == "application/pdf"
    for one in answers[1:3]:
        assert one["Content-Type"] == "application/octet-stream"
        assert one["Content-Disposition"].startswith("attachment")


def test_what_the_customer_says_is_noted_from_the_answer(
    owner: Client, acme: Organization, message: Message, now: None
) -> None:
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.earliest("pk")

    owner.post(
        f"/o/acme/invoices/{invoice.pk}/says-paid/", {"category": "transfer", "reason": "le 12"}
    )
    owner.post(f"/o/acme/invoices/{invoice.pk}/says-paid/", {"category": "gold"})

    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
    assert (hold.kind, hold.invoice_id, hold.reason) == ("says_paid", invoice.pk, "le 12")


def test_the_message_shows_its_answers_and_the_history_leads_to_them(
    owner: Client, message: Message
) -> None:
    reply = take_in(message, mails.answer(message, subject="Re: votre relance"))
    where = f"/o/acme/replies/{reply.pk}/"

    assert where in owner.get(f"/o/acme/reminders/{message.pk}/").content.decode()
    assert where in owner.get(f"/o/acme/customers/{message.customer_id}/").content.decode()


def test_lists_of_answers_ask_a_fixed_number_of_queries(
    owner: Client, api: Client, message: Message, now: None, django_assert_max_num_queries: Any
) -> None:
    def answers(first: int, last: int) -> None:
        for number in range(first, last):
            mail = mails.answer(message, mail_id=f"<{number}@x>")
            mail.add_attachment(b"x", maintype="text", subtype="plain", filename="a.txt")
            take_in(message, mail, event_id=str(number))

    answers(0, 1)
    owner.get("/o/acme/cases/?tab=replies")
    with django_assert_max_num_queries(40) as page:
        owner.get("/o/acme/cases/?tab=replies")
    with django_assert_max_num_queries(40) as rows:
        api.get("/api/v1/replies/")
    answers(1, 8)

    with django_assert_max_num_queries(len(page)):
        owner.get("/o/acme/cases/?tab=replies")
    with django_assert_max_num_queries(len(rows)):
        api.get("/api/v1/replies/")


def test_programs_list_answers_and_mark_them_read(
    api: Client, acme: Organization, message: Message, now: None
) -> None:
    reply = take_in(message, mails.answer(message))

    (row,) = api.get("/api/v1/replies/?state=to_read").json()["results"]
    done = api.post(f"/api/v1/replies/{reply.pk}/read/")
    again = api.post(f"/api/v1/replies/{reply.pk}/read/")

    assert (row["id"], row["message"]) == (str(reply.pk), str(message.pk))
    assert row["text"] == "Le virement part demain."
    assert done.json()["read_at"] is not None
    assert (again.status_code, again.json()["code"]) == (409, "already_read")
    assert api.get("/api/v1/replies/?state=to_read").json()["results"] == []

"""The pages about asking: what waits, what left, what a person decides."""

import html
import re
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import delivery, holds, planning, promises, waiting
from dunning.models import Call, Hold, LocalMail, Message
from invoices import recording, settlement
from invoices.models import Contact, Invoice
from organizations.models import Organization, Role, TimelineEvent
from tests import make
from tests.make import AT, ON

pytestmark = pytest.mark.usefixtures("now")
FRANCE = for_country("FR")


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Hélios", phone="+33199001122")
        return make.invoice(acme, number="F-2026-0871", customer=customer)


@pytest.fixture
def to_approve(acme: Organization, invoice: Invoice) -> Message:
    acme.approval_until = ON
    acme.save()
    with tenant_transaction(acme.pk):
        planning.follow_up(acme, on=ON, at=AT)
        return Message.objects.get()


@pytest.fixture
def call(acme: Organization) -> Call:
    """A call about 50 €, to someone who has no email."""
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Lutèce", email="", phone="0140447120")
        make.invoice(acme, number="F-9", customer=customer, amounts={"2026-02-02": 5_000})
        planning.follow_up(acme, on=ON, at=AT)
        return Call.objects.get()


@pytest.fixture
def letter(acme: Organization) -> Message:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-8", amounts={"2026-01-02": 50_000})
        day = ON
        while not (letters := waiting.to_post(on=day)).exists():
            planning.follow_up(acme, on=day, at=AT)
            day += timedelta(days=1)
        return letters.order_by("pk")[0]


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == HTTPStatus.OK
    return response.content.decode()


def test_what_is_planned_is_shown_with_its_reason(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/reminders/")

    assert "Hélios" in page
    assert "F-2026-0871" in page
    assert "J+7 Relance cordiale, rattrapage" in page


def test_a_reminder_is_read_as_it_would_leave_and_approved(
    acme: Organization, owner: Client, to_approve: Message
) -> None:
    house = f"/o/{acme.slug}/reminders/"

    listed = text_of(owner, house)
    shown = text_of(owner, f"{house}{to_approve.pk}/html/")
    owner.post(f"{house}{to_approve.pk}/approve/")

    assert "À valider" in listed
    assert "1\u00a0200,00\u00a0€" in html.unescape(shown)
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "queued"
        assert TimelineEvent.objects.filter(kind="dunning.message_approved").count() == 1


def test_all_that_waits_is_approved_at_once_but_for_what_was_paid(
    acme: Organization, owner: Client, to_approve: Message
) -> None:
    with tenant_transaction(acme.pk):
        paid = make.invoice(acme, number="F-2")
        planning.follow_up(acme, on=ON, at=AT)
        settlement.settle(Invoice.objects.locked().get(pk=paid.pk), paid.balance, on=ON)

    owner.post(f"/o/{acme.slug}/reminders/approve/")

    with tenant_transaction(acme.pk):
        states = Message.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == ["queued", "awaiting_approval"]
    assert "F-2<" not in text_of(owner, f"/o/{acme.slug}/reminders/?tab=approve")


def test_a_reminder_is_cancelled_and_cannot_be_approved_after(
    acme: Organization, owner: Client, to_approve: Message
) -> None:
    place = f"/o/{acme.slug}/reminders/{to_approve.pk}/"

    owner.post(f"{place}cancel/")
    refused = owner.post(f"{place}approve/")

    assert refused.status_code == HTTPStatus.CONFLICT
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "cancelled"


def test_a_call_shows_whom_what_and_how_and_is_ticked(
    acme: Organization, owner: Client, call: Call
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/calls/")
    said = {"outcome": "other", "note": "Rappelle demain"}
    owner.post(f"/o/{acme.slug}/calls/{call.pk}/outcome/", said)

    assert "Lutèce" in page
    assert "01\u00a040\u00a044\u00a071\u00a020" in page
    assert "tel:+33140447120" in page
    assert "50,00\u00a0€" in page
    with tenant_transaction(acme.pk):
        done = Call.objects.get()
        assert (done.note, done.done_by) == (
            "Rappelle demain",
            f"user:{acme.memberships.get().user_id}",
        )
        told = TimelineEvent.objects.get(kind="dunning.call_done")
        assert told.invoice_id == Invoice.objects.get(number="F-9").pk
    assert "Tout est fait" in text_of(owner, f"/o/{acme.slug}/calls/")


def test_a_call_is_ticked_once(acme: Organization, owner: Client, call: Call) -> None:
    with tenant_transaction(acme.pk):
        ticked = Invoice.objects.get(number="F-9").pk
    address = f"/o/{acme.slug}/calls/{call.pk}/outcome/"
    said = {"outcome": "says_paid", "invoice": ticked}

    first, second = owner.post(address, said), owner.post(address, said)

    assert (first.status_code, second.status_code) == (HTTPStatus.FOUND, HTTPStatus.CONFLICT)


def test_a_letter_is_printed_and_noted_as_posted(
    acme: Organization, owner: Client, letter: Message
) -> None:
    pdf = owner.get(f"/o/{acme.slug}/letters/{letter.pk}.pdf")
    owner.post(f"/o/{acme.slug}/letters/print/", {"letter": letter.pk})
    owner.post(f"/o/{acme.slug}/letters/posted/", {"letter": letter.pk, "posted_on": "auj"})

    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    with tenant_transaction(acme.pk):
        assert Message.objects.get(pk=letter.pk).state == "sent"


def test_a_promise_is_noted_on_the_invoice_and_ended(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    page = f"/o/{acme.slug}/invoices/{invoice.pk}/"

    owner.post(f"{page}promise/", {"amount": "1 200,00", "promised_on": "2026-02-20"})
    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
    before = text_of(owner, page)
    owner.post(f"/o/{acme.slug}/holds/{hold.pk}/end/")

    assert (hold.promised_minor, hold.promised_on) == (120_000, date(2026, 2, 20))
    assert "Une promesse de paiement" in before
    assert "Une promesse de paiement" not in text_of(owner, page)


@pytest.mark.parametrize(
    "said",
    [
        {"amount": "1 200,01", "promised_on": "2026-02-20"},
        {"amount": "100,00", "promised_on": "31/02"},
        {"amount": "100,00", "promised_on": "2026-01-01"},
        {"amount": "", "promised_on": "2026-02-20"},
    ],
)
def test_a_promise_that_makes_no_sense_is_refused_and_not_kept(
    acme: Organization, owner: Client, invoice: Invoice, said: dict[str, str]
) -> None:
    owner.post(f"/o/{acme.slug}/invoices/{invoice.pk}/promise/", said)

    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


def test_the_mailbox_shows_each_email_as_it_left_and_runs_nothing_in_it(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    with tenant_transaction(acme.pk):
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        mail = LocalMail.objects.get()
    house = f"/o/{acme.slug}/mailbox/"

    framed = owner.get(f"{house}{mail.pk}/html/")
    source = owner.get(f"{house}{mail.pk}.eml")

    assert "F-2026-0871" in text_of(owner, house)
    assert "default-src 'none'" in framed["Content-Security-Policy"]
    assert b"Message-ID: <" in source.content


def test_there_is_no_mailbox_where_mail_leaves(
    acme: Organization, owner: Client, settings: Any
) -> None:
    settings.MAIL_STAYS_HERE = False

    assert owner.get(f"/o/{acme.slug}/mailbox/").status_code == HTTPStatus.NOT_FOUND


def test_an_accountant_reads_but_asks_nobody(
    acme: Organization, client: Client, to_approve: Message, call: Call, letter: Message
) -> None:
    client.force_login(make.member(acme, Role.ACCOUNTANT))
    house = f"/o/{acme.slug}/"

    answers = [
        client.post(f"{house}{path}").status_code
        for path in (
            "reminders/approve/",
            f"reminders/{to_approve.pk}/approve/",
            f"reminders/{to_approve.pk}/cancel/",
            f"calls/{call.pk}/outcome/",
            "letters/posted/",
            f"customers/{to_approve.customer_id}/pause/",
        )
    ]

    assert set(answers) == {HTTPStatus.FORBIDDEN}
    assert client.get(f"{house}reminders/").status_code == HTTPStatus.OK


def test_what_is_anothers_is_as_absent_as_what_never_was(
    acme: Organization, other: Organization, owner: Client
) -> None:
    with tenant_transaction(other.pk):
        make.invoice(other)
        planning.follow_up(other, on=ON, at=AT)
        theirs = Message.objects.get()

    for path in ("reminders/{}/", "reminders/{}/html/", "letters/{}.pdf"):
        mine = owner.get(f"/o/{acme.slug}/" + path.format(theirs.pk))
        nobodys = owner.get(f"/o/{acme.slug}/" + path.format(10**12))
        assert (mine.status_code, nobodys.status_code) == (404, 404)
        assert mine.content == nobodys.content
    assert owner.post(f"/o/{acme.slug}/reminders/{theirs.pk}/cancel/").status_code == 404


def test_an_approval_is_taken_back_within_a_minute_and_nothing_leaves(
    acme: Organization, owner: Client, to_approve: Message
) -> None:
    house = f"/o/{acme.slug}/reminders/"

    owner.post(f"{house}approve/")
    shown = text_of(owner, f"{house}?tab=approve")
    moment = re.search(r'name="approved_at"\s+value="([^"]+)"', shown)
    delivery.deliver(to_approve.pk, organization_id=acme.pk, clock=lambda: AT)
    owner.post(f"{house}take-back/", {"approved_at": moment and moment[1]})

    with tenant_transaction(acme.pk):
        message = Message.objects.get()
        assert (message.state, message.approved_at) == ("awaiting_approval", None)
        assert not LocalMail.objects.exists()


def test_after_a_minute_an_approval_stands(
    acme: Organization, owner: Client, to_approve: Message
) -> None:
    with tenant_transaction(acme.pk, actor="user:1"):
        delivery.approve(to_approve, at=AT)
        late = AT + timedelta(seconds=61)
        assert delivery.take_back(AT, at=late) == 0
    delivery.deliver(to_approve.pk, organization_id=acme.pk, clock=lambda: late)

    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "sent"


def test_what_was_paid_a_second_ago_is_not_approved(
    acme: Organization, owner: Client, invoice: Invoice, to_approve: Message
) -> None:
    with tenant_transaction(acme.pk):
        settlement.settle(Invoice.objects.locked().get(pk=invoice.pk), invoice.balance, on=ON)

    refused = owner.post(f"/o/{acme.slug}/reminders/{to_approve.pk}/approve/")

    assert refused.status_code == HTTPStatus.CONFLICT
    assert "payé ou mis en attente" in refused.content.decode()
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "awaiting_approval"


def test_what_customers_said_is_listed_until_it_is_answered(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    house = f"/o/{acme.slug}/"
    with tenant_transaction(acme.pk):
        contested = make.invoice(acme, number="F-3")
        hold = holds.dispute(contested, category="price", reason="Remise oubliée", at=AT)
        holds.promise(
            invoice, invoice.balance, date(2026, 2, 12), at=AT - timedelta(days=3), calendar=FRANCE
        )
        promises.end_due(on=ON, at=AT)

    broken = text_of(owner, f"{house}cases/")
    disputed = text_of(owner, f"{house}cases/?tab=disputes")
    owner.post(f"{house}holds/{hold.pk}/end/")

    assert "F-2026-0871" in broken
    assert "Promesse rompue" in broken
    assert ("F-3" in disputed, "Prix ou remise" in disputed) == (True, True)
    assert "F-3" not in text_of(owner, f"{house}cases/?tab=disputes")


def test_a_contact_that_fails_is_listed_corrected_and_listed_no_more(
    acme: Organization, owner: Client, invoice: Invoice
) -> None:
    house = f"/o/{acme.slug}/"
    with tenant_transaction(acme.pk):
        contact = Contact.objects.get()
        recording.phone_failed(contact, at=AT)

    listed = text_of(owner, f"{house}cases/?tab=contacts")
    said = {"name": "Léa", "email": "lea@helios.example", "phone": "+33199112233"}
    owner.post(f"{house}contacts/{contact.pk}/", said)
    refused = owner.post(f"{house}contacts/{contact.pk}/", {"name": "Léa"}, follow=True)

    assert "Hélios" in listed
    assert "Hélios" not in text_of(owner, f"{house}cases/?tab=contacts").split("<main")[1]
    assert "Donnez un courriel ou un numéro" in refused.content.decode()
    with tenant_transaction(acme.pk):
        contact.refresh_from_db()
        assert (contact.email, contact.can_be_called) == ("lea@helios.example", True)


def test_the_calls_that_the_list_has_no_room_for_are_counted_too(
    acme: Organization, owner: Client, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dunning.views.calls.LISTED", 1)
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Altéa", email="", phone="0140447121")
        make.invoice(acme, customer=customer, amounts={"2026-02-02": 5_000})
        planning.follow_up(acme, on=ON, at=AT)

    assert "0 / 2" in text_of(owner, f"/o/{acme.slug}/calls/")


@pytest.mark.parametrize("page", ["", "invoices/", "customers/", "invoices/{invoice}/"])
def test_what_waits_for_a_person_is_said_before_what_is_planned(
    acme: Organization, owner: Client, page: str
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, phone="+33199001122", email="")
        invoice = make.invoice(acme, customer=customer, amounts={"2026-02-02": 120_000})
        planning.follow_up(acme, on=ON, at=AT)

    shown = owner.get(f"/o/{acme.slug}/{page.format(invoice=invoice.pk)}").content.decode()

    assert "Appel à passer" in shown


def test_a_dispute_is_noted_on_the_invoices_page(acme: Organization, owner: Client) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    address = f"/o/{acme.slug}/invoices/{invoice.pk}/"

    noted = owner.post(f"{address}dispute/", {"category": "price", "reason": "Remise"}, follow=True)
    refused = owner.post(f"{address}dispute/", {"category": "weather"}, follow=True)

    assert "Le litige est noté." in noted.content.decode()
    assert "Le litige est noté." not in refused.content.decode()
    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
        assert (hold.kind, hold.category, hold.reason) == ("dispute", "price", "Remise")


def test_a_dispute_of_nothing_is_refused(acme: Organization, owner: Client, call: Call) -> None:
    address = f"/o/{acme.slug}/calls/{call.pk}/outcome/"

    refused = owner.post(address, {"outcome": "dispute", "ground": "price"})

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Cochez au moins une facture." in refused.content.decode()
    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"outcome": "promise", "promised_on": "12/02"},
            "Le 12/02 est passé\u00a0: écrivez l’année, 12/02/2026 ou 12/02/2027.",
        ),
        ({"outcome": "promise", "promised_on": "13/06/2026"}, "pas le 13/06/2026."),
        (
            {"outcome": "call_back", "back_on": "15/02/2026", "back_at": "10:00"},
            "rappelez le lundi 16 février.",
        ),
        ({"outcome": "wrong_number", "phone": "abc"}, "Écrivez un numéro de téléphone"),
        ({"outcome": "other", "what": "something_else"}, "Ce champ est obligatoire."),
    ],
)
def test_what_cannot_be_noted_is_said_in_a_sentence(
    acme: Organization, owner: Client, call: Call, said: dict[str, Any], sentence: str
) -> None:
    with tenant_transaction(acme.pk):
        ticked = Invoice.objects.get(number="F-9").pk

    refused = owner.post(
        f"/o/{acme.slug}/calls/{call.pk}/outcome/",
        {"amount": "50,00", "means": "transfer", "invoice": ticked, **said},
    )

    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in refused.content.decode()


def test_who_calls_gives_his_own_name_and_reads_figures_that_are_marked(
    acme: Organization, client: Client, call: Call
) -> None:
    client.force_login(make.member(acme, Role.COLLECTOR))

    page = text_of(client, f"/o/{acme.slug}/calls/")

    assert "Bonjour, Collector à l’appareil" in page
    assert "Alice Martin à l’appareil" not in page  # who signs the letters
    assert "<mark>50,00\u00a0€</mark>" in page
    assert "Bonjour, ici Acme, un message pour" in page


def test_each_call_off_the_list_counts_as_made(
    acme: Organization, owner: Client, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, "Altéa", email="", phone="0140447121")
        make.invoice(acme, customer=customer, amounts={"2026-02-02": 5_000})
        planning.follow_up(acme, on=ON, at=AT)
        calls = list(Call.objects.order_by("pk"))

    shown = []
    for one in calls:
        owner.post(f"/o/{acme.slug}/calls/{one.pk}/outcome/", {"outcome": "no_answer"})
        shown.append(text_of(owner, f"/o/{acme.slug}/calls/"))

    assert "1 / 2" in shown[0]
    assert "Tout est fait\u00a0: 2 appels" in shown[1]


def test_the_calls_of_the_day_have_a_page_of_their_own(
    acme: Organization, owner: Client, call: Call
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/calls/queue/")

    assert f"/o/{acme.slug}/calls/{call.pk}/" in page
    assert "0 / 1" in page
    assert f"/o/{acme.slug}/calls/queue/" in text_of(owner, f"/o/{acme.slug}/calls/")


def test_the_proposed_day_is_the_chip_that_is_pressed(
    acme: Organization, owner: Client, call: Call
) -> None:
    page = text_of(owner, f"/o/{acme.slug}/calls/")

    chips = re.findall(r'data-fill="([^"]+)"[^>]*aria-pressed="(\w+)">([^<]+)<', page)
    assert chips == [
        ("16/02/2026", "false", "Lun. 16/02"),
        ("20/02/2026", "true", "Ven. 20/02"),
        ("28/02/2026", "false", "Fin de mois 28/02"),
    ]

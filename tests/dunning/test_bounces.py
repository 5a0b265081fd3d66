"""Mail that came back, as the mail server or the provider says."""

import hashlib
import hmac
import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from anymail.exceptions import (
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
)
from django.test import Client
from django.utils import timezone

from common.tenancy import tenant_transaction
from dunning import bounces, delivery, planning
from dunning.channels import mail as mail_channel
from dunning.channels import replies
from dunning.channels.base import AddressRefused, Envelope, Refused
from dunning.models import Act, Call, LocalMail, MailEvent, Message
from invoices import recording, settlement
from invoices.models import Contact, Invoice
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.make import AT, ON

KEY = "signing-key"
State = Message.State


@pytest.fixture(autouse=True)
def mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    settings.MAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


@pytest.fixture
def message(acme: Organization) -> Message:
    """A reminder that left to the first of a customer's contacts."""
    with tenant_transaction(acme.pk):
        make.invoice(acme, customer=make.a_customer(acme, email="gone@dupont.example"))
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        return Message.objects.get()


def add_contact(message: Message, **values: str) -> Contact:
    with tenant_transaction(message.organization_id):
        return recording.record_contact(message.customer, values, at=AT)


def bounce(message: Message, *, kind: str = "bounced", event_id: str = "1", **moved: Any) -> Any:
    told = bounces.Told(
        token=message.token or uuid4(),
        event_id=event_id,
        kind=kind,
        recipient=message.to,
        at=AT + timedelta(**moved),
    )
    with tenant_transaction(message.organization_id):
        return bounces.receive(told, at=AT)


def test_a_bounce_flags_the_address_and_the_next_contact_is_asked_once(
    acme: Organization, message: Message
) -> None:
    add_contact(message, name="Léa", email="lea@dupont.example")

    following = bounce(message)
    delivery.deliver(following, organization_id=acme.pk, clock=lambda: AT)

    with tenant_transaction(acme.pk):
        first, second = Message.objects.order_by("pk")
        assert (first.state, first.bounced_at) == (State.FAILED, AT)
        assert (second.state, second.to) == (State.SENT, "lea@dupont.example")
        assert Act.objects.get().message_id == second.pk
        gone, reached = Contact.objects.order_by("rank")
        assert (gone.can_be_written_to, reached.can_be_written_to) == (False, True)
        assert LocalMail.objects.count() == 2
        kinds = set(TimelineEvent.objects.values_list("kind", flat=True))
        assert {"dunning.message_bounced", "invoices.contact_failed"} <= kinds


def test_where_nobody_else_can_be_written_to_a_call_is_put_on_the_list(
    acme: Organization, message: Message
) -> None:
    add_contact(message, phone="+33199001122")

    following = bounce(message)

    assert following is None
    with tenant_transaction(acme.pk):
        call = Call.objects.get()
        assert call.contact is not None
        assert call.contact.phone == "+33199001122"
        assert Act.objects.get().call_id == call.pk


def test_where_nobody_else_is_known_nobody_is_asked(acme: Organization, message: Message) -> None:
    assert bounce(message) is None
    with tenant_transaction(acme.pk):
        assert not Call.objects.exists()
        assert Message.objects.get().state == State.FAILED


def test_what_was_paid_meanwhile_is_asked_of_nobody_else(
    acme: Organization, message: Message
) -> None:
    add_contact(message, email="lea@dupont.example")
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.locked().get()
        settlement.settle(invoice, invoice.balance, on=ON)

    assert bounce(message) is None
    with tenant_transaction(acme.pk):
        assert Message.objects.count() == 1


def test_an_event_told_twice_is_one_event(acme: Organization, message: Message) -> None:
    add_contact(message, email="lea@dupont.example")
    add_contact(message, email="marc@dupont.example")

    bounce(message)
    again = bounce(message)
    in_other_words = bounce(message, kind="failed", event_id="2")

    assert (again, in_other_words) == (None, None)
    with tenant_transaction(acme.pk):
        assert Message.objects.count() == 2


@pytest.mark.parametrize("moved", [{"days": -4}, {"minutes": 6}])
def test_an_event_that_is_old_or_from_the_future_changes_nothing(
    acme: Organization, message: Message, moved: dict[str, Any]
) -> None:
    add_contact(message, email="lea@dupont.example")

    assert bounce(message, **moved) is None
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == State.SENT
        assert not MailEvent.objects.exists()


def test_an_address_that_was_put_right_meanwhile_is_not_flagged(
    acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        contact = Contact.objects.get()
        recording.update_contact(contact, {"email": "right@dupont.example"}, at=AT)

    following = bounce(message)

    assert following is not None
    with tenant_transaction(acme.pk):
        assert Contact.objects.get().can_be_written_to


def test_a_new_address_is_written_to_again(acme: Organization, message: Message) -> None:
    bounce(message)

    with tenant_transaction(acme.pk):
        contact = Contact.objects.get()
        recording.update_contact(contact, {"email": "new@dupont.example"}, at=AT)
        assert Contact.objects.get().can_be_written_to


def test_a_mail_server_that_knows_nobody_there_counts_as_a_bounce(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    def send(envelope: Any) -> str:
        if envelope.to == "gone@dupont.example":
            raise AddressRefused("SMTP 550")
        sent.append(envelope.to)
        return "<id>"

    monkeypatch.setattr("dunning.channels.mail.send", send)
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, email="gone@dupont.example")
        recording.record_contact(customer, {"email": "lea@dupont.example"}, at=AT)
        make.invoice(acme, customer=customer)
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    assert sent == ["lea@dupont.example"]
    with tenant_transaction(acme.pk):
        states = Message.objects.order_by("pk").values_list("state", flat=True)
        assert list(states) == [State.FAILED, State.SENT]


# The provider's own way in.


def signed(
    message: Message,
    *,
    key: str = KEY,
    organization: int = 0,
    hours_ago: int = 0,
    event: Any = None,
) -> dict[str, Any]:
    """Return a permanent failure as Mailgun reports it."""
    now = timezone.now().timestamp() - hours_ago * 3600
    timestamp, token = str(int(now)), "t" * 50
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    variables = {
        "message": str(message.token),
        "organization": str(organization or message.organization_id),
    }
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "id": "event-1",
            "event": "failed",
            "severity": "permanent",
            "timestamp": now,
            "recipient": message.to,
            "message": {"headers": {"message-id": "x@encours.example"}},
            "user-variables": variables,
            "delivery-status": {"code": 550, "description": "No such user"},
            **(event or {}),
        },
    }


def tell(client: Client, body: dict[str, Any]) -> int:
    return client.post(
        "/webhooks/mail/", json.dumps(body), content_type="application/json"
    ).status_code


def state_of(message: Message) -> str:
    with tenant_transaction(message.organization_id):
        return Message.objects.order_by("pk")[0].state


def test_a_signed_event_of_the_provider_is_taken_in_once(client: Client, message: Message) -> None:
    body = signed(message)

    answers = [tell(client, body), tell(client, body)]

    assert answers == [HTTPStatus.OK, HTTPStatus.OK]
    assert state_of(message) == State.FAILED
    with tenant_transaction(message.organization_id):
        assert MailEvent.objects.count() == 1


@pytest.mark.parametrize("spoilt", ["signature", "key", "block", "json"])
def test_an_event_without_a_right_signature_is_refused(
    client: Client, message: Message, spoilt: str
) -> None:
    body = signed(message, key="another" if spoilt == "key" else KEY)
    if spoilt == "signature":
        body["signature"]["signature"] = "0" * 64
    if spoilt == "block":
        del body["signature"]
    status = (
        client.post("/webhooks/mail/", "{", content_type="application/json").status_code
        if spoilt == "json"
        else tell(client, body)
    )

    assert status == HTTPStatus.FORBIDDEN
    assert state_of(message) == State.SENT


def test_an_event_about_anothers_message_changes_nothing(
    client: Client, message: Message, other: Organization
) -> None:
    assert tell(client, signed(message, organization=other.pk)) == HTTPStatus.OK
    assert state_of(message) == State.SENT


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailInsecureWebhookWarning")
@pytest.mark.parametrize("provider", ["", "postmark", "unheard_of"])
def test_where_nothing_could_be_proven_there_is_no_such_address(
    client: Client, message: Message, settings: Any, provider: str
) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = provider, {}

    assert tell(client, signed(message)) == HTTPStatus.NOT_FOUND
    assert state_of(message) == State.SENT


@pytest.mark.parametrize("hours_ago", [13, -1])
def test_a_signature_that_is_old_or_of_a_time_to_come_proves_nothing(
    client: Client, message: Message, hours_ago: int
) -> None:
    body = signed(message, hours_ago=hours_ago)
    body["event-data"]["timestamp"] = timezone.now().timestamp()

    assert tell(client, body) == HTTPStatus.FORBIDDEN
    assert state_of(message) == State.SENT


@pytest.mark.parametrize("variables", ["a text", ["a", "list"], None, {"message": 7}])
def test_an_event_that_names_no_message_changes_nothing(
    client: Client, message: Message, variables: Any
) -> None:
    assert tell(client, signed(message, event={"user-variables": variables})) == HTTPStatus.OK
    assert state_of(message) == State.SENT


@pytest.mark.parametrize(
    "status",
    [
        {"code": 552, "message": "5.2.2 Mailbox full"},
        {"code": 550, "message": "5.7.1 Refused by policy"},
        {"code": 554, "description": "Looks like spam"},
        {},
    ],
)
def test_mail_refused_for_another_reason_leaves_the_address_alone(
    client: Client, message: Message, status: dict[str, Any]
) -> None:
    add_contact(message, email="lea@dupont.example")

    tell(client, signed(message, event={"delivery-status": status}))

    assert state_of(message) == State.FAILED
    with tenant_transaction(message.organization_id):
        assert all(contact.can_be_written_to for contact in Contact.objects.all())
        assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "reply",
    ["550 No such user", "550 5.1.1 Unknown", "554 5.1.10 Unknown", "553 No", "550 5.2.1 Closed"],
)
def test_a_reply_says_that_nobody_is_there(reply: str) -> None:
    assert replies.says_nobody(reply)


@pytest.mark.parametrize("reply", ["550 5.7.1 Policy", "552 Full", "554 Spam", "450 5", ""])
def test_a_reply_about_something_else_says_nothing_of_the_address(reply: str) -> None:
    assert not replies.says_nobody(reply)


@pytest.mark.parametrize(
    ("raised", "refusal"),
    [
        (AnymailRecipientsRefused(), AddressRefused),
        (AnymailSerializationError(), Refused),
        (AnymailInvalidAddress("?"), Refused),
    ],
)
def test_what_a_provider_refuses_at_once_is_refused_for_certain(
    message: Message, monkeypatch: pytest.MonkeyPatch, raised: Exception, refusal: type[Exception]
) -> None:
    def send(self: Any) -> None:
        raise raised

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", send)
    envelope = Envelope(uuid4(), message.organization_id, "Acme", "", "a@b.example", "S", "T", "H")

    with pytest.raises(refusal) as caught:
        mail_channel.send(envelope)

    assert type(caught.value) is refusal

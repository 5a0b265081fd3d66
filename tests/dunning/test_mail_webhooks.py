"""What comes to the addresses of email providers: proven, once, in any order, of any size."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from common.tenancy import tenant_transaction
from dunning import delivery, planning, sending
from dunning.models import Hold, MailEvent, Message, Reply
from invoices.models import Contact
from organizations.models import Organization, TimelineEvent
from tests import corpora, make
from tests.dunning import mails
from tests.make import AT, ON

KEY, SECRET = "signing-key", "name:a-long-password"
TRACKING, INBOUND = "/webhooks/mail/", "/webhooks/mail/inbound/"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
OK, REFUSED = HTTPStatus.OK, HTTPStatus.FORBIDDEN
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
State = Message.State


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    settings.INBOUND_DOMAIN = mails.INBOUND
    mailgun(settings)


def mailgun(settings: Any) -> None:
    settings.MAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY}


def postmark(settings: Any) -> None:
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def message(acme: Organization) -> Message:
    """A reminder that left."""
    with tenant_transaction(acme.pk):
        make.invoice(acme, customer=make.a_customer(acme, email="compta@dupont.example"))
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    with tenant_transaction(acme.pk):
        return Message.objects.select_related("organization", "customer").get()


def proof(token: str, *, key: str = KEY, ago: timedelta = timedelta()) -> dict[str, str]:
    """Return what Mailgun signs: a moment and a token."""
    timestamp = str(int((timezone.now() - ago).timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": signature}


def event(message: Message, kind: str = "delivered", **said: Any) -> dict[str, Any]:
    """Return an event as Mailgun tells it."""
    token, ago = said.pop("token", f"event-{kind}"), said.pop("ago", timedelta())
    key = said.pop("key", KEY)
    return {
        "signature": proof(token, key=key, ago=ago),
        "event-data": {
            "event": kind,
            "id": token,
            "timestamp": (timezone.now() - ago).timestamp(),
            "recipient": message.to,
            "message": {"headers": {"message-id": "x@encours.example"}},
            "user-variables": {
                "message": str(message.token),
                "organization": str(message.organization_id),
            },
            **said,
        },
    }


BOUNCE: dict[str, Any] = {
    "event": "failed",
    "severity": "permanent",
    "delivery-status": {"code": 550, "description": "No such user"},
}


def tell(client: Client, body: Any, *, kind: str = JSON) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(TRACKING, raw, content_type=kind).status_code


def hand_over(client: Client, message: Message, mail: Any = None, **said: Any) -> int:
    """Hand a mail over as a route of Mailgun does, and return the answer."""
    mail = mail or mails.answer(message)
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    token = said.pop("token", "t" * 50)
    form = {
        **proof(token, key=said.pop("key", KEY), ago=said.pop("ago", timedelta())),
        "recipient": said.pop("recipient", mails.address_of(message)),
        "sender": "compta@dupont.example",
        "body-mime": raw.decode("latin-1"),
        **said,
    }
    return client.post(INBOUND, form).status_code


@dataclass(frozen=True)
class Kept:
    """What an organization has of what came in."""

    state: str
    events: int
    replies: int
    holds: int
    history: int


def kept(message: Message) -> Kept:
    with tenant_transaction(message.organization_id):
        return Kept(
            Message.objects.get(pk=message.pk).state,
            MailEvent.objects.count(),
            Reply.objects.count(),
            Hold.objects.count(),
            TimelineEvent.objects.count(),
        )


@pytest.fixture
def before(message: Message) -> Kept:
    return kept(message)


# Both addresses.


@pytest.mark.parametrize("address", [TRACKING, INBOUND])
def test_a_provider_may_try_the_address(client: Client, address: str) -> None:
    assert client.head(address).status_code == OK
    assert client.get(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("said", [{"key": "another"}, {"ago": timedelta(hours=13)},
                                  {"ago": timedelta(minutes=-6)}])  # fmt: skip
def test_a_wrong_key_an_old_signature_and_one_of_a_time_to_come_are_refused(
    client: Client, message: Message, before: Kept, said: dict[str, Any]
) -> None:
    assert tell(client, event(message, "failed", **said)) == REFUSED
    assert hand_over(client, message, **said) == REFUSED
    assert kept(message) == before


@pytest.mark.parametrize("address", [TRACKING, INBOUND])
def test_what_is_no_event_is_refused_whatever_it_says_to_be(
    client: Client, message: Message, before: Kept, address: str
) -> None:
    bodies = [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"signature": 1}']
    kinds = [JSON, FORM, "text/plain", "multipart/form-data; boundary=x", ""]

    answers = {
        (kind, body): client.post(address, body, content_type=kind).status_code
        for kind in kinds
        for body in bodies
    }

    assert set(answers.values()) == {REFUSED}
    assert kept(message) == before


def test_a_signed_event_of_another_type_of_body_is_refused(
    client: Client, message: Message, before: Kept
) -> None:
    assert tell(client, event(message, "failed"), kind="text/plain") == REFUSED
    assert kept(message) == before


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    client: Client, message: Message, before: Kept, settings: Any
) -> None:
    large = b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert tell(client, large) == TOO_LARGE
    assert hand_over(client, message, **{"body-plain": large.decode()}) == TOO_LARGE

    settings.INBOUND_MOST_BYTES = 100
    assert hand_over(client, message) == TOO_LARGE
    odd = client.generic("POST", INBOUND, b"{}", content_type=JSON, CONTENT_LENGTH="-1")
    assert odd.status_code == TOO_LARGE
    assert kept(message) == before


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailInsecureWebhookWarning")
def test_without_a_secret_or_a_domain_there_is_no_address(
    client: Client, message: Message, settings: Any
) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {}
    assert hand_over(client, message) == HTTPStatus.NOT_FOUND

    mailgun(settings)
    settings.INBOUND_DOMAIN = ""
    assert hand_over(client, message, recipient="x@y.example") == HTTPStatus.NOT_FOUND


# What is told of a message.


def test_delivered_after_bounced_stays_bounced_and_the_other_way_round_too(
    client: Client, message: Message
) -> None:
    tell(client, event(message, **BOUNCE, token="b"))
    tell(client, event(message, "delivered", token="d"))

    with tenant_transaction(message.organization_id):
        found = Message.objects.get()
        kinds = list(TimelineEvent.objects.values_list("kind", flat=True))
    assert (found.state, found.delivered_at) == (State.FAILED, None)
    assert "dunning.message_delivered" not in kinds


def test_bounced_after_delivered_is_bounced(client: Client, message: Message) -> None:
    tell(client, event(message, "delivered", token="d"))
    tell(client, event(message, **BOUNCE, token="b"))

    with tenant_transaction(message.organization_id):
        found = Message.objects.get()
    assert found.state == State.FAILED
    assert found.delivered_at is not None
    assert found.bounced_at is not None


def test_delivered_is_told_once_in_the_history_of_the_invoice(
    client: Client, message: Message
) -> None:
    tell(client, event(message, "delivered", token="1"))
    tell(client, event(message, "delivered", token="2"))

    with tenant_transaction(message.organization_id):
        told = TimelineEvent.objects.get(kind="dunning.message_delivered")
    assert told.invoice_id is not None


def test_what_may_have_left_has_left_when_it_is_delivered(
    client: Client, acme: Organization, message: Message
) -> None:
    with tenant_transaction(acme.pk):
        other = make.invoice(acme, customer=make.a_customer(acme, "Martin", email="m@m.example"))
        (message_id,) = planning.follow_up(acme, on=ON, at=AT).message_ids
        claimed = delivery.claim(message_id, at=AT)
        assert claimed is not None
        delivery.start(claimed.envelope, at=AT)
        delivery.sweep(at=AT + timedelta(hours=1))
        unknown = Message.objects.get(pk=message_id)
    assert (unknown.state, other.pk > 0) == (State.UNKNOWN, True)

    tell(client, event(unknown, "delivered"))

    with tenant_transaction(acme.pk):
        assert Message.objects.get(pk=message_id).state == State.SENT


@pytest.mark.parametrize("wanted", [True, False])
def test_opening_is_noted_only_where_the_organization_wants_it(
    client: Client, acme: Organization, message: Message, *, wanted: bool
) -> None:
    with tenant_transaction(acme.pk):
        sending.track(acme, has_tracking=wanted, at=AT)

    for kind in ("opened", "clicked"):
        assert tell(client, event(message, kind)) == OK

    assert kept(message).events == (2 if wanted else 0)


@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
def test_a_batch_that_is_told_twice_is_told_once(
    client: Client, message: Message, settings: Any
) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = "sendgrid", {"WEBHOOK_SECRET": SECRET}
    batch = [
        {
            "event": kind,
            "email": message.to,
            "timestamp": int(timezone.now().timestamp()),
            "sg_event_id": kind,
            "message": str(message.token),
            "organization": str(message.organization_id),
        }
        for kind in ("processed", "delivered", "spamreport", "delivered")
    ]

    answers = [
        client.post(TRACKING, json.dumps(batch), content_type=JSON, headers=basic()).status_code
        for _twice in range(2)
    ]

    assert answers == [OK, OK]
    assert kept(message).events == 3
    with tenant_transaction(message.organization_id):
        assert not Contact.objects.get().can_be_written_to


def test_signs_that_nothing_can_store_do_no_harm(client: Client, message: Message) -> None:
    said = {**BOUNCE, "delivery-status": {"code": 550, "description": "No\x00 such user"}}

    assert tell(client, event(message, **said, token="t\x00")) == OK
    assert kept(message).state == State.FAILED


# What debtors answer.


def basic(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def test_an_answer_is_taken_in_once_however_often_it_comes(
    client: Client, message: Message
) -> None:
    answers = [
        hand_over(client, message),
        hand_over(client, message),
        hand_over(client, message, token="u" * 50),  # the same mail as another event
    ]

    assert answers == [OK, OK, OK]
    found = kept(message)
    assert (found.replies, found.holds) == (1, 1)


def test_an_answer_of_a_provider_that_shares_a_secret_is_taken_in(
    client: Client, message: Message, settings: Any
) -> None:
    postmark(settings)
    large = mails.answer(message)
    large.add_attachment(b"x" * 3_000_000, maintype="image", subtype="png", filename="a.png")
    body = {
        "MessageID": "m-1",
        "OriginalRecipient": mails.address_of(message),
        "Headers": [],
        "RawEmail": large.as_string(),
    }

    def post(headers: dict[str, str]) -> int:
        return client.post(
            INBOUND, json.dumps(body), content_type=JSON, headers=headers
        ).status_code

    assert [post({}), post(basic("name:wrong"))] == [REFUSED, REFUSED]
    assert kept(message).replies == 0
    assert post(basic()) == OK
    with tenant_transaction(message.organization_id):
        assert Reply.objects.get().reply_files.get().name == "a.png"


def test_an_answer_to_another_address_is_known_by_the_message_that_it_answers(
    client: Client, message: Message
) -> None:
    mail = mails.answer(message, References=f"<a@b> {mails.message_id_of(message)}")
    del mail["To"]
    mail["To"] = f"autre@{mails.INBOUND}"

    assert hand_over(client, message, mail, recipient=f"autre@{mails.INBOUND}") == OK
    assert kept(message).replies == 1


def test_an_answer_to_no_message_of_ours_is_dropped_with_thanks(
    client: Client, message: Message, before: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    local = mails.address_of(message).partition("@")[0]
    mail = mails.answer(message)
    del mail["To"]
    forged = f"{local[:-3]}aaa@{mails.INBOUND}"

    with caplog.at_level(logging.INFO, logger="dunning.views.mail_inbound"):
        assert hand_over(client, message, mail, recipient=forged) == OK

    assert kept(message) == before
    assert "dropped" in caplog.text
    assert "dupont" not in caplog.text


def test_an_answer_that_names_the_message_of_another_organization_is_dropped(
    client: Client, message: Message, other: Organization, before: Kept
) -> None:
    mail = mails.answer(message, In_Reply_To=f"<{message.token}@o{other.pk}.encours.example>")
    del mail["To"]

    assert hand_over(client, message, mail, recipient=f"x@{mails.INBOUND}") == OK
    assert kept(message) == before
    with tenant_transaction(other.pk):
        assert not Reply.objects.exists()


def test_mail_that_came_back_as_a_mail_counts_as_a_bounce_once(
    client: Client, message: Message
) -> None:
    report = mails.report(mails.message_id_of(message))

    for token in ("d" * 50, "e" * 50):
        assert hand_over(client, message, report, token=token, recipient="x@y.example") == OK

    found = kept(message)
    assert (found.state, found.replies, found.holds) == (State.FAILED, 0, 0)
    with tenant_transaction(message.organization_id):
        assert not Contact.objects.get().can_be_written_to
        told = TimelineEvent.objects.filter(kind="dunning.message_bounced")
        assert told.count() == 1


def test_a_report_of_a_delay_changes_nothing_but_is_noted(
    client: Client, message: Message, before: Kept
) -> None:
    report = mails.report(mails.message_id_of(message), action="delayed", status="4.4.1")

    assert hand_over(client, message, report, recipient="x@y.example") == OK
    assert kept(message) == Kept(before.state, before.events + 1, 0, 0, before.history)


def test_files_of_a_form_are_kept(client: Client, message: Message) -> None:
    form = {
        **proof("f" * 50),
        "recipient": mails.address_of(message),
        "sender": "lea@dupont.example",
        "message-headers": json.dumps([["From", "lea@dupont.example"], ["Subject", "Re: x"]]),
        "body-plain": "Voici l’ordre de virement.",
        "attachment-count": "1",
        "attachment-1": SimpleUploadedFile("ordre.pdf", b"%PDF-1.4", "application/pdf"),
    }

    assert client.post(INBOUND, form).status_code == OK
    with tenant_transaction(message.organization_id):
        reply = Reply.objects.get()
        assert reply.text == "Voici l’ordre de virement."
        assert reply.reply_files.get().name == "ordre.pdf"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: =?utf-8?q?a=0D=0ABcc=3A_x?= <a@b>\r\nSubject: \x00\r\n\r\n\x00\xff",
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
        b'Content-Type: text/plain; charset="no such"\r\n\r\nabc',
        b"Content-Type: multipart/report\r\n\r\nnothing",
        b"Message-ID: " + b"x" * 5000 + b"\r\nReferences: " + b"<a@b> " * 5000 + b"\r\n\r\n",
    ],
)
def test_a_mail_that_is_hardly_one_is_taken_in_or_dropped_without_an_error(
    client: Client, message: Message, raw: bytes
) -> None:
    assert hand_over(client, message, raw) == OK


# The corpus of bad webhooks, as far as it is about mail: each case as an event of ours.

FOLDER = corpora.CORPORA / "bad" / "webhook"


CASES = sorted(FOLDER.glob("*.json"))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="The corpora are not here.")
@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_the_cases_of_the_corpus_do_no_harm(
    client: Client, message: Message, other: Organization, settings: Any, path: Path
) -> None:
    said = json.loads(path.read_text())
    answers = [tell(client, body, kind=kind) for body, kind in as_mail(message, other, said)]

    found = kept(message)
    assert max(answers) < HTTPStatus.INTERNAL_SERVER_ERROR
    if "02" in path.stem or "04" in path.stem or "22" in path.stem:
        assert answers == [REFUSED]
    if "16" in path.stem:
        assert answers == [TOO_LARGE]
    assert found.state == State.SENT
    assert found.events <= 2
    with tenant_transaction(other.pk):
        assert not MailEvent.objects.exists()


def as_mail(
    message: Message, other: Organization, said: dict[str, Any]
) -> Iterator[tuple[Any, str]]:
    """Give the requests of a case: its signature, its times, its order, on mail's own events."""
    headers = said.get("headers", {})
    kind = headers.get("content-type", JSON)
    if size := said.get("body_size"):
        yield b"x" * size, kind
        return
    ago = timedelta(seconds=-301) if "now+301" in headers.values() else timedelta()
    for number, one in enumerate(said.get("sequence", [said.get("body", {})])):
        body = event(message, "delivered", token=str(one.get("id", number)), ago=ago, x=one)
        if not said.get("sign"):
            body["signature"]["signature"] = headers.get("webhook-signature", "")
        if "tenant" in str(one):
            body["event-data"]["user-variables"]["organization"] = str(other.pk)
        yield body, kind

"""What providers tell of SMS and letters: proven, once, and whatever its order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from django.test import Client

from common.tenancy import tenant_transaction
from dunning import callbacks, facts, tasks
from dunning.channels.standins import mysendingbox, twilio
from dunning.channels.standins.server import Behaviour, Call, StandIn
from dunning.channels.twilio import who_stops
from dunning.models import Act, MailEvent, Message, Returned
from invoices import recording
from invoices.models import Contact, Customer
from organizations.models import Organization
from tests import make
from tests.dunning import providers
from tests.dunning.providers import AT, BASE, MOBILE, ON, again, deliver, tell

State = Message.State
LEFT = AT + timedelta(seconds=61)
LATER = datetime(2026, 2, 16, 9, tzinfo=UTC)
SECRET = "auth-token"


@pytest.fixture(autouse=True)
def then(settings: Any) -> Iterator[None]:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def phones(settings: Any) -> Iterator[StandIn]:
    with providers.phones(settings) as stand_in:
        yield stand_in


@pytest.fixture
def post(settings: Any) -> Iterator[StandIn]:
    with providers.post(settings) as stand_in:
        yield stand_in


@pytest.fixture
def sms(acme: Organization, phones: StandIn) -> Message:
    """An SMS that Twilio took."""
    return deliver(providers.an_sms(acme))


@pytest.fixture
def letter(acme: Organization, post: StandIn) -> Message:
    """A registered letter that MySendingBox took."""
    return deliver(providers.handed_over(acme), at=LEFT)


def said(phones: StandIn, status: str, *, code: int = 0) -> Call:
    return twilio.callback(phones.taken[0], status, secret=SECRET, code=code)


def events() -> int:
    return int(MailEvent.objects.count())


# --- SMS


def test_a_delivered_sms_is_noted_once(client: Client, phones: StandIn, sms: Message) -> None:
    for status in ("queued", "sent", "delivered", "delivered", "sent"):
        assert tell(client, said(phones, status)) == 204

    assert again(sms).delivered_at == LATER
    with tenant_transaction(sms.organization_id):
        assert events() == 3


def test_the_signature_is_that_of_the_documentation() -> None:
    # The example of https://www.twilio.com/docs/usage/security, with the key of that page.
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }

    call = twilio.signed("https://mycompany.com/myapp.php?foo=1&bar=2", fields, secret="12345")

    assert call.headers["x-twilio-signature"] == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


@pytest.mark.parametrize("what", ["no signature", "another key", "another body", "another address"])
def test_an_sms_event_that_is_not_proven_changes_nothing(
    client: Client, phones: StandIn, sms: Message, what: str
) -> None:
    call = said(phones, "undelivered", code=30005)
    headers = dict(call.headers)
    path, body = call.path, call.body
    if what == "no signature":
        headers.pop("x-twilio-signature")
    if what == "another key":
        headers = dict(
            twilio.callback(phones.taken[0], "undelivered", secret="other", code=30005).headers
        )
    if what == "another body":
        body = body.replace(b"undelivered", b"delivered")
    if what == "another address":
        path += "&x=1"

    assert tell(client, Call(path, headers, body)) == 403

    found = again(sms)
    assert (found.state, found.delivered_at) == (State.SENT, None)
    with tenant_transaction(sms.organization_id):
        assert events() == 0


def test_an_sms_to_nobody_flags_the_number_and_asks_for_a_call(
    client: Client, phones: StandIn, sms: Message
) -> None:
    tell(client, said(phones, "undelivered", code=30005))
    tell(client, said(phones, "undelivered", code=30005))

    with tenant_transaction(sms.organization_id):
        assert Contact.objects.get().sms_failed_at == LATER
        assert Act.objects.get().call_id is not None
    assert (again(sms).state, again(sms).bounced_at) == (State.FAILED, LATER)


def test_an_sms_that_failed_for_another_reason_is_for_a_person(
    client: Client, phones: StandIn, sms: Message
) -> None:
    tell(client, said(phones, "failed", code=30008))

    with tenant_transaction(sms.organization_id):
        assert Contact.objects.get().sms_failed_at is None
        assert Act.objects.get().message_id == sms.pk
    assert (again(sms).state, again(sms).failure) == (State.FAILED, "Twilio failed 30008")


def test_what_comes_after_the_delivery_does_not_undo_it(
    client: Client, phones: StandIn, sms: Message
) -> None:
    tell(client, said(phones, "delivered"))
    tell(client, said(phones, "undelivered", code=30005))

    assert (again(sms).state, again(sms).bounced_at) == (State.SENT, None)


def test_an_uncertain_sms_is_settled_by_what_twilio_tells(
    client: Client, acme: Organization, phones: StandIn
) -> None:
    message = providers.an_sms(acme)
    phones.order(Behaviour.DROP)
    uncertain = deliver(message).state

    tell(client, said(phones, "sent"))

    assert (uncertain, again(message).state) == (State.UNKNOWN, State.SENT)
    assert again(message).provider_reference == phones.taken[0]["sid"]


def test_another_sms_under_our_reference_is_not_ours(
    client: Client, phones: StandIn, sms: Message
) -> None:
    other = {**phones.taken[0], "sid": "SM0"}

    tell(client, twilio.callback(other, "undelivered", secret=SECRET, code=30005))

    assert again(sms).state == State.SENT


@pytest.mark.parametrize(
    "about", ["organization=0&message=1", "organization=x&message=", "message=0"]
)
def test_an_event_about_nothing_of_ours_changes_nothing(
    client: Client, phones: StandIn, sms: Message, about: str
) -> None:
    call = twilio.signed(
        f"{BASE}/webhooks/sms/?{about}", {"MessageStatus": "failed"}, secret=SECRET
    )

    assert tell(client, call) == 204
    assert again(sms).state == State.SENT
    assert len(phones.taken) == 1


def test_an_event_of_one_organization_reaches_no_other(
    client: Client, phones: StandIn, sms: Message, other: Organization
) -> None:
    taken = phones.taken[0]
    moved = taken["StatusCallback"].replace(
        f"organization={sms.organization_id}", f"organization={other.pk}"
    )

    tell(client, twilio.callback({**taken, "StatusCallback": moved}, "delivered", secret=SECRET))

    assert again(sms).delivered_at is None


@pytest.mark.parametrize(
    ("body", "stops"),
    [("STOP", True), (" stop. ", True), ("Arrêt", True), ("STOP merci", False), ("Payé", False)],
)
def test_an_answer_that_says_stop_is_heard_by_every_organization(
    phones: StandIn,
    sms: Message,
    other: Organization,
    body: str,
    stops: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    with tenant_transaction(other.pk):
        make.a_customer(other, phone="+33 6 12 34 56 78")
        make.a_customer(other, phone="06 12 34 56 79")
    call = twilio.signed(f"{BASE}/webhooks/sms/", {"From": MOBILE, "Body": body}, secret=SECRET)

    number = who_stops(parse_qs(call.body.decode()))
    if number:
        tasks.stop_sms(number=number)

    assert (number == MOBILE) is stops
    for organization in (sms.organization_id, other.pk):
        with tenant_transaction(organization):
            stopped = Contact.objects.exclude(sms_stopped_at=None)
            assert [one.phone[-2:] for one in stopped] == (["78"] if stops else [])


def test_an_incoming_sms_is_answered_when_it_is_signed(
    client: Client, phones: StandIn, sms: Message
) -> None:
    call = twilio.signed(f"{BASE}/webhooks/sms/", {"From": MOBILE, "Body": "Bien"}, secret=SECRET)

    signed = tell(client, call)
    unsigned = tell(client, Call(call.path, {**call.headers, "x-twilio-signature": ""}, call.body))

    assert (signed, unsigned) == (200, 403)


def test_who_stopped_is_not_written_to_until_his_number_is_another_one(
    acme: Organization, phones: StandIn, sms: Message
) -> None:
    with tenant_transaction(acme.pk):
        callbacks.stop(MOBILE, at=LATER)
        contact = Contact.objects.get()
        (stopped,) = facts.debtors(acme, on=ON)
        recording.update_contact(contact, {"phone": "+33612345678"}, at=LATER)
        (written_otherwise,) = facts.debtors(acme, on=ON)
        recording.update_contact(contact, {"phone": "07 61 22 33 44"}, at=LATER)
        (moved,) = facts.debtors(acme, on=ON)

    reached = ["sms" in one.reachable for one in (stopped, written_otherwise, moved)]
    assert reached == [False, False, True]
    assert (sms.state, len(phones.taken)) == (State.SENT, 1)


# --- Registered letters


def heard(client: Client, settings: Any, post: StandIn, name: str, *, number: str = "") -> int:
    account = settings.REGISTERED_LETTER_ACCOUNT
    return tell(client, mysendingbox.webhook(post.taken[0], name, account, number=number))


def test_a_letter_gets_its_number_and_is_received(
    client: Client, settings: Any, post: StandIn, letter: Message
) -> None:
    for name in ("letter.accepted", "letter.sent", "letter.in_transit", "letter.distributed"):
        number = "" if name == "letter.accepted" else "1A 234 567 8901 2"
        assert heard(client, settings, post, name, number=number) == 204

    found = again(letter)
    assert (found.receipt, found.delivered_at) == ("1A 234 567 8901 2", LATER)
    assert found.state == State.SENT


def test_a_letter_to_a_wrong_address_flags_it_and_post_reaches_there_no_more(
    client: Client, settings: Any, post: StandIn, letter: Message
) -> None:
    heard(client, settings, post, "letter.wrong_address")

    with tenant_transaction(letter.organization_id):
        customer = Customer.objects.get()
        (debtor,) = facts.debtors(Organization.objects.get(pk=letter.organization_id), on=ON)
    assert customer.address_failed_at == LATER
    assert "registered_letter" not in debtor.reachable
    found = again(letter)
    assert (found.state, found.returned_as) == (State.SENT, Returned.WRONG_ADDRESS)


def test_a_letter_that_nobody_fetched_came_back_and_counts_as_received(
    client: Client, settings: Any, post: StandIn, letter: Message
) -> None:
    heard(client, settings, post, "letter.returned_to_sender")

    found = again(letter)
    assert (found.returned_at, found.returned_as) == (LATER, Returned.UNCLAIMED)
    assert found.customer.address_failed_at is None


@pytest.mark.parametrize("authorization", ["", "Basic ZW5jb3VyczpvdGhlcg==", "Bearer secret"])
def test_a_letter_event_without_the_password_changes_nothing(
    client: Client, settings: Any, post: StandIn, letter: Message, authorization: str
) -> None:
    account = settings.REGISTERED_LETTER_ACCOUNT
    call = mysendingbox.webhook(post.taken[0], "letter.error", account)

    status = tell(
        client, Call(call.path, {**call.headers, "authorization": authorization}, call.body)
    )

    assert (status, again(letter).state) == (403, State.SENT)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"event": 1, "letter": 2}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_event_is_refused(
    client: Client, settings: Any, post: StandIn, letter: Message, body: bytes
) -> None:
    account = settings.REGISTERED_LETTER_ACCOUNT
    call = mysendingbox.webhook(post.taken[0], "letter.error", account)

    assert tell(client, Call(call.path, call.headers, body)) == 403
    assert again(letter).state == State.SENT


def test_without_a_provider_there_is_nobody_to_hear(client: Client, db: None) -> None:
    statuses = [client.post(f"/webhooks/{name}/").status_code for name in ("sms", "letters")]

    assert statuses == [404, 404]


def test_an_uncertain_letter_that_its_provider_speaks_of_was_sent_and_its_copy_follows(
    client: Client, settings: Any, acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        Contact.objects.update(email_failed_at=None)
    post.order(Behaviour.DROP)
    uncertain = deliver(letter, at=LEFT).state

    heard(client, settings, post, "letter.accepted")

    assert (uncertain, again(letter).state) == (State.UNKNOWN, State.SENT)
    with tenant_transaction(acme.pk):
        assert Message.objects.get(copy_of=letter).channel == "email"

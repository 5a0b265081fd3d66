"""SMS and registered letters leave through providers, each at most once, whatever they answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from common.tenancy import tenant_transaction
from dunning import bounces, delivery, facts, holds, looking, outbox, planning, posting, waiting
from dunning.channels.standins.server import RETRY_AFTER, Behaviour, StandIn
from dunning.models import Act, Call, Message
from invoices import settlement
from invoices.models import Contact, Customer, Invoice
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.dunning import providers
from tests.dunning.providers import AT, MOBILE, ON, again, deliver

State = Message.State
LEFT = AT + timedelta(seconds=61)  # when a letter that was handed over may leave


@pytest.fixture(autouse=True)
def mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "dunning.channels.mailbox.LocalMailbox"


@pytest.fixture
def phones(settings: Any) -> Iterator[StandIn]:
    with providers.phones(settings) as stand_in:
        yield stand_in


@pytest.fixture
def post(settings: Any) -> Iterator[StandIn]:
    with providers.post(settings) as stand_in:
        yield stand_in


def ask_again(message: Message, *, at: datetime) -> None:
    delivery.ask_again(message.pk, organization_id=message.organization_id, clock=lambda: at)


# --- SMS


def test_an_sms_leaves_once_to_the_number_as_networks_know_it(
    acme: Organization, phones: StandIn
) -> None:
    message = providers.an_sms(acme)

    sent = deliver(message)
    deliver(message)

    (taken,) = phones.taken
    assert (sent.state, sent.to, taken["To"]) == (State.SENT, MOBILE, MOBILE)
    assert (taken["Body"], taken["From"]) == (sent.text, "+33700000000")
    assert "F-1" in sent.text
    assert (sent.receipt, sent.provider_reference) == (taken["sid"], taken["sid"])
    assert sent.text_hash == outbox.digest(sent)
    (call,) = phones.calls
    assert call.path == "/2010-04-01/Accounts/AC0123/Messages.json"


@pytest.mark.parametrize(
    ("behaviour", "state", "kept"),
    [
        (Behaviour.BAD_ADDRESS, State.FAILED, 0),
        (Behaviour.STOPPED, State.FAILED, 0),
        (Behaviour.REFUSE, State.FAILED, 0),
        (Behaviour.NO_CREDIT, State.QUEUED, 0),
        (Behaviour.BUSY, State.QUEUED, 0),
        (Behaviour.DOWN, State.UNKNOWN, 0),
        (Behaviour.SLOW, State.UNKNOWN, 1),
        (Behaviour.DROP, State.UNKNOWN, 1),
    ],
)
def test_each_answer_to_an_sms_has_its_state(
    acme: Organization, phones: StandIn, behaviour: Behaviour, state: State, kept: int
) -> None:
    message = providers.an_sms(acme)
    phones.order(behaviour)

    found = deliver(message)

    assert (found.state, len(phones.taken)) == (state, kept)


def test_a_busy_provider_is_not_asked_before_the_time_it_names(
    acme: Organization, phones: StandIn
) -> None:
    message = providers.an_sms(acme)
    phones.order(Behaviour.BUSY)

    waits = deliver(message)
    deliver(message, at=AT + timedelta(seconds=RETRY_AFTER - 1))
    early = len(phones.calls)
    sent = deliver(message, at=AT + timedelta(seconds=RETRY_AFTER))

    assert waits.not_before == AT + timedelta(seconds=RETRY_AFTER)
    assert (early, sent.state, len(phones.taken)) == (1, State.SENT, 1)


def test_nobody_listening_puts_an_sms_back(acme: Organization, settings: Any) -> None:
    with providers.phones(settings) as stand_in:
        message = providers.an_sms(acme)
    assert stand_in.over.is_set()

    waits = deliver(message)

    assert (waits.state, waits.token) == (State.QUEUED, None)
    assert waits.not_before == AT + timedelta(minutes=1)


def test_an_uncertain_sms_is_never_sent_again(acme: Organization, phones: StandIn) -> None:
    message = providers.an_sms(acme)
    phones.order(Behaviour.DROP)
    deliver(message)

    for hours in (1, 5, 30):
        at = AT + timedelta(hours=hours)
        with tenant_transaction(acme.pk):
            found = delivery.sweep(at=at)
        assert (found.to_ring, found.to_ask_again) == ((), ())
        ask_again(message, at=at)

    assert again(message).state == State.UNKNOWN
    assert len(phones.calls) == 1


@pytest.mark.parametrize(
    ("behaviour", "failed", "stopped"),
    [(Behaviour.BAD_ADDRESS, True, False), (Behaviour.STOPPED, False, True)],
)
def test_a_number_that_takes_no_sms_is_flagged_and_the_next_contact_written_to(
    acme: Organization,
    phones: StandIn,
    behaviour: Behaviour,
    failed: bool,  # noqa: FBT001  # a parameter of the test
    stopped: bool,  # noqa: FBT001
) -> None:
    message = providers.an_sms(acme)
    with tenant_transaction(acme.pk):
        other = Contact.objects.create(
            organization=acme, customer_id=message.customer_id, rank=2, phone="0761223344"
        )
    phones.order(behaviour)

    deliver(message)

    with tenant_transaction(acme.pk):
        first = Contact.objects.get(pk=message.contact_id)
        second = Message.objects.get(channel="sms", state=State.SENT)
        assert Act.objects.get().message_id == second.pk
    assert (first.sms_failed_at is not None, first.sms_stopped_at is not None) == (failed, stopped)
    assert first.phone_failed_at is None
    assert (second.contact_id, second.to) == (other.pk, "+33761223344")


def test_where_no_sms_reaches_anybody_a_call_is_asked_for(
    acme: Organization, phones: StandIn
) -> None:
    message = providers.an_sms(acme)
    phones.order(Behaviour.BAD_ADDRESS)

    deliver(message)

    with tenant_transaction(acme.pk):
        assert Act.objects.get().call_id == Call.objects.open().get().pk


@pytest.mark.parametrize("phone", ["01 42 68 53 00", "06 12", "+44 20 7946 0958"])
def test_a_number_that_is_no_mobiles_gets_no_sms(
    acme: Organization, phones: StandIn, phone: str
) -> None:
    with tenant_transaction(acme.pk):
        providers.by_sms(acme)
        customer = make.a_customer(acme, phone=phone)
        make.invoice(acme, customer=customer)

        (debtor,) = facts.debtors(acme, on=ON)
        done = planning.follow_up(acme, on=ON, at=AT)

    assert "sms" not in debtor.reachable
    assert [contact.highest.step.channel for contact in done.contacts] == ["email"]
    assert phones.calls == []


def test_without_a_provider_no_step_goes_by_sms(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        providers.by_sms(acme)
        make.invoice(acme, customer=make.a_customer(acme, phone=MOBILE))

        (debtor,) = facts.debtors(acme, on=ON)

    assert debtor.reachable == {"email", "call", "letter", "registered_letter"}


def test_with_another_way_to_reach_them_the_round_looks_at_everybody(
    inside_acme: Organization, settings: Any
) -> None:
    before = looking.fingerprint(inside_acme, on=ON)
    with providers.phones(settings):
        after = looking.fingerprint(inside_acme, on=ON)

    assert before != after


def test_whoever_said_stop_is_not_reached_by_sms(acme: Organization, phones: StandIn) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, customer=make.a_customer(acme, phone=MOBILE))
        (before,) = facts.debtors(acme, on=ON)
        Contact.objects.update(sms_stopped_at=AT)

        (after,) = facts.debtors(acme, on=ON)

    assert ("sms" in before.reachable, "sms" in after.reachable) == (True, False)


# --- Registered letters


def test_a_letter_that_nobody_handed_over_stays_for_a_person(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.a_letter(acme)

    deliver(letter)
    with tenant_transaction(acme.pk):
        found = delivery.sweep(at=AT + timedelta(hours=1))
        to_post = list(waiting.to_post(on=ON))

    assert (again(letter).state, post.calls) == (State.QUEUED, [])
    assert letter.pk not in found.to_ring
    assert to_post == [letter]


def test_a_letter_leaves_as_one_pdf_with_both_addresses_and_a_copy_follows_by_email(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        Contact.objects.update(email_failed_at=None)

    sent = deliver(letter, at=LEFT)

    (taken,) = post.taken
    assert (sent.state, sent.provider_reference) == (State.SENT, taken["_id"])
    assert sent.receipt == "post"  # its number is not known yet
    assert taken["source_file"].startswith(b"%PDF")
    assert (taken["to[name]"], taken["to[address_line1]"]) == ("Dupont", "3 rue du Port")
    assert (taken["to[address_postalcode]"], taken["to[address_city]"]) == ("44000", "Nantes")
    assert (taken["from[address_city]"], taken["postage_type"]) == ("Le Havre", "lrar")
    assert taken["key"] == str(sent.token)
    with tenant_transaction(acme.pk):
        copy = Message.objects.get(copy_of=letter)
    assert (copy.channel, copy.state) == ("email", State.SENT)


def test_a_letter_may_be_taken_back_for_a_minute(acme: Organization, post: StandIn) -> None:
    letter = providers.handed_over(acme)
    early = deliver(letter, at=AT + timedelta(seconds=59))

    with tenant_transaction(acme.pk):
        posting.take_back(letter, at=AT + timedelta(seconds=59))
    late = deliver(letter, at=LEFT)

    assert (early.state, late.state, late.provider) == (State.QUEUED, State.QUEUED, "")
    assert post.calls == []


@pytest.mark.parametrize(
    ("behaviour", "state", "kept"),
    [
        (Behaviour.BAD_ADDRESS, State.FAILED, 0),
        (Behaviour.REFUSE, State.FAILED, 0),
        (Behaviour.NO_CREDIT, State.QUEUED, 0),
        (Behaviour.BUSY, State.QUEUED, 0),
        (Behaviour.DOWN, State.UNKNOWN, 0),
        (Behaviour.SLOW, State.UNKNOWN, 1),
        (Behaviour.DROP, State.UNKNOWN, 1),
    ],
)
def test_each_answer_to_a_letter_has_its_state(
    acme: Organization, post: StandIn, behaviour: Behaviour, state: State, kept: int
) -> None:
    letter = providers.handed_over(acme)
    post.order(behaviour)

    found = deliver(letter, at=LEFT)

    assert (found.state, len(post.taken)) == (state, kept)


def test_an_address_that_the_provider_refuses_is_flagged_and_reaches_by_post_no_more(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    post.order(Behaviour.BAD_ADDRESS)

    deliver(letter, at=LEFT)

    with tenant_transaction(acme.pk):
        assert Customer.objects.get().address_failed_at == LEFT
        (debtor,) = facts.debtors(acme, on=ON)
    assert debtor.reachable == frozenset()


def sweep(letter: Message, *, at: datetime) -> tuple[int, ...]:
    """Let the sweeper look, and ask again about what it names."""
    with tenant_transaction(letter.organization_id):
        found = delivery.sweep(at=at)
    for message_id in found.to_ask_again:
        assert message_id == letter.pk
        ask_again(letter, at=at)
    return found.to_ask_again


def test_an_uncertain_letter_is_asked_about_under_its_own_key_and_stays_one_letter(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    post.order(Behaviour.DROP, Behaviour.DOWN)
    deliver(letter, at=LEFT)

    early = sweep(letter, at=LEFT + timedelta(seconds=30))
    second = sweep(letter, at=LEFT + timedelta(minutes=1))
    between = again(letter).state
    third = sweep(letter, at=LEFT + timedelta(minutes=10))

    assert (early, second, third) == ((), (letter.pk,), (letter.pk,))
    assert (between, again(letter).state) == (State.UNKNOWN, State.SENT)
    keys = {call.headers["idempotency-key"] for call in post.calls}
    bodies = {part.split(b"%PDF")[1].rsplit(b"--", 2)[0] for part in (c.body for c in post.calls)}
    assert (len(post.calls), len(keys), len(bodies), len(post.taken)) == (3, 1, 1, 1)


def test_a_worker_that_died_in_the_call_leaves_the_letter_to_be_asked_about(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        claimed = delivery.claim(letter.pk, at=LEFT)
        assert claimed is not None
        delivery.start(claimed.envelope, at=LEFT)
    claimed.carrier.send(claimed.whole())

    with tenant_transaction(acme.pk):
        lost = delivery.sweep(at=LEFT + timedelta(minutes=3))
    asked = sweep(letter, at=LEFT + timedelta(minutes=5))

    assert (lost.unknown, asked) == (1, (letter.pk,))
    assert (again(letter).state, len(post.taken)) == (State.SENT, 1)


@pytest.mark.parametrize("why", ["paid", "held", "key is too old"])
def test_an_uncertain_letter_is_left_to_a_person_when_another_call_could_do_harm(
    acme: Organization, post: StandIn, why: str
) -> None:
    letter = providers.handed_over(acme)
    post.order(Behaviour.DROP)
    deliver(letter, at=LEFT)
    at = LEFT + timedelta(hours=21 if why == "key is too old" else 1)
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.locked().get()
        if why == "paid":
            settlement.settle(invoice, invoice.balance, on=ON)
        if why == "held":
            holds.pause_invoice(invoice, until=ON + timedelta(days=9), reason="", at=AT)

    sweep(letter, at=at)

    found = again(letter)
    assert (found.state, found.not_before, len(post.calls)) == (State.UNKNOWN, None, 1)


def test_a_refusal_of_the_second_call_says_nothing_of_the_first(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    post.order(Behaviour.DROP, Behaviour.REFUSE)
    deliver(letter, at=LEFT)

    sweep(letter, at=LEFT + timedelta(minutes=1))
    sweep(letter, at=LEFT + timedelta(hours=5))

    assert (again(letter).state, len(post.calls)) == (State.UNKNOWN, 2)


def test_what_was_paid_before_a_letter_leaves_is_not_asked_for(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        invoice = Invoice.objects.locked().get()
        settlement.settle(invoice, invoice.balance, on=ON)

    found = deliver(letter, at=LEFT)

    assert (found.state, post.calls) == (State.CANCELLED, [])


def test_a_letter_that_was_put_back_bears_the_day_on_which_it_leaves(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    post.order(Behaviour.BUSY)

    waits = deliver(letter, at=LEFT)
    sent = deliver(letter, at=LEFT + timedelta(days=3))

    assert (waits.printed_at, sent.printed_at) == (None, LEFT + timedelta(days=3))
    assert "16\u00a0février 2026" in sent.html


def test_what_was_printed_is_not_handed_over(acme: Organization, post: StandIn) -> None:
    letter = providers.a_letter(acme)
    with tenant_transaction(acme.pk):
        posting.mark_printed(letter, at=AT)

        with pytest.raises(posting.NotAsPrinted, match="partirait deux fois"):
            posting.hand_over([letter], at=AT)

    assert again(letter).provider == ""
    assert post.calls == []


def test_a_letter_whose_address_fails_meanwhile_waits_for_a_person_again(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        Customer.objects.update(address_failed_at=AT)

    found = deliver(letter, at=LEFT)

    assert (found.state, found.provider, post.calls) == (State.QUEUED, "", [])
    with tenant_transaction(acme.pk):
        assert list(waiting.to_post(on=ON)) == [letter]
        with pytest.raises(posting.LetterIncomplete, match="reviennent"):
            posting.mark_printed(letter, at=LEFT)


def test_without_a_provider_nothing_is_handed_over(acme: Organization) -> None:
    letter = providers.a_letter(acme)
    with tenant_transaction(acme.pk), pytest.raises(posting.NobodyPosts):
        posting.hand_over([letter], at=AT)

    assert again(letter).provider == ""


def test_what_was_handed_over_is_not_posted_by_hand_as_well(
    acme: Organization, post: StandIn
) -> None:
    letter = providers.handed_over(acme)
    with tenant_transaction(acme.pk):
        to_post = list(waiting.to_post(on=ON))

        with pytest.raises(outbox.NotInThisState, match="confié au prestataire"):
            posting.mark_printed(letter, at=AT)

    assert to_post == []
    assert post.calls == []


def test_an_address_that_moved_meanwhile_is_not_flagged(acme: Organization, post: StandIn) -> None:
    letter = providers.handed_over(acme)
    deliver(letter, at=LEFT)
    with tenant_transaction(acme.pk):
        Customer.objects.update(address="9 rue Neuve")

        bounces.came_back(again_inside(letter), reason="wrong", at=LEFT)

        assert Customer.objects.get().address_failed_at is None
    assert len(post.taken) == 1


def again_inside(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_the_memory_says_who_was_left_what(acme: Organization, post: StandIn) -> None:
    letter = providers.handed_over(acme)
    deliver(letter, at=LEFT)

    with tenant_transaction(acme.pk):
        kinds = list(
            TimelineEvent.objects.filter(about__message=letter.pk)
            .order_by("position")
            .values_list("kind", flat=True)
        )
    assert kinds == ["dunning.letter_handed_over", "dunning.reminder_sent"]
    assert len(post.taken) == 1

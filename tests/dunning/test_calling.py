"""The phone: what each outcome leads to, who is on which call, and what can be taken back."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from common.errors import DomainError
from common.money import Money
from common.tenancy import tenant_transaction
from common.working_days import for_country
from dunning import calling, composing, facts, holds, planning, promises, waiting
from dunning.calling import Said
from dunning.models import Call, CallAttempt, Hold, Message, OtherOutcome, Outcome
from invoices.models import Contact, Invoice
from organizations.models import Organization, TimelineEvent
from payments import allocation
from payments.models import Payment
from tests import make
from tests.concurrency import at_once

# A Friday in the morning; the call is due since Thursday.
AT = datetime(2026, 2, 13, 9, tzinfo=UTC)
ON = AT.date()
FRANCE = for_country("FR")
LEA, HUGO = "user:1001", "user:1002"


@pytest.fixture
def call(acme: Organization) -> Call:
    """A call about two invoices, 500 € due on the 2nd and 700 € due on the 3rd."""
    return a_call(acme, "Lutèce")


def a_call(acme: Organization, name: str, *, minor: int = 50_000) -> Call:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, name, email="", phone="+33140447120")
        make.invoice(acme, customer=customer, amounts={"2026-02-02": minor})
        make.invoice(acme, customer=customer, amounts={"2026-02-03": 70_000})
        planning.follow_up(acme, on=ON, at=AT)
        return Call.objects.get(customer=customer)


def say(acme: Organization, call: Call, said: Said, *, at: datetime = AT, who: str = LEA) -> Any:
    with tenant_transaction(acme.pk, actor=who):
        attempt = calling.note(call, said, at=at, calendar=FRANCE)
    with tenant_transaction(acme.pk):
        call.refresh_from_db()
    return attempt


def next_call(acme: Organization, *, who: str = LEA, at: datetime = AT) -> Call | None:
    with tenant_transaction(acme.pk, actor=who):
        return calling.lease_next(at=at, on=at.date())


def pay(acme: Organization, invoice: Invoice, minor: int, *, on: date, at: datetime) -> Payment:
    payment = allocation.record(
        invoice.customer,
        Money(minor, "EUR"),
        received_on=on,
        method=Payment.Method.TRANSFER,
        source=Payment.Source.BANK,
        at=at,
    )
    allocation.allocate(payment, {invoice.pk: payment.amount}, at=at)
    return payment


def test_a_promise_holds_each_invoice_and_ends_the_call(acme: Organization, call: Call) -> None:
    say(acme, call, Said(Outcome.PROMISE, day=date(2026, 2, 20)))

    with tenant_transaction(acme.pk):
        held = Hold.objects.order_by("pk").values_list("kind", "promised_minor", "until")
        assert list(held) == [
            ("promise", 50_000, date(2026, 2, 23)),
            ("promise", 70_000, date(2026, 2, 23)),
        ]
    assert (call.done_by, call.outcome) == (LEA, "promise")
    assert next_call(acme) is None


def test_a_promise_of_a_part_is_for_what_fell_due_first(acme: Organization, call: Call) -> None:
    said = Said(Outcome.PROMISE, amount=Money(60_000, "EUR"), day=date(2026, 2, 20))
    say(acme, call, said)

    with tenant_transaction(acme.pk):
        promised = Hold.objects.order_by("pk").values_list("promised_minor", flat=True)
        assert list(promised) == [50_000, 10_000]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said(Outcome.PROMISE, amount=Money(120_001, "EUR"), day=ON), "over_promised"),
        (Said(Outcome.PROMISE, amount=Money(0, "EUR"), day=ON), "over_promised"),
        (Said(Outcome.PROMISE, day=date(2026, 2, 12)), "ends_before_it_begins"),
        (Said(Outcome.PROMISE, day=ON + timedelta(days=91)), "too_far_ahead"),
        (Said(Outcome.PROMISE), "outcome_incomplete"),
        (Said(Outcome.DISPUTE), "outcome_incomplete"),
        (Said(Outcome.DISPUTE, category="price", amount=Money(10**9, "EUR")), "over_contested"),
        (Said(Outcome.CALL_BACK), "outcome_incomplete"),
        (Said(Outcome.CALL_BACK, again_at=AT - timedelta(hours=1)), "outcome_incomplete"),
        (Said(Outcome.OTHER, note=" "), "outcome_incomplete"),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_call_stays(
    acme: Organization, call: Call, said: Said, code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        say(acme, call, said)

    assert refusal.value.code == code
    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()
        assert not CallAttempt.objects.exists()
        assert waiting.calls(on=ON).count() == 1


def test_money_said_to_be_on_its_way_is_looked_for_five_days(
    acme: Organization, call: Call
) -> None:
    say(acme, call, Said(Outcome.SAYS_PAID, "12/02/2026 · VIR 778", category="transfer"))

    with tenant_transaction(acme.pk):
        hold = Hold.objects.order_by("pk")[0]
        assert (hold.kind, hold.until, hold.category) == (
            "says_paid",
            date(2026, 2, 20),
            "transfer",
        )


def test_a_dispute_keeps_its_invoices_quiet_until_somebody_ends_it(
    acme: Organization, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        first = Invoice.objects.order_by("pk")[0]

    say(acme, call, Said(Outcome.DISPUTE, category="price", invoices=[first.pk]))

    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
        assert (hold.invoice_id, hold.category, hold.until) == (first.pk, "price", None)
        blockers = planning.why_not(first, on=date(2027, 2, 12))
        assert "dispute" in {blocker.kind for blocker in blockers}


def test_a_part_that_is_contested_in_a_call_leaves_the_rest_asked_for(
    acme: Organization, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        first = Invoice.objects.order_by("pk")[0]
        owed = first.balance
    part = Money(1_000, "EUR")

    say(acme, call, Said(Outcome.DISPUTE, category="price", amount=part, invoices=[first.pk]))

    with tenant_transaction(acme.pk):
        assert Hold.objects.get().contested == part
        assert first.instalments.get().asked == owed - part


@pytest.mark.parametrize(
    ("at", "again"),
    [
        (AT, datetime(2026, 2, 16, 13, tzinfo=UTC)),  # Monday, two o'clock in Paris
        (AT.replace(hour=14), datetime(2026, 2, 16, 8, 30, tzinfo=UTC)),
    ],
)
def test_after_a_voicemail_the_other_half_of_the_next_working_day_is_tried(
    acme: Organization, call: Call, at: datetime, again: datetime
) -> None:
    attempt = say(acme, call, Said(Outcome.VOICEMAIL), at=at)

    assert (attempt.again_at, call.done_at) == (again, None)
    assert next_call(acme, at=again - timedelta(minutes=1)) is None
    assert next_call(acme, at=again) == call


@pytest.mark.parametrize(("outcome", "tries"), [(Outcome.VOICEMAIL, 2), (Outcome.NO_ANSWER, 3)])
def test_after_a_few_tries_the_phone_is_left_alone(
    acme: Organization, call: Call, outcome: Outcome, tries: int
) -> None:
    for days in range(tries):
        assert call.done_at is None
        say(acme, call, Said(outcome), at=AT + timedelta(days=days))

    assert call.done_at is not None
    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


def test_a_call_back_comes_first_when_its_hour_is_there(acme: Organization, call: Call) -> None:
    large = a_call(acme, "Hélios", minor=900_000)
    hour = AT + timedelta(hours=2)
    say(acme, call, Said(Outcome.CALL_BACK, again_at=hour))

    assert next_call(acme) == large
    assert next_call(acme, who=HUGO, at=hour) == call


def test_a_wrong_number_is_marked_and_the_next_contact_called(
    acme: Organization, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        second = Contact.objects.create(
            organization=acme, customer=call.customer, rank=2, phone="+33199000000"
        )

    say(acme, call, Said(Outcome.WRONG_NUMBER))
    after_first = (call.contact_id, call.done_at)
    say(acme, call, Said(Outcome.WRONG_NUMBER))

    assert after_first == (second.pk, None)
    assert call.done_at is not None
    with tenant_transaction(acme.pk):
        assert not any(person.can_be_called for person in Contact.objects.all())
        (debtor,) = facts.debtors(acme, on=ON)
        assert "call" not in debtor.reachable


def test_the_right_number_takes_the_place_of_a_wrong_one(acme: Organization, call: Call) -> None:
    say(acme, call, Said(Outcome.WRONG_NUMBER, phone="+33199112233"))

    with tenant_transaction(acme.pk):
        assert call.contact is not None
        assert call.contact.phone == "+33199112233"
        assert call.contact.can_be_called
    assert next_call(acme) == call


@pytest.mark.parametrize(
    "said",
    [
        Said(Outcome.PROMISE, day=date(2026, 2, 20)),
        Said(Outcome.DISPUTE, category="faulty"),
        Said(Outcome.WRONG_NUMBER),
        Said(Outcome.VOICEMAIL),
        Said(Outcome.OTHER, note="Rappelle"),
    ],
)
def test_what_was_noted_is_taken_back_as_if_it_had_not_been(
    acme: Organization, call: Call, said: Said
) -> None:
    attempt = say(acme, call, said)

    with tenant_transaction(acme.pk, actor=LEA):
        calling.undo(attempt, at=AT + timedelta(seconds=60))
        call.refresh_from_db()
        assert (call.done_at, call.due_at, call.outcome, call.note) == (None, None, "", "")
        assert not Hold.objects.standing(on=ON).exists()
        assert call.contact is not None
        assert call.contact.can_be_called
    assert next_call(acme) == call


def test_after_a_minute_nothing_is_taken_back(acme: Organization, call: Call) -> None:
    attempt = say(acme, call, Said(Outcome.PROMISE, day=date(2026, 2, 20)))

    with pytest.raises(calling.TooLateToUndo), tenant_transaction(acme.pk, actor=LEA):
        calling.undo(attempt, at=AT + timedelta(seconds=61))

    with tenant_transaction(acme.pk):
        assert Hold.objects.standing(on=ON).count() == 2


def test_two_people_get_two_calls_and_the_second_cannot_note_the_first_ones(
    acme: Organization, call: Call
) -> None:
    other = a_call(acme, "Hélios", minor=10_000)

    assert (next_call(acme), next_call(acme, who=HUGO)) == (call, other)
    with pytest.raises(calling.CallTaken):
        say(acme, call, Said(Outcome.OTHER, note="Moi"), who=HUGO)
    with tenant_transaction(acme.pk):
        assert not CallAttempt.objects.exists()


def test_a_lease_ends_after_a_quarter_of_an_hour(acme: Organization, call: Call) -> None:
    next_call(acme)

    assert next_call(acme, who=HUGO, at=AT + timedelta(minutes=14)) is None
    assert next_call(acme, who=HUGO, at=AT + timedelta(minutes=16)) == call


def test_what_is_passed_over_comes_last_that_day_and_in_its_order_the_next(
    acme: Organization, call: Call
) -> None:
    other = a_call(acme, "Hélios", minor=10_000)
    with tenant_transaction(acme.pk, actor=LEA):
        calling.pass_over(call, at=AT)

    assert next_call(acme) == other
    assert next_call(acme, who=HUGO, at=AT + timedelta(days=1)) == call


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_once_each_gets_another_call(acme: Organization) -> None:
    calls = {a_call(acme, name).pk for name in ("Lutèce", "Hélios")}

    given = []
    at_once(
        lambda: given.append(next_call(acme, who=LEA)),
        lambda: given.append(next_call(acme, who=HUGO)),
    )

    assert {one.pk for one in given if one is not None} == calls


@pytest.mark.django_db(transaction=True)
def test_of_two_who_note_one_call_at_once_one_is_refused(acme: Organization) -> None:
    call = a_call(acme, "Lutèce")

    said = Said(Outcome.PROMISE, day=date(2026, 2, 20))

    refused = at_once(lambda: say(acme, call, said), lambda: say(acme, call, said, who=HUGO))

    assert refused == ["call_closed"]
    with tenant_transaction(acme.pk):
        assert Hold.objects.count() == 2


def test_what_is_paid_is_not_asked_for(acme: Organization, call: Call) -> None:
    other = a_call(acme, "Hélios", minor=10_000)  # 800 € in all, of 1 200 € before the payment
    with tenant_transaction(acme.pk):
        first, second = call.customer.invoices.order_by("pk")
        pay(acme, first, 50_000, on=ON, at=AT)

        left = waiting.calls(on=ON).prefetch_related(waiting.with_asked(on=ON)).get(pk=call.pk)
        script = composing.script(left, left.asked_acts, on=ON, caller="Léa")

        assert [act.instalment.invoice_id for act in left.asked_acts] == [second.pk]
        assert list(waiting.in_order(waiting.calls(on=ON), on=ON, at=AT)) == [other, call]
        assert f"la facture {second.number}" in str(script.turns[1])


def test_what_is_on_hold_is_neither_asked_for_nor_held_twice(
    acme: Organization, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        first, second = Invoice.objects.order_by("pk")
        holds.dispute(first, category="price", reason="", at=AT)

    say(acme, call, Said(Outcome.PROMISE, day=date(2026, 2, 20)))

    with tenant_transaction(acme.pk):
        assert [(hold.invoice_id, hold.kind) for hold in Hold.objects.order_by("pk")] == [
            (first.pk, "dispute"),
            (second.pk, "promise"),
        ]


@pytest.mark.parametrize(
    ("language", "begins"), [("", "Hello, this is Léa"), ("fr", "Bonjour, Léa")]
)
def test_the_script_is_in_the_language_of_whom_is_called(
    acme: Organization, call: Call, language: str, begins: str
) -> None:
    with tenant_transaction(acme.pk):
        call.customer.language = "en"
        assert call.contact is not None
        call.contact.language = language

        script = composing.script(call, list(call.acts.all()), on=ON, caller="Léa")

        assert str(script.turns[0]).startswith(begins)


def test_no_invoice_at_all_is_not_every_invoice(acme: Organization, call: Call) -> None:
    with pytest.raises(calling.IsIncomplete):
        say(acme, call, Said(Outcome.DISPUTE, category="price", invoices=[]))

    with tenant_transaction(acme.pk):
        assert not Hold.objects.exists()


def test_what_is_no_number_does_not_replace_one(acme: Organization, call: Call) -> None:
    with pytest.raises(calling.BadNumber):
        say(acme, call, Said(Outcome.WRONG_NUMBER, phone="abc"))

    with tenant_transaction(acme.pk):
        assert Contact.objects.get().phone == "+33140447120"


@pytest.mark.parametrize("failed_at", [None, AT - timedelta(days=3)])
def test_the_old_number_comes_back_when_its_correction_is_taken_back(
    acme: Organization, call: Call, failed_at: datetime | None
) -> None:
    with tenant_transaction(acme.pk):
        Contact.objects.update(phone_failed_at=failed_at)
    attempt = say(acme, call, Said(Outcome.WRONG_NUMBER, phone="01 99 11 22 33"))

    with tenant_transaction(acme.pk, actor=LEA):
        given = Contact.objects.get().phone
        calling.undo(attempt, at=AT + timedelta(seconds=9))
        contact = Contact.objects.get()

    assert given == "+33199112233"
    assert (contact.phone, contact.phone_failed_at) == ("+33140447120", failed_at)


@pytest.mark.parametrize(
    ("day", "proposed"),
    [
        (date(2026, 2, 15), "lundi 16 février"),  # a Sunday
        (date(2026, 4, 6), "mardi 7 avril"),  # Easter Monday
    ],
)
def test_nobody_is_called_back_on_a_day_without_work(
    acme: Organization, call: Call, day: date, proposed: str
) -> None:
    again_at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)

    with pytest.raises(calling.NoWorkingDay, match=proposed), translation.override("fr"):
        say(acme, call, Said(Outcome.CALL_BACK, again_at=again_at))


def test_an_insolvent_customer_is_left_alone_until_somebody_looks_again(
    acme: Organization, call: Call
) -> None:
    say(acme, call, Said(Outcome.OTHER, "RJ du 12/02", what=OtherOutcome.INSOLVENCY))

    with tenant_transaction(acme.pk):
        hold = Hold.objects.get()
        assert (hold.kind, hold.customer_id, hold.invoice_id) == (
            "insolvency",
            call.customer_id,
            None,
        )
        assert (hold.until, hold.review_on, hold.reason) == (None, date(2026, 3, 15), "RJ du 12/02")
        kinds = {blocker.kind for blocker in planning.why_not(Invoice.objects.all()[0], on=ON)}
        assert "insolvency" in kinds
    assert call.done_at == AT


def test_who_left_the_company_is_called_no_more_but_the_next_contact_is(
    acme: Organization, call: Call
) -> None:
    with tenant_transaction(acme.pk):
        second = Contact.objects.create(
            organization=acme, customer=call.customer, rank=2, phone="+33199000000"
        )

    attempt = say(acme, call, Said(Outcome.OTHER, what=OtherOutcome.LEFT_THE_COMPANY))
    called_next = (call.contact_id, call.done_at)
    with tenant_transaction(acme.pk, actor=LEA):
        failed = Contact.objects.get(rank=1).phone_failed_at
        calling.undo(attempt, at=AT)
        first = Contact.objects.get(rank=1)

        assert (called_next, failed) == ((second.pk, None), AT)
        assert first.can_be_called
        assert Call.objects.get().contact_id == first.pk


def test_a_refusal_is_noted_without_a_word_and_ends_the_call(
    acme: Organization, call: Call
) -> None:
    attempt = say(acme, call, Said(Outcome.OTHER, what=OtherOutcome.REFUSES_TO_PAY))

    assert (attempt.what, call.done_at) == ("refuses_to_pay", AT)


# Promises end by themselves.


def a_promise(acme: Organization, *, minor: int = 120_000) -> tuple[Invoice, Hold]:
    """Return an invoice of 1 200 €, and a promise for Friday the 20th."""
    invoice = make.invoice(acme)
    amount = Money(minor, "EUR")
    hold = holds.promise(invoice, amount, date(2026, 2, 20), at=AT, calendar=FRANCE)
    return invoice, hold


def test_a_promise_is_kept_when_its_money_comes(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice, hold = a_promise(acme, minor=80_000)
        pay(acme, invoice, 50_000, on=ON, at=AT)
        hold.refresh_from_db()
        after_a_part = hold.result
        pay(acme, invoice, 30_000, on=ON, at=AT)
        hold.refresh_from_db()

        assert (after_a_part, hold.result, hold.ended_at) == ("", "kept", AT)
    with tenant_transaction(acme.pk):
        told = TimelineEvent.objects.get(kind="dunning.promise_kept")
        assert (told.invoice_id, told.actor) == (invoice.pk, "system")


def test_a_promise_is_broken_on_the_working_day_after_and_still_quiet_that_day(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        _invoice, hold = a_promise(acme)
        results = []
        for day in (20, 23):
            planning.follow_up(acme, on=date(2026, 2, day), at=AT.replace(day=day))
            hold.refresh_from_db()
            results.append(hold.result)

        assert results == ["", "broken"]
        assert not Message.objects.exists()
        planning.follow_up(acme, on=date(2026, 2, 24), at=AT.replace(day=24))
        assert Message.objects.count() == 1


def test_a_broken_promise_brings_its_call_back_to_the_top(acme: Organization, call: Call) -> None:
    say(acme, call, Said(Outcome.PROMISE, day=date(2026, 2, 20)))
    at = AT.replace(day=23)
    with tenant_transaction(acme.pk):
        make.invoice(
            acme,
            customer=make.a_customer(acme, "Hélios", email="", phone="+33140447121"),
            amounts={"2026-02-13": 9_000_000},
        )
        planning.follow_up(acme, on=at.date(), at=at)

    with tenant_transaction(acme.pk):
        assert waiting.calls(on=at.date()).count() == 2
    assert next_call(acme, at=at) == call


def test_a_call_that_a_broken_promise_reopened_waits_on_top_again_after_an_undo(
    acme: Organization, call: Call
) -> None:
    other = a_call(acme, "Hélios", minor=9_000_000)
    say(acme, call, Said(Outcome.PROMISE, day=date(2026, 2, 20)))
    at = AT.replace(day=23)
    with tenant_transaction(acme.pk):
        planning.follow_up(acme, on=at.date(), at=at)
        call.refresh_from_db()
    before = (call.done_at, call.due_at, call.outcome)

    attempt = say(acme, call, Said(Outcome.VOICEMAIL), at=at + timedelta(minutes=5))
    with tenant_transaction(acme.pk, actor=LEA):
        calling.undo(attempt, at=at + timedelta(minutes=5, seconds=30))
        call.refresh_from_db()

    assert before == (None, at, "promise")
    assert (call.done_at, call.due_at, call.outcome) == before
    assert next_call(acme, who=LEA, at=at + timedelta(minutes=6)) == call
    assert next_call(acme, who=HUGO, at=at + timedelta(minutes=6)) == other


def test_a_call_about_a_broken_promise_names_what_was_promised(
    acme: Organization, call: Call
) -> None:
    said = Said(Outcome.PROMISE, amount=Money(60_000, "EUR"), day=date(2026, 2, 20))
    say(acme, call, said)
    at = AT.replace(day=23)
    with tenant_transaction(acme.pk):
        planning.follow_up(acme, on=at.date(), at=at)

        script = composing.script(call, list(call.acts.all()), on=at.date())

        assert "600,00\u00a0€ pour le 20\u00a0février 2026" in str(script.turns[1])


def test_money_that_came_in_time_but_was_seen_late_mends_a_broken_promise(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        invoice, hold = a_promise(acme)
        promises.end_due(on=date(2026, 2, 23), at=AT.replace(day=23))
        pay(acme, invoice, 120_000, on=date(2026, 2, 20), at=AT.replace(day=24))
        hold.refresh_from_db()

        assert hold.result == "kept"


def test_money_that_came_too_late_does_not_mend_it(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice, hold = a_promise(acme)
        promises.end_due(on=date(2026, 2, 23), at=AT.replace(day=23))
        pay(acme, invoice, 120_000, on=date(2026, 2, 25), at=AT.replace(day=25))
        hold.refresh_from_db()

        assert hold.result == "broken"


def test_a_promise_stands_again_when_the_payment_that_kept_it_is_undone(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        invoice, hold = a_promise(acme)
        payment = pay(acme, invoice, 120_000, on=ON, at=AT)
        allocation.undo(payment, at=AT)
        hold.refresh_from_db()

        assert (hold.result, hold.ended_at) == ("", None)
        assert planning.why_not(invoice, on=date(2026, 2, 16))[0].kind == "promise"

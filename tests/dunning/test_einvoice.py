"""What platforms say of electronic invoices: kept once, and what it does to the follow-up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.money import Money
from common.tenancy import tenant_transaction
from dunning import delivery, einvoice, facts, holds, planning
from dunning.einvoice import Said, Taken
from dunning.einvoice_effects import EFFECTS, Does, ground
from dunning.models import Ground, Hold, Message
from invoices import settlement
from invoices.models import EInvoiceCode, EInvoiceReason, EInvoiceStatus, Invoice
from invoices.sources.einvoice_statuses import CODES
from organizations.models import Organization, TimelineEvent
from tests import make

AT, FRIDAY = make.AT, make.ON
API = EInvoiceStatus.Source.API
STOPS = ["210", "213", "220", "221", "224", "225", "227", "501"]
EVIDENCE = ["200", "201", "202", "203", "204", "212", "226"]


def ago(hours: int) -> datetime:
    return AT - timedelta(hours=hours)


def take(said: Sequence[Said]) -> list[Taken]:
    calendar = facts.calendar_of(said[0].invoice.organization)
    return einvoice.take_in(said, source=API, at=AT, calendar=calendar)


def hear(invoice: Invoice, *codes: str, **details: Any) -> list[Taken]:
    """Take in codes one after the other, an hour apart, the last of them now."""
    taken = []
    for place, code in enumerate(codes):
        hours = len(codes) - 1 - place
        taken += take([Said(invoice=invoice, code=code, **{"at": ago(hours), **details})])
    return taken


def standing() -> list[tuple[str, str, int | None]]:
    """Return the holds of today: kind, category and what part of the amount they hold."""
    found = Hold.objects.standing(on=FRIDAY).order_by("pk")
    return [(hold.kind, hold.category, hold.held_minor) for hold in found]


def is_asked(organization: Organization) -> bool:
    return bool(planning.follow_up(organization, on=FRIDAY, at=AT).message_ids)


@pytest.fixture
def invoice(inside_acme: Organization) -> Invoice:
    return make.invoice(inside_acme, number="F-1", amounts={"2026-02-04": 120_000})


# The table


def test_every_code_has_its_effect_and_is_read_from_files() -> None:
    assert set(EFFECTS) == set(EInvoiceCode.values) == CODES


def test_every_reason_has_a_ground_that_disputes_know() -> None:
    grounds = {ground(reason) for reason in [*EInvoiceReason.values, "REJ_SEMAN", ""]}

    assert grounds <= set(Ground.values)
    assert (ground("TX_TVA_ERR"), ground("CMD_ERR"), ground("")) == (
        "price", "order_number", "other",
    )  # fmt: skip


def test_only_what_a_platform_placed_is_ever_ended_by_a_later_word() -> None:
    placing = {code for code, effect in EFFECTS.items() if effect.does != Does.NOTE}

    assert {ended for effect in EFFECTS.values() for ended in effect.ends} <= placing


# What each does


@pytest.mark.parametrize("code", EVIDENCE)
def test_evidence_is_noted_and_the_invoice_is_asked_for(invoice: Invoice, code: str) -> None:
    hear(invoice, code)

    assert standing() == []
    assert is_asked(invoice.organization)


@pytest.mark.parametrize("code", STOPS)
def test_a_stop_holds_the_invoice_until_a_person_ends_it(invoice: Invoice, code: str) -> None:
    hear(invoice, code)
    hear(invoice, "203", "204", at=AT + timedelta(hours=1))

    hold = Hold.objects.get()
    assert (hold.kind, hold.category, hold.until) == ("einvoice_status", code, None)
    assert hold.review_on == FRIDAY + timedelta(days=14)
    assert not is_asked(invoice.organization)

    holds.end(hold, at=AT)

    assert is_asked(invoice.organization)


def test_a_refusal_is_not_ended_by_what_comes_after_it(invoice: Invoice) -> None:
    hear(invoice, "210", "209", "205", "211")

    assert standing() == [("einvoice_status", "210", None), ("says_paid", "transfer", None)]


def test_why_not_says_what_there_is_to_do(invoice: Invoice) -> None:
    hear(invoice, "210", reason_code="TX_TVA_ERR", reason="20 % au lieu de 10 %")

    (blocker,) = planning.why_not(invoice, on=FRIDAY)

    assert (blocker.kind, blocker.until) == ("einvoice_status", None)
    assert blocker.reason == (
        "Refusée · établir un avoir ou une facture rectificative "
        "(taux de TVA erroné · 20 % au lieu de 10 %)"
    )


def test_a_suspended_invoice_is_quiet_until_it_is_completed(invoice: Invoice) -> None:
    hear(invoice, "208", reason_code="JUSTIF_ABS", at=ago(5))
    assert standing() == [("einvoice_status", "208", None)]
    assert Hold.objects.get().review_on == FRIDAY + timedelta(days=14)

    hear(invoice, "209")

    assert standing() == []
    assert is_asked(invoice.organization)


@pytest.mark.parametrize("code", ["206", "207", "208"])
def test_approval_ends_what_the_platform_placed(invoice: Invoice, code: str) -> None:
    hear(invoice, code, "205", amount=Money(100_000, "EUR"))

    assert standing() == []
    assert is_asked(invoice.organization)


@pytest.mark.parametrize("code", ["205", "209", "210", "211"])
def test_a_hold_that_a_person_placed_is_never_ended(invoice: Invoice, code: str) -> None:
    mine = holds.dispute(invoice, category="price", reason="", at=ago(9))

    hear(invoice, code)

    mine.refresh_from_db()
    assert mine.ended_at is None


def test_a_dispute_has_its_ground_and_the_platforms_reason(invoice: Invoice) -> None:
    hear(invoice, "207", reason_code="QTE_ERR", reason="3 cartons sur 4")

    hold = Hold.objects.get()
    assert standing() == [("dispute", "faulty", None)]
    assert hold.reason == "quantité erronée · 3 cartons sur 4"
    assert not is_asked(invoice.organization)


def test_only_the_accepted_part_of_a_part_approval_is_asked_for(invoice: Invoice) -> None:
    hear(invoice, "206", reason_code="PU_ERR", amount=Money(90_000, "EUR"))

    assert standing() == [("dispute", "price", 30_000)]
    planning.follow_up(invoice.organization, on=FRIDAY, at=AT)
    message = Message.objects.get()
    delivery.claim(message.pk, at=AT)
    message.refresh_from_db()
    assert message.total_minor == 90_000


@pytest.mark.parametrize(
    ("accepted", "settled", "held"),
    [
        (None, 0, [("dispute", "other", None)]),  # how much is not said
        (0, 0, [("dispute", "other", None)]),
        (120_000, 0, []),  # all of it
        (90_000, 100_000, [("dispute", "other", None)]),  # less is left than is contested
        (90_000, 120_000, []),  # nothing is
    ],
)
def test_what_is_contested_is_what_is_not_accepted_and_still_owed(
    invoice: Invoice, accepted: int | None, settled: int, held: list[Any]
) -> None:
    if settled:
        locked = Invoice.objects.locked().get(pk=invoice.pk)
        settlement.settle(locked, Money(settled, "EUR"), on=FRIDAY)

    hear(invoice, "206", amount=None if accepted is None else Money(accepted, "EUR"))

    assert standing() == held


def test_all_is_contested_when_no_instalment_is_as_large_as_what_is(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-02": 20_000, "2026-02-04": 20_000})

    hear(invoice, "206", amount=Money(10_000, "EUR"))

    assert standing() == [("dispute", "other", None)]


def test_a_payment_that_was_sent_is_looked_for(invoice: Invoice) -> None:
    hear(invoice, "208", "211", amount=Money(120_000, "EUR"))

    hold = Hold.objects.standing(on=FRIDAY).get()
    assert (hold.kind, hold.until) == ("says_paid", FRIDAY + timedelta(days=7))
    assert hold.reason.replace("\u202f", " ").replace("\u00a0", " ") == (
        "Paiement de 1 200,00 € émis le 13/02/2026"
    )


def test_a_payment_that_should_have_been_seen_long_ago_holds_nothing(invoice: Invoice) -> None:
    hear(invoice, "211", at=AT - timedelta(days=30))

    assert standing() == []


# Order, and once


def test_an_older_status_is_kept_and_changes_nothing(invoice: Invoice) -> None:
    hear(invoice, "205", at=AT)

    (late,) = hear(invoice, "207", at=ago(3))

    assert late.is_new
    assert standing() == []
    assert EInvoiceStatus.objects.count() == 2


def test_evidence_holds_nothing_back_that_is_older(invoice: Invoice) -> None:
    hear(invoice, "212", at=AT)

    hear(invoice, "207", at=ago(3))

    assert standing() == [("dispute", "other", None)]


def test_what_comes_in_one_go_acts_in_its_order_not_in_that_of_the_file(
    invoice: Invoice,
) -> None:
    take([Said(invoice, "209", ago(1)), Said(invoice, "207", ago(3)), Said(invoice, "208", ago(2))])

    assert standing() == [("dispute", "other", None)]


def test_of_two_at_one_moment_the_later_code_comes_later(invoice: Invoice) -> None:
    hear(invoice, "209", at=AT)
    hear(invoice, "208", at=AT)

    assert standing() == []


@pytest.mark.parametrize("event", ["", "ev-1"])
def test_what_comes_again_adds_nothing(invoice: Invoice, event: str) -> None:
    first, again = hear(invoice, "207", "207", at=ago(2), event_id=event)

    assert (first.is_new, again.is_new, again.refusal) == (True, False, None)
    assert again.status is not None
    assert (EInvoiceStatus.objects.get().pk, Hold.objects.count()) == (again.status.pk, 1)


def test_what_comes_twice_in_one_go_is_kept_once(invoice: Invoice) -> None:
    twice = [Said(invoice, "207", ago(2), event_id="ev-1")] * 2

    assert [one.is_new for one in take(twice)] == [True, False]
    assert Hold.objects.count() == 1


def test_a_hold_that_a_person_ended_does_not_come_back_with_a_repeat(invoice: Invoice) -> None:
    hear(invoice, "210", at=ago(2))
    holds.end(Hold.objects.get(), at=AT)

    hear(invoice, "210", at=ago(2))

    assert standing() == []


def test_an_event_cannot_stand_for_two_statuses(invoice: Invoice) -> None:
    hear(invoice, "205", event_id="ev-1", at=ago(2))

    (taken,) = hear(invoice, "210", event_id="ev-1")

    assert isinstance(taken.refusal, einvoice.EventReused)
    assert EInvoiceStatus.objects.get().code == "205"
    assert standing() == []


def test_the_future_is_refused_and_a_clock_that_is_ahead_is_not(invoice: Invoice) -> None:
    (ahead,) = hear(invoice, "205", at=AT + timedelta(hours=25))
    (little,) = hear(invoice, "205", at=AT + timedelta(hours=23))

    assert isinstance(ahead.refusal, einvoice.StatusAhead)
    assert little.is_new


@pytest.mark.parametrize(
    ("code", "amount"),
    [("206", Money(120_001, "EUR")), ("211", Money(-1, "EUR")), ("211", Money(100, "USD"))],
)
def test_an_amount_that_does_not_fit_is_refused(invoice: Invoice, code: str, amount: Money) -> None:
    (taken,) = hear(invoice, code, amount=amount)

    assert isinstance(taken.refusal, einvoice.AmountUnfit)
    assert "F-1" in str(taken.refusal)
    assert not EInvoiceStatus.objects.exists()
    assert standing() == []


def test_one_refusal_leaves_the_others_alone(invoice: Invoice) -> None:
    future = Said(invoice, "210", AT + timedelta(days=9))

    refused, kept = take([future, Said(invoice, "208", AT)])

    assert (refused.status, kept.is_new) == (None, True)
    assert standing() == [("einvoice_status", "208", None)]


# The timeline


def test_each_status_stands_in_the_timeline_with_what_it_did(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        hear(invoice, "205", at=AT)
        hear(invoice, "207", at=ago(3), reason_code="QTE_ERR", reason="M. Dupont le dit")

    with tenant_transaction(acme.pk):
        events = TimelineEvent.objects.filter(kind="dunning.einvoice_status_received")
        told = [event.data for event in events.order_by("position")]
    assert [(data["code"], data["acts"]) for data in told] == [("205", True), ("207", False)]
    assert told[1]["reason_code"] == "QTE_ERR"
    assert "Dupont" not in str(told)


# The database


def test_a_status_is_never_changed_or_removed(invoice: Invoice) -> None:
    hear(invoice, "205")

    for change in (
        lambda: EInvoiceStatus.objects.update(code="210"),
        lambda: EInvoiceStatus.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            change()

    assert EInvoiceStatus.objects.get().code == "205"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"code": "299"}, "einvoice_status_code_known"),
        ({"amount_minor": 5}, "einvoice_status_amount_has_currency"),
        ({"event_id": "ev-1"}, "einvoice_event_taken_in_once"),
        ({"at": AT}, "einvoice_status_without_event_taken_in_once"),
    ],
)
def test_the_database_refuses_what_must_not_be(
    invoice: Invoice, values: dict[str, Any], constraint: str
) -> None:
    hear(invoice, "205", at=AT)
    hear(invoice, "205", at=ago(1), event_id="ev-1")
    row = {"code": "205", "at": ago(2), "source": "api", "received_at": AT, **values}

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        EInvoiceStatus.objects.create(organization=invoice.organization, invoice=invoice, **row)


def test_the_newest_status_of_each_invoice_is_found_in_one_query(
    inside_acme: Organization,
) -> None:
    first, second, third = (make.invoice(inside_acme) for _ in range(3))
    take([Said(first, "205", ago(1)), Said(first, "210", ago(5)), Said(second, "203", ago(2))])

    with CaptureQueriesContext(connection) as queries:
        newest = EInvoiceStatus.objects.newest_of([first.pk, second.pk, third.pk])

    assert {key: found.code for key, found in newest.items()} == {first.pk: "205", second.pk: "203"}
    assert len(queries) == 1


def test_evidence_of_many_invoices_is_taken_in_by_a_fixed_number_of_queries(
    inside_acme: Organization,
) -> None:
    invoices = [make.invoice(inside_acme) for _ in range(40)]
    few = [Said(one, "203", AT) for one in invoices[:2]]
    many = [Said(one, "203", AT) for one in invoices[2:]]

    with CaptureQueriesContext(connection) as first:
        take(few)
    with CaptureQueriesContext(connection) as second:
        take(many)

    assert len(second) == len(first)

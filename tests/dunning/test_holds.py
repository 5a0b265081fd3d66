"""What a hold covers: an instalment, a part of an amount; and that it ends by itself."""

from datetime import date, timedelta

import pytest

from common.money import Money
from common.tenancy import tenant_transaction
from dunning import composing, delivery, holds, planning, waiting
from dunning.models import Act, Call, Hold, Message
from invoices import settlement
from invoices.models import Instalment, Invoice
from organizations.models import Organization, TimelineEvent
from tests import make

FRIDAY = make.ON
AT = make.AT


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def contest(invoice: Invoice, minor: int | None) -> Hold:
    contested = None if minor is None else eur(minor)
    return holds.dispute(invoice, category="price", reason="", contested=contested, at=AT)


def asked_on(organization: Organization, on: date) -> list[tuple[str, int]]:
    """Return what the round of a day asks for: numbers and minor units."""
    planning.follow_up(organization, on=on, at=AT)
    messages = Message.objects.filter(written_on=on).order_by("pk")
    found = []
    for message in messages:
        acts = list(message.acts.select_related("instalment__invoice").order_by("pk"))
        numbers = " ".join(act.instalment.invoice.number for act in acts)
        found.append((numbers, composing.total(message, acts).minor))
    return found


def test_the_rest_of_an_invoice_that_is_contested_in_part_is_still_asked_for(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, number="F-1", amounts={"2026-02-04": 120_000})
    contest(invoice, 30_000)

    assert asked_on(inside_acme, FRIDAY) == [("F-1", 90_000)]


def test_a_message_names_what_is_set_aside_and_asks_for_the_rest(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, number="F-1", amounts={"2026-02-04": 120_000})
    contest(invoice, 30_000)
    planning.follow_up(inside_acme, on=FRIDAY, at=AT)
    message = Message.objects.get()

    delivery.claim(message.pk, at=AT)

    message.refresh_from_db()
    assert message.total_minor == 90_000
    assert "Contesté, non réclamé ici : 300,00" in message.text.replace("\u00a0", " ")
    assert "1 200,00" in message.text.replace("\u202f", " ").replace("\u00a0", " ")


def test_nothing_is_asked_for_once_the_contested_part_is_all_that_is_left(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, number="F-1", amounts={"2026-02-04": 120_000})
    contest(invoice, 30_000)
    settlement.settle(Invoice.objects.locked().get(pk=invoice.pk), eur(90_000), on=FRIDAY)

    assert [blocker.kind for blocker in planning.why_not(invoice, on=FRIDAY)] == ["dispute"]
    assert asked_on(inside_acme, FRIDAY) == []


def test_a_part_payment_does_not_end_a_dispute_and_its_end_asks_for_all(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, number="F-1", amounts={"2026-02-04": 120_000})
    hold = contest(invoice, 30_000)
    settlement.settle(Invoice.objects.locked().get(pk=invoice.pk), eur(100_000), on=FRIDAY)
    assert Hold.objects.standing(on=FRIDAY).get() == hold

    holds.end(hold, at=AT)

    assert asked_on(inside_acme, FRIDAY) == [("F-1", 20_000)]
    assert Instalment.objects.get().contested_minor == 0


@pytest.mark.parametrize("minor", [0, -100, 120_001])
def test_what_is_not_owed_cannot_be_contested(inside_acme: Organization, minor: int) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 120_000})

    with pytest.raises(holds.OverContested):
        contest(invoice, minor)

    assert not Hold.objects.exists()


def test_all_of_an_invoice_contested_is_the_invoice_on_hold(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 120_000})

    hold = contest(invoice, 120_000)

    assert (hold.instalment_id, hold.held_minor) == (None, None)
    assert asked_on(inside_acme, FRIDAY) == []


def test_of_several_instalments_the_first_that_owes_more_is_contested(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(
        inside_acme, number="F-1", amounts={"2026-02-02": 10_000, "2026-02-04": 50_000}
    )

    hold = contest(invoice, 20_000)

    assert hold.instalment is not None
    assert hold.instalment.due_on == date(2026, 2, 4)
    assert asked_on(inside_acme, FRIDAY) == [("F-1 F-1", 10_000 + 30_000)]


def test_an_instalment_may_be_quiet_while_the_others_are_asked_for(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(
        inside_acme, number="F-1", amounts={"2026-02-02": 10_000, "2026-02-04": 50_000}
    )
    late = invoice.instalments.get(due_on="2026-02-04")

    holds.pause_invoice(
        invoice, instalment=late, until=FRIDAY + timedelta(days=30), reason="", at=AT
    )

    assert asked_on(inside_acme, FRIDAY) == [("F-1", 10_000)]


def test_a_call_asks_for_what_is_not_contested(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme, email="", phone="0140447120")
    invoice = make.invoice(inside_acme, customer=customer, amounts={"2026-02-02": 5_000})
    planning.follow_up(inside_acme, on=FRIDAY, at=AT)
    contest(invoice, 2_000)

    call = waiting.calls(on=FRIDAY).prefetch_related(waiting.with_asked(on=FRIDAY)).get()
    queue = waiting.in_order(Call.objects.open(), on=FRIDAY, at=AT)

    assert composing.total(call, call.asked_acts) == eur(3_000)
    assert [vars(row)["asked"] for row in queue] == [3_000]


def test_a_hold_that_is_over_is_closed_and_says_so_once(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="F-1")
        hold = holds.pause_invoice(invoice, until=FRIDAY, reason="", at=AT)
        for days in (0, 1, 2):
            planning.follow_up(acme, on=FRIDAY + timedelta(days=days), at=AT)

    with tenant_transaction(acme.pk):
        hold.refresh_from_db()
        events = TimelineEvent.objects.filter(kind="dunning.hold_lapsed")
        assert hold.ended_at == AT
        assert [(event.invoice_id, event.data) for event in events] == [
            (invoice.pk, {"kind": "pause"})
        ]


def test_the_day_that_why_not_names_is_the_day_it_goes(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, number="F-1")
    holds.pause_invoice(invoice, until=date(2026, 2, 24), reason="fair", at=AT)

    (blocker,) = planning.why_not(invoice, on=FRIDAY)
    following = planning.next_act(invoice, on=FRIDAY)

    assert blocker.until == date(2026, 2, 24)
    assert following is not None
    assert following[0] == date(2026, 2, 25)
    assert asked_on(inside_acme, date(2026, 2, 24)) == []
    assert asked_on(inside_acme, date(2026, 2, 25)) == [("F-1", 120_000)]
    assert Act.objects.get().rule == following[1].rule

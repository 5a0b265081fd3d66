from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from common.money import Money
from common.tenancy import tenant_transaction
from dunning import delivery, holds, planning
from dunning.models import Act, Hold, Message, Task
from invoices.models import Customer, Invoice
from organizations import files
from organizations.models import Organization, TimelineEvent
from payments import allocation
from reconciliation import importing, matching
from reconciliation.gate import held_by
from reconciliation.importing import Upload
from reconciliation.matching import match_by_hand, match_new, unmatch
from reconciliation.models import BankTransaction, PastPayment, ProbablePayment
from tests import make, ofx
from tests.make import AT, ON

LATER = AT + timedelta(days=20)


def bank(organization: Organization, *lines: str, at: datetime = AT) -> list[BankTransaction]:
    """Take in a statement, match what is sure, and return all lines that wait."""
    importing.import_statement(organization, Upload("x.ofx", ofx.statement(*lines)), at=at)
    match_new(organization, at=at)
    return list(BankTransaction.objects.to_clear().order_by("pk"))


def standing(*, on: date = ON) -> list[str]:
    """Return the numbers of the invoices that are held for a bank line."""
    held = Hold.objects.standing(on=on).filter(kind=Hold.Kind.PROBABLE_PAYMENT)
    return sorted(held.values_list("invoice__number", flat=True))


def why_ended() -> list[str]:
    return sorted(
        Hold.objects.filter(ended_at__isnull=False).values_list("ended_because", flat=True)
    )


def dupont(organization: Organization) -> Customer:
    return make.a_customer(organization, "Dupont Menuiserie")


def unsure(amount: str = "700.00") -> str:
    """Write a line of Dupont's that no rule can decide."""
    return ofx.line("2026-02-10", amount, "VIR DUPONT MENUISERIE")


def test_an_unsure_line_holds_what_it_could_pay_and_asks_a_person(
    inside_acme: Organization,
) -> None:
    customer = dupont(inside_acme)
    first = make.invoice(inside_acme, number="FA-1", customer=customer)
    make.invoice(inside_acme, customer=make.a_customer(inside_acme, "Garage Lefebvre"))

    (line,) = bank(inside_acme, unsure())

    hold = Hold.objects.get()
    assert (hold.invoice_id, hold.customer_id) == (first.pk, customer.pk)
    assert (hold.kind, hold.since, hold.until) == ("probable_payment", ON, date(2026, 2, 27))
    assert "10/02/2026" in hold.reason
    assert "700" in hold.reason
    assert "DUPONT" in hold.reason
    task = Task.objects.get()
    assert (task.kind, task.invoice_id, task.customer_id) == (
        "check_payment",
        first.pk,
        customer.pk,
    )
    assert (task.due_on, task.owner_id, task.done_at) == (date(2026, 2, 17), None, None)
    assert line.task_id == task.pk
    assert held_by(line, on=ON) == [first]


def test_asked_again_it_holds_and_asks_once(inside_acme: Organization) -> None:
    make.invoice(inside_acme, customer=dupont(inside_acme))
    bank(inside_acme, unsure())

    match_new(inside_acme, at=AT)
    match_new(inside_acme, at=LATER)

    assert Hold.objects.count() == ProbablePayment.objects.count() == Task.objects.count() == 1


def test_one_line_and_invoice_have_one_tie_by_the_database_itself(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, customer=dupont(acme))
        bank(acme, unsure())
        tie = ProbablePayment.objects.get()
        hold = Hold.objects.get()
        hold.pk = None
        hold.save(force_insert=True)

        with pytest.raises(IntegrityError, match="once_per_line_and_invoice"):
            with transaction.atomic():
                ProbablePayment.objects.create(
                    organization=acme,
                    transaction_id=tie.transaction_id,
                    invoice_id=tie.invoice_id,
                    hold=hold,
                    why="payer",
                )


def test_a_name_that_paid_before_makes_the_payer_known(inside_acme: Organization) -> None:
    first = make.invoice(inside_acme, number="FA-2026-0071")
    make.invoice(inside_acme, number="FA-2026-0072", customer=first.customer)
    named = ofx.line("2026-02-09", "1200.00", "FA-2026-0071").replace("VIR SEPA RECU", "HOLDING X")
    bank(inside_acme, named)

    bank(inside_acme, ofx.line("2026-02-10", "7.00", "?").replace("VIR SEPA RECU", "HOLDING X"))

    assert standing() == ["FA-2026-0072"]


def test_an_account_that_paid_before_makes_the_payer_known(inside_acme: Organization) -> None:
    iban = "FR7630006000011234567890189"
    by_owner = make.invoice(inside_acme, number="FA-1")
    Customer.objects.filter(pk=by_owner.customer_id).update(ibans=[iban])
    by_past = make.invoice(inside_acme, number="FA-2")
    file = files.keep("x.csv", b"x", at=AT)
    PastPayment.objects.create(
        organization=inside_acme, file=file, customer=by_past.customer, identity="1",
        paid_on=ON, amount_minor=1, currency="EUR", payer_iban=iban,
    )  # fmt: skip

    bank(inside_acme, ofx.line("2026-02-10", "7.00", "VIR DE FR76 3000 6000 0112 3456 7890 189"))

    assert standing() == ["FA-1", "FA-2"]


def test_what_the_bank_only_calls_a_transfer_is_nobodys_name(inside_acme: Organization) -> None:
    first = make.invoice(inside_acme, number="FA-2026-0071")
    make.invoice(inside_acme, number="FA-2026-0072", customer=first.customer)
    bank(inside_acme, ofx.line("2026-02-09", "1200.00", "FA-2026-0071"))

    bank(inside_acme, ofx.line("2026-02-10", "7.00", "REMBOURSEMENT ASSURANCE"))

    assert standing() == []


def test_a_line_older_than_two_months_holds_nobody(inside_acme: Organization) -> None:
    make.invoice(inside_acme, customer=dupont(inside_acme), issued_on=date(2025, 11, 1))

    bank(inside_acme, ofx.line("2025-12-10", "700.00", "VIR DUPONT MENUISERIE"))

    assert standing() == []
    assert not Task.objects.exists()


def test_a_match_by_a_person_ends_the_holds_and_does_the_task(inside_acme: Organization) -> None:
    customer = dupont(inside_acme)
    make.invoice(inside_acme, number="FA-1", customer=customer)
    other = make.invoice(inside_acme, number="FA-2", customer=customer)
    (line,) = bank(inside_acme, unsure("1700.00"))
    assert standing() == ["FA-1", "FA-2"]

    match_by_hand(line, {other.pk: Money(120_000, "EUR")}, at=LATER)

    assert standing() == []
    assert why_ended() == ["decided", "paid"]
    task = Task.objects.get()
    assert (task.done_at, task.done_because) == (LATER, "decided")


def test_a_line_set_aside_ends_the_holds_and_does_the_task(inside_acme: Organization) -> None:
    make.invoice(inside_acme, customer=dupont(inside_acme))
    (line,) = bank(inside_acme, unsure())

    matching.mark_not_customer(line, at=LATER)

    assert (standing(), why_ended()) == ([], ["decided"])
    assert Task.objects.get().done_because == "decided"


def test_an_undone_line_holds_and_asks_anew(inside_acme: Organization) -> None:
    make.invoice(inside_acme, number="FA-1", customer=dupont(inside_acme))
    (line,) = bank(inside_acme, unsure())
    matching.mark_not_customer(line, at=AT)

    unmatch(line, at=AT)

    assert standing() == ["FA-1"]
    assert (Hold.objects.count(), ProbablePayment.objects.count()) == (2, 1)
    assert Task.objects.open().get() == BankTransaction.objects.get().task


def test_an_invoice_paid_by_other_money_is_not_held_any_more(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, customer=dupont(inside_acme))
    bank(inside_acme, unsure())
    money = make.payment(inside_acme, minor=120_000, customer=invoice.customer)

    allocation.allocate(money, {invoice.pk: Money(120_000, "EUR")}, at=LATER)

    assert why_ended() == ["paid"]
    assert Task.objects.open().count() == 1  # the line still waits


def test_what_a_line_does_not_fit_any_more_is_let_go(inside_acme: Organization) -> None:
    customer = dupont(inside_acme)
    first = make.invoice(inside_acme, number="FA-1", customer=customer)
    make.invoice(inside_acme, number="FA-2", customer=customer, amounts={"2026-02-06": 70_000})
    bank(inside_acme, unsure("1200.00"))
    assert standing() == ["FA-1"]
    money = make.payment(inside_acme, minor=50_000, customer=customer)

    allocation.allocate(money, {first.pk: Money(50_000, "EUR")}, at=LATER)
    match_new(inside_acme, at=AT)

    # 700.00 is left on each: only oldest first is known now.
    assert standing() == ["FA-1", "FA-2"]


def test_a_hold_that_a_person_ended_is_not_placed_again(inside_acme: Organization) -> None:
    make.invoice(inside_acme, customer=dupont(inside_acme))
    bank(inside_acme, unsure())

    holds.end(Hold.objects.get(), at=AT)
    match_new(inside_acme, at=AT)

    assert standing() == []


def test_a_hold_runs_out_when_nobody_looks_and_the_task_stays(inside_acme: Organization) -> None:
    make.invoice(inside_acme, customer=dupont(inside_acme))
    bank(inside_acme, unsure())

    match_new(inside_acme, at=LATER)

    assert standing(on=date(2026, 2, 27)) != []
    assert standing(on=date(2026, 2, 28)) == []
    assert Task.objects.open().count() == 1


def test_one_line_never_silences_a_whole_book(inside_acme: Organization) -> None:
    customer = dupont(inside_acme)
    for _ in range(15):
        make.invoice(inside_acme, customer=customer, amounts={"2026-02-04": 70_000})

    bank(inside_acme, unsure())

    assert len(standing()) == 10
    assert "5" in Task.objects.get().reason


def test_the_number_of_queries_does_not_follow_the_lines(
    inside_acme: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    lines = []
    for number in range(30):
        customer = make.a_customer(inside_acme, f"Menuiserie Nantaise{number:02}")
        make.invoice(inside_acme, customer=customer)
        lines.append(ofx.line("2026-02-10", "700.00", f"VIR MENUISERIE NANTAISE{number:02}"))
    importing.import_statement(inside_acme, Upload("x.ofx", ofx.statement(*lines)), at=AT)

    with django_assert_max_num_queries(26):
        match_new(inside_acme, at=AT)

    assert len(standing()) == 30


def test_placing_and_ending_are_remembered_with_the_invoice(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, customer=dupont(acme))
        (line,) = bank(acme, unsure())
        matching.mark_not_customer(line, at=AT)

    with tenant_transaction(acme.pk):
        told = TimelineEvent.objects.filter(kind__startswith="dunning.").order_by("position")
        assert [(event.kind, event.invoice_id) for event in told] == [
            ("dunning.hold_placed", invoice.pk),
            ("dunning.task_opened", invoice.pk),
            ("dunning.hold_ended", invoice.pk),
            ("dunning.task_done", invoice.pk),
        ]
        ended = told.get(kind="dunning.hold_ended")
        assert ended.data == {"kind": "probable_payment", "because": "decided"}


def follow_up(organization: Organization, day: str) -> list[int]:
    on = date.fromisoformat(day)
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    with tenant_transaction(organization.pk):
        organization.refresh_from_db()
        return planning.follow_up(organization, on=on, at=at).message_ids


def test_a_reminder_that_is_queued_does_not_leave_once_an_unsure_line_arrives(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="FA-1", customer=dupont(acme))
    (message_id,) = follow_up(acme, "2026-02-12")
    with tenant_transaction(acme.pk):
        acme.refresh_from_db()
        bank(acme, unsure())

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    assert mail.outbox == []
    with tenant_transaction(acme.pk):
        message = Message.objects.get(pk=message_id)
        assert (message.state, message.failure) == ("cancelled", "settled_or_held")
        assert not Act.objects.exists()
        dropped = TimelineEvent.objects.get(kind="dunning.act_dropped")
        assert (dropped.invoice_id, dropped.about["message"]) == (invoice.pk, message_id)
        assert dropped.data["because"] == "probable_payment"
        assert dropped.data["rule"].startswith("D+7")


def test_only_the_invoice_that_may_be_paid_is_left_out_of_a_reminder(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        customer = dupont(acme)
        make.invoice(acme, number="FA-2026-0001", customer=customer)
        kept = make.invoice(
            acme, number="FA-2026-0002", customer=customer, amounts={"2026-02-04": 98_700}
        )
    (message_id,) = follow_up(acme, "2026-02-12")
    with tenant_transaction(acme.pk):
        acme.refresh_from_db()
        bank(acme, ofx.line("2026-02-10", "300.00", "ACOMPTE FA 2026 0001"))

    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)

    (sent,) = mail.outbox
    assert "FA-2026-0002" in str(sent.body)
    assert "FA-2026-0001" not in str(sent.body)
    with tenant_transaction(acme.pk):
        assert Act.objects.get().instalment.invoice_id == kept.pk


def test_the_reminder_leaves_after_all_once_the_line_is_somebody_elses(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-1", customer=dupont(acme))
    (message_id,) = follow_up(acme, "2026-02-12")
    with tenant_transaction(acme.pk):
        acme.refresh_from_db()
        (line,) = bank(acme, unsure())
    delivery.deliver(message_id, organization_id=acme.pk, clock=lambda: AT)
    held = follow_up(acme, "2026-02-13")
    with tenant_transaction(acme.pk):
        matching.mark_not_customer(line, at=AT)

    (again,) = follow_up(acme, "2026-02-17")
    delivery.deliver(again, organization_id=acme.pk, clock=lambda: AT)

    assert held == []
    assert len(mail.outbox) == 1


def test_why_not_names_the_line_and_the_day_on_which_it_ends(inside_acme: Organization) -> None:
    invoice: Any = make.invoice(inside_acme, customer=dupont(inside_acme))
    bank(inside_acme, unsure())
    invoice = Invoice.objects.with_instalments().get(pk=invoice.pk)

    document = planning.next_document(invoice, on=ON)

    (blocker,) = document["blockers"]
    assert (blocker["kind"], blocker["until"]) == ("probable_payment", "2026-02-27")
    assert "DUPONT" in blocker["reason"]
    assert document["date"] == "2026-03-02"

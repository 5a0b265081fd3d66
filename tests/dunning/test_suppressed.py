"""What is not said after all is in the history, with the rule that had asked for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from common.tenancy import tenant_transaction
from dunning import delivery, holds, planning
from dunning.models import Message
from invoices import settlement
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from tests import make

FRIDAY, AT = make.ON, make.AT


def follow_up(organization: Organization, days: int = 0) -> None:
    with tenant_transaction(organization.pk):
        planning.follow_up(organization, on=FRIDAY + timedelta(days=days), at=AT)


def pay(invoice: Invoice) -> None:
    with tenant_transaction(invoice.organization_id):
        locked = Invoice.objects.locked().get(pk=invoice.pk)
        settlement.settle(locked, locked.balance, on=FRIDAY)


def said(organization: Organization, kind: str) -> list[tuple[int | None, str, str]]:
    """Return invoice, rule and reason of the events of a kind."""
    with tenant_transaction(organization.pk):
        found = TimelineEvent.objects.filter(kind=kind).order_by("position")
        return [(e.invoice_id, e.data["rule"], e.data.get("reason", "")) for e in found]


EMAIL = "D+7 courteous email, caught up"


def test_an_invoice_paid_before_its_message_leaves_is_taken_out_of_it(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        first = make.invoice(acme, number="F-1")
        make.invoice(acme, number="F-2", customer=first.customer)
    follow_up(acme)
    pay(first)

    with tenant_transaction(acme.pk):
        delivery.claim(Message.objects.get().pk, at=AT)

    assert said(acme, "dunning.act_dropped") == [(first.pk, EMAIL, "")]


def _hold(invoice: Invoice) -> None:
    with tenant_transaction(invoice.organization_id):
        holds.dispute(invoice, category="price", reason="", at=AT)


@pytest.mark.parametrize("stop", [pay, _hold], ids=["paid", "held"])
def test_a_message_with_nothing_left_to_say_is_cancelled_with_its_rule(
    acme: Organization, stop: Callable[[Invoice], None]
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    follow_up(acme)
    stop(invoice)

    with tenant_transaction(acme.pk):
        delivery.claim(Message.objects.get().pk, at=AT)

    assert said(acme, "dunning.act_dropped") == [(invoice.pk, EMAIL, "")]


def test_a_call_for_what_was_paid_is_taken_off_the_list_with_its_rule(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, email="", phone="0140447120")
        invoice = make.invoice(acme, customer=customer)
    follow_up(acme, days=3)
    pay(invoice)

    follow_up(acme, days=4)

    assert said(acme, "dunning.call_cancelled") == [
        (invoice.pk, "D+10 courteous call, after the weekend", "paid")
    ]


def test_a_reminder_nobody_approved_gives_way_to_the_next_with_its_rule(
    acme: Organization,
) -> None:
    acme.approval_until = FRIDAY + timedelta(days=60)
    acme.save()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)

    for days in range(30):
        follow_up(acme, days=days)

    assert said(acme, "dunning.message_cancelled")[0] == (invoice.pk, EMAIL, "overtaken")


def test_a_reminder_nobody_approved_before_it_was_paid_is_let_go_with_its_rule(
    acme: Organization,
) -> None:
    acme.approval_until = FRIDAY + timedelta(days=60)
    acme.save()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
    follow_up(acme)
    pay(invoice)

    follow_up(acme, days=3)

    assert said(acme, "dunning.message_cancelled") == [(invoice.pk, EMAIL, "paid")]

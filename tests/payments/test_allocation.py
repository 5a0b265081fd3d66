from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from common.errors import DomainError
from common.money import CurrencyMismatch, Money
from common.tenancy import tenant_transaction
from invoices.models import Instalment, Invoice
from invoices.settlement import OverSettled
from organizations.models import Organization, TimelineEvent
from payments import allocation
from payments.allocation import (
    NotPositive,
    OverAllocated,
    PaymentUndone,
    Rule,
    UnknownInvoice,
    allocate,
    allocate_automatically,
    record,
    undo,
)
from payments.models import Allocation, Payment
from tests import make
from tests.concurrency import at_once
from tests.make import AT, ON


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def state(invoice: Invoice) -> list[tuple[int, int, date | None]]:
    """Return what is settled of each instalment, its cycle and the day it was settled."""
    parts = Instalment.objects.filter(invoice=invoice).order_by("due_on")
    return [(part.settled_minor, part.cycle, part.settled_on) for part in parts]


def test_a_recorded_payment_settles_nothing_yet(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme)

    payment = record(
        customer,
        eur(12_050),
        received_on=ON,
        method=Payment.Method.CHEQUE,
        source=Payment.Source.MANUAL,
        reference="7712",
        at=AT,
    )

    payment.refresh_from_db()
    assert (payment.amount, payment.unallocated) == (eur(12_050), eur(12_050))
    assert (payment.method, payment.reference, payment.received_on) == ("cheque", "7712", ON)


@pytest.mark.parametrize("minor", [0, -100])
def test_nothing_is_not_recorded(inside_acme: Organization, minor: int) -> None:
    customer = make.a_customer(inside_acme)

    with pytest.raises(NotPositive):
        record(
            customer,
            eur(minor),
            received_on=ON,
            method=Payment.Method.CASH,
            source=Payment.Source.MANUAL,
            at=AT,
        )

    assert not Payment.objects.exists()


def test_part_payment_settles_the_instalment_due_first(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 70_000, "2026-03-04": 50_000})
    payment = make.payment(inside_acme, minor=80_000)

    allocate(payment, {invoice.pk: eur(80_000)}, at=AT)

    assert state(invoice) == [(70_000, 1, ON), (10_000, 1, None)]
    assert payment.unallocated == eur(0)


def test_the_rest_of_a_payment_stays_the_customers_credit(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 70_000})
    payment = make.payment(inside_acme, minor=80_000)

    allocate(payment, {invoice.pk: eur(70_000)}, at=AT)

    payment.refresh_from_db()
    assert payment.unallocated == eur(10_000)


def test_it_is_settled_on_the_day_it_is_in_the_organizations_zone(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme)
    payment = make.payment(inside_acme, minor=120_000)
    late_evening = AT.replace(hour=23, minute=30)  # half past midnight in Paris

    allocate(payment, {invoice.pk: eur(120_000)}, at=late_evening)

    assert state(invoice) == [(120_000, 1, date(2026, 2, 14))]


def test_more_than_the_balance_is_refused_and_nothing_is_kept(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        one = make.invoice(acme, amounts={"2026-02-04": 10_000})
        two = make.invoice(acme, amounts={"2026-02-04": 10_000})
        payment = make.payment(acme, minor=30_000)

    with pytest.raises(OverSettled), tenant_transaction(acme.pk):
        allocate(payment, {one.pk: eur(10_000), two.pk: eur(10_001)}, at=AT)

    with tenant_transaction(acme.pk):
        payment.refresh_from_db()
        assert (state(one), state(two)) == ([(0, 1, None)], [(0, 1, None)])
        assert payment.unallocated == eur(30_000)
        assert not Allocation.objects.exists()
        assert not TimelineEvent.objects.filter(kind="payments.payment_allocated").exists()


def test_more_than_the_payment_is_refused(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    payment = make.payment(inside_acme, minor=10_000)

    with pytest.raises(OverAllocated) as refusal:
        allocate(payment, {invoice.pk: eur(10_001)}, at=AT)

    assert refusal.value.facts == {"unallocated": "100.00"}
    assert state(invoice) == [(0, 1, None)]
    assert not Allocation.objects.exists()


@pytest.mark.parametrize("minor", [0, -1])
def test_a_part_of_nothing_is_refused(inside_acme: Organization, minor: int) -> None:
    invoice = make.invoice(inside_acme)
    payment = make.payment(inside_acme, minor=10_000)

    with pytest.raises(NotPositive):
        allocate(payment, {invoice.pk: eur(minor)}, at=AT)

    assert not Allocation.objects.exists()


def test_another_currency_is_refused(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, currency="USD")
    payment = make.payment(inside_acme, minor=120_000)

    with pytest.raises(CurrencyMismatch):
        allocate(payment, {invoice.pk: eur(120_000)}, at=AT)
    with pytest.raises(CurrencyMismatch):
        allocate(payment, {invoice.pk: Money(120_000, "USD")}, at=AT)

    assert not Allocation.objects.exists()


def test_another_organizations_invoice_is_as_absent_as_none(
    acme: Organization, other: Organization
) -> None:
    with tenant_transaction(other.pk):
        theirs = make.invoice(other)

    with tenant_transaction(acme.pk):
        payment = make.payment(acme, minor=120_000)
        with pytest.raises(UnknownInvoice):
            allocate(payment, {theirs.pk: eur(100)}, at=AT)

    with tenant_transaction(other.pk):
        assert state(theirs) == [(0, 1, None)]


def test_a_group_may_pay_for_its_companies(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, customer=make.a_customer(acme, "Filiale"))
        payment = make.payment(acme, minor=120_000, customer=make.a_customer(acme, "Groupe"))

        allocate(payment, {invoice.pk: eur(120_000)}, at=AT)

    with tenant_transaction(acme.pk):
        assert TimelineEvent.objects.get(kind="payments.payment_allocated").about == {
            "customer": invoice.customer_id,
            "invoice": invoice.pk,
            "payment": payment.pk,
        }


def test_undo_gives_back_exactly_what_was_settled(inside_acme: Organization) -> None:
    before = make.payment(inside_acme, minor=30_000)
    invoice = make.invoice(inside_acme, amounts={"2026-02-04": 70_000, "2026-03-04": 50_000})
    second = make.invoice(inside_acme, amounts={"2026-02-04": 10_000})
    allocate(before, {invoice.pk: eur(30_000)}, at=AT)
    payment = make.payment(inside_acme, minor=100_000)
    allocate(payment, {invoice.pk: eur(90_000), second.pk: eur(9_999)}, at=AT)

    undo(payment, at=AT)

    assert state(invoice) == [(30_000, 2, None), (0, 2, None)]
    assert state(second) == [(0, 1, None)]  # it never was settled in full: no new cycle
    assert Invoice.objects.get(pk=invoice.pk).balance == eur(90_000)
    payment.refresh_from_db()
    assert (payment.allocated_minor, payment.undone_at) == (0, AT)
    amounts = payment.allocations.order_by("pk").values_list("amount_minor", flat=True)
    assert list(amounts) == [90_000, 9_999, -90_000, -9_999]


def test_a_payment_is_undone_once(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    payment = make.payment(inside_acme, minor=120_000)
    allocate(payment, {invoice.pk: eur(50_000)}, at=AT)
    undo(payment, at=AT)

    with pytest.raises(PaymentUndone):
        undo(payment, at=AT)
    with pytest.raises(PaymentUndone):
        allocate(payment, {invoice.pk: eur(50_000)}, at=AT)

    assert payment.allocations.count() == 2
    assert state(invoice) == [(0, 1, None)]


@pytest.mark.parametrize("rule", list(Rule))
def test_a_payment_without_a_wish_settles_what_fell_due_first(
    inside_acme: Organization, rule: Rule
) -> None:
    customer = make.a_customer(inside_acme)
    later = make.invoice(inside_acme, customer=customer, amounts={"2026-03-04": 30_000})
    first = make.invoice(inside_acme, customer=customer, amounts={"2026-01-04": 50_000})
    not_his = make.invoice(inside_acme, amounts={"2025-01-04": 50_000})
    payment = make.payment(inside_acme, minor=60_000, customer=customer)

    allocate_automatically(payment, rule, at=AT)

    assert state(first) == [(50_000, 1, ON)]
    assert state(later) == [(10_000, 1, None)]
    assert state(not_his) == [(0, 1, None)]


def test_a_payment_above_all_that_is_owed_leaves_a_credit(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, amounts={"2026-01-04": 50_000})
    payment = make.payment(inside_acme, minor=60_000, customer=invoice.customer)

    allocate_automatically(payment, Rule.LEGAL, at=AT)

    payment.refresh_from_db()
    assert payment.unallocated == eur(10_000)


def test_what_happened_is_remembered(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        payment = record(
            invoice.customer,
            eur(120_000),
            received_on=ON,
            method=Payment.Method.TRANSFER,
            source=Payment.Source.API,
            at=AT,
        )
        allocate(payment, {invoice.pk: eur(120_000)}, at=AT)
        undo(payment, at=AT)

    with tenant_transaction(acme.pk):
        events = TimelineEvent.objects.filter(kind__startswith="payments.").order_by("position")
        assert [(event.kind, event.data["minor"], event.invoice_id) for event in events] == [
            ("payments.payment_recorded", 120_000, None),
            ("payments.payment_allocated", 120_000, invoice.pk),
            ("payments.payment_undone", -120_000, invoice.pk),
        ]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_spend_one_payment_one_is_refused() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        invoices = [make.invoice(acme, amounts={"2026-02-04": 50_000}) for _ in range(2)]
        payment = make.payment(acme, minor=50_000)

    def spend_on(invoice: Invoice) -> None:
        with tenant_transaction(acme.pk):
            mine = Payment.objects.get(pk=payment.pk)
            allocate(mine, {invoice.pk: eur(50_000)}, at=AT)

    refused = at_once(*(lambda invoice=one: spend_on(invoice) for one in invoices))

    assert refused == ["over_allocated"]
    with tenant_transaction(acme.pk):
        assert Allocation.objects.count() == 1
        assert sum(state(one)[0][0] for one in invoices) == 50_000


@pytest.mark.django_db(transaction=True)
def test_of_two_payments_of_one_invoice_one_is_refused() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, amounts={"2026-02-04": 50_000})
        payments = [make.payment(acme, minor=50_000) for _ in range(2)]

    def pay(payment: Payment) -> None:
        with tenant_transaction(acme.pk):
            allocate(payment, {invoice.pk: eur(50_000)}, at=AT)

    refused = at_once(*(lambda payment=one: pay(payment) for one in payments))

    assert refused == ["over_settled"]
    with tenant_transaction(acme.pk):
        assert state(invoice) == [(50_000, 1, ON)]
        assert Allocation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_undos_one_is_refused() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        payment = make.payment(acme, minor=120_000)
        allocate(payment, {invoice.pk: eur(120_000)}, at=AT)

    def take_back() -> None:
        with tenant_transaction(acme.pk):
            undo(Payment.objects.get(pk=payment.pk), at=AT)

    refused = at_once(take_back, take_back)

    assert refused == ["payment_undone"]
    with tenant_transaction(acme.pk):
        assert state(invoice) == [(0, 2, None)]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("pay"), st.integers(0, 2), st.integers(-5, 130)),
            st.tuples(st.just("undo"), st.integers(0, 5), st.just(0)),
        ),
        max_size=12,
    )
)
def test_what_is_settled_is_what_stands_allocated(
    acme: Organization, steps: list[tuple[str, int, int]]
) -> None:
    with tenant_transaction(acme.pk):
        invoices = [
            make.invoice(acme, amounts={"2026-02-04": 40, "2026-03-04": 60}) for _ in range(3)
        ]
    payments: list[Payment] = []

    for verb, which, minor in steps:
        try:
            with tenant_transaction(acme.pk):
                if verb == "pay":
                    payment = make.payment(acme, minor=100)
                    allocate(payment, {invoices[which].pk: eur(minor)}, at=AT)
                    payments.append(payment)
                elif which < len(payments):
                    undo(payments[which], at=AT)
        except DomainError:
            pass

    with tenant_transaction(acme.pk):
        for invoice in invoices:
            lines = Allocation.objects.filter(invoice=invoice)
            ledger = sum(line.amount_minor for line in lines)
            settled = [part[0] for part in state(invoice)]
            assert Invoice.objects.get(pk=invoice.pk).settled_minor == ledger == sum(settled)
            assert settled == [min(ledger, 40), max(ledger - 40, 0)]
        for payment in Payment.objects.filter(pk__in=[one.pk for one in payments]):
            used = sum(line.amount_minor for line in payment.allocations.all())
            assert payment.allocated_minor == used


def test_many_payments_are_applied_in_a_few_queries(
    inside_acme: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    invoices = [make.invoice(inside_acme) for _ in range(20)]
    orders = [
        allocation.Order(
            make.payment(inside_acme, minor=120_000, customer=invoice.customer),
            {invoice.pk: eur(120_000)},
        )
        for invoice in invoices
    ]

    with django_assert_max_num_queries(13):
        allocation.allocate_all(orders, at=AT)

    assert all(state(invoice) == [(120_000, 1, ON)] for invoice in invoices)

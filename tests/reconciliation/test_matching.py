from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from common.money import Money
from common.tenancy import tenant_transaction
from invoices import recording
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from payments import allocation
from payments.allocation import OverAllocated, PaymentUndone
from payments.models import Allocation, Payment
from reconciliation import exporting, importing, matching, tasks
from reconciliation.importing import Upload
from reconciliation.matching import (
    AlreadyDecided,
    NotACredit,
    NothingChosen,
    NotMatched,
    Outcome,
    match_by_hand,
    match_new,
    unmatch,
)
from reconciliation.models import BankAccount, BankTransaction, Match
from tests import make, ofx
from tests.concurrency import at_once
from tests.make import AT


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def bank(organization: Organization, *lines: str) -> list[BankTransaction]:
    """Take in a statement and return its lines in the order of the file."""
    importing.import_statement(organization, Upload("x.ofx", ofx.statement(*lines)), at=AT)
    return list(BankTransaction.objects.order_by("pk"))


def balance(invoice: Invoice) -> int:
    return Invoice.objects.get(pk=invoice.pk).balance.minor


def test_a_line_that_names_an_invoice_and_costs_it_is_applied(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    bank(inside_acme, ofx.line("2026-02-10", "1200.00", "DUPONT FA 2026 0071"))

    outcome = match_new(inside_acme, at=AT)

    line = BankTransaction.objects.get()
    assert outcome == Outcome(applied=1, suggested=0, unmatched=0)
    assert (line.state, line.method) == ("applied", "reference")
    assert balance(invoice) == 0
    payment = Payment.objects.get()
    assert (payment.source, payment.customer_id) == ("bank", invoice.customer_id)
    assert payment.received_on == line.booked_on
    assert Match.objects.get().actor == "system"


def test_several_invoices_in_one_line_are_all_paid(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme)
    invoices = [make.invoice(inside_acme, customer=customer, number=f"FA-2026-{n}") for n in (1, 2)]
    bank(inside_acme, ofx.line("2026-02-10", "2400.00", "FA-2026-1 ET FA-2026-2"))

    match_new(inside_acme, at=AT)

    assert [balance(invoice) for invoice in invoices] == [0, 0]
    assert Payment.objects.get().unallocated == eur(0)


def test_what_is_left_to_pay_counts_not_the_total(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    part = make.payment(inside_acme, minor=20_000)
    allocation.allocate(part, {invoice.pk: eur(20_000)}, at=AT)
    bank(
        inside_acme,
        ofx.line("2026-02-10", "1200.00", "FA-2026-0071"),
        ofx.line("2026-02-10", "1000.00", "FA-2026-0071"),
    )

    outcome = match_new(inside_acme, at=AT)

    assert outcome == Outcome(applied=1, suggested=0, unmatched=1)
    assert BankTransaction.objects.get(state="applied").amount_minor == 100_000


def test_an_invoice_paid_twice_is_settled_once_by_the_older_line(
    inside_acme: Organization,
) -> None:
    make.invoice(inside_acme, number="FA-2026-0071")
    newer, older = bank(
        inside_acme,
        ofx.line("2026-02-11", "1200.00", "FA-2026-0071"),
        ofx.line("2026-02-10", "1200.00", "FA-2026-0071"),
    )

    outcome = match_new(inside_acme, at=AT)

    older.refresh_from_db()
    newer.refresh_from_db()
    assert outcome == Outcome(applied=1, suggested=0, unmatched=1)
    assert (older.state, newer.state) == ("applied", "unmatched")


def test_the_first_payment_of_an_invoice_is_the_one_that_paid_though_its_file_came_last(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="FA-2026-0071")
        bank(acme, ofx.line("2026-02-10", "1200.00", "DUPONT FA 2026 0071 AGAIN"))
        match_new(acme, at=AT)
    with tenant_transaction(acme.pk):
        bank(acme, ofx.line("2026-02-03", "1200.00", "DUPONT FA 2026 0071"))

        outcome = match_new(acme, at=AT)

        later, earlier = BankTransaction.objects.order_by("pk")
        assert outcome == Outcome(applied=1, suggested=0, unmatched=1)
        assert (earlier.state, later.state) == ("applied", "unmatched")
        payment = Payment.objects.get()
        assert (payment.received_on, payment.reference) == (earlier.booked_on, earlier.label)
        assert Match.objects.get(undone_at__isnull=True).transaction_id == earlier.pk
        part = invoice.instalments.get()
        assert (balance(invoice), part.cycle) == (0, 1)  # nothing was opened again
    with tenant_transaction(acme.pk):
        assert match_new(acme, at=AT).applied == 0


@pytest.mark.parametrize(
    ("day", "amount", "memo"),
    [
        ("2026-02-11", "1200.00", "DUPONT FA 2026 0071"),  # later still
        ("2026-02-03", "1199.00", "DUPONT FA 2026 0071"),
        ("2026-02-03", "1200.00", "DUPONT FA 2026 0071 FA 2026 0072"),
        ("2026-02-03", "1200.00", "DUPONT"),
    ],
)
def test_any_other_second_payment_is_left_to_people(
    inside_acme: Organization, day: str, amount: str, memo: str
) -> None:
    make.invoice(inside_acme, number="FA-2026-0071")
    make.invoice(inside_acme, number="FA-2026-0072")
    bank(inside_acme, ofx.line("2026-02-10", "1200.00", "DUPONT FA 2026 0071 X"))
    match_new(inside_acme, at=AT)
    bank(inside_acme, ofx.line(day, amount, memo))

    outcome = match_new(inside_acme, at=AT)

    assert outcome.applied == 0
    assert outcome.suggested + outcome.unmatched == 1
    assert Match.objects.get().undone_at is None


def test_what_a_person_matched_stays_as_he_said(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    (later,) = bank(inside_acme, ofx.line("2026-02-10", "1200.00", "DUPONT"))
    match_by_hand(later, {invoice.pk: eur(120_000)}, at=AT)
    bank(inside_acme, ofx.line("2026-02-03", "1200.00", "DUPONT FA 2026 0071"))

    assert match_new(inside_acme, at=AT).applied == 0


@pytest.mark.parametrize(
    ("amount", "memo"),
    [
        ("-1200.00", "RETOUR FA-2026-0071"),
        ("1199.99", "FA-2026-0071"),
        ("1200.00", "DUPONT"),
        ("1200.00", "FA-2026-0071 FA-2026-0072"),
        ("1200.00", "FA-2026-0071 AV-2026-7"),
        ("1200.00", "FA-2026-0073"),
    ],
)
def test_anything_less_is_left_to_people(inside_acme: Organization, amount: str, memo: str) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    paid = make.invoice(inside_acme, customer=invoice.customer, number="FA-2026-0072")
    allocation.allocate(make.payment(inside_acme, minor=120_000), {paid.pk: eur(120_000)}, at=AT)
    make.credit_note(invoice.customer, minor=500, number="AV-2026-7")
    ordered = make.invoice(inside_acme, customer=invoice.customer, number="FA-2026-0073")
    Invoice.objects.filter(pk=invoice.pk).update(order_number="FA-2026 0073")
    bank(inside_acme, ofx.line("2026-02-10", amount, memo))

    outcome = match_new(inside_acme, at=AT)

    assert outcome.applied == 0
    assert BankTransaction.objects.get().state != "applied"
    assert (balance(invoice), balance(ordered)) == (120_000, 120_000)
    assert not Match.objects.exists()


def test_an_account_that_does_not_apply_by_itself_only_suggests(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    bank(inside_acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))
    BankAccount.objects.update(applies_by_itself=False)

    outcome = match_new(inside_acme, at=AT)

    assert outcome == Outcome(applied=0, suggested=1, unmatched=0)
    assert balance(invoice) == 120_000
    assert not Payment.objects.exists()
    (document,) = exporting.documents()
    assert document["state"] == "suggested"
    assert document["allocations"] == [{"invoice": "FA-2026-0071", "amount": "1200.00"}]


def test_an_invoice_that_comes_after_its_payment_is_found(inside_acme: Organization) -> None:
    bank(inside_acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))
    before = match_new(inside_acme, at=AT)
    make.invoice(inside_acme, number="FA-2026-0071")

    after = match_new(inside_acme, at=AT)

    assert (before.applied, after.applied) == (0, 1)


def test_a_person_matches_a_line_and_the_rest_is_a_credit(inside_acme: Organization) -> None:
    one, two = (make.invoice(inside_acme, amounts={"2026-02-04": 50_000}) for _ in range(2))
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "900.00", "DUPONT"))

    payment = match_by_hand(line, {one.pk: eur(50_000), two.pk: eur(30_000)}, at=AT)

    assert (balance(one), balance(two)) == (0, 20_000)
    assert payment.unallocated == eur(10_000)
    assert payment.customer_id == one.customer_id
    assert (line.state, line.method) == ("applied", "manual")


def test_a_line_without_invoices_becomes_a_customers_credit(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme)
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "900.00", "ACOMPTE"))

    payment = match_by_hand(line, {}, customer=customer, at=AT)

    assert (payment.customer, payment.unallocated) == (customer, eur(90_000))


def test_a_match_needs_an_invoice_or_a_customer(inside_acme: Organization) -> None:
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "900.00", "DUPONT"))

    with pytest.raises(NothingChosen):
        match_by_hand(line, {}, at=AT)

    assert BankTransaction.objects.get().state == "unmatched"
    assert not Payment.objects.exists()


def test_a_debit_is_never_matched(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "-900.00", "LOYER"))

    with pytest.raises(NotACredit):
        match_by_hand(line, {invoice.pk: eur(90_000)}, at=AT)

    assert not Payment.objects.exists()


def test_more_than_the_line_is_refused_and_nothing_is_kept(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme)
        (line,) = bank(acme, ofx.line("2026-02-10", "900.00", "DUPONT"))

    with pytest.raises(OverAllocated), tenant_transaction(acme.pk):
        match_by_hand(line, {invoice.pk: eur(120_000)}, at=AT)

    with tenant_transaction(acme.pk):
        assert BankTransaction.objects.get().state == "unmatched"
        assert balance(invoice) == 120_000
        assert not Payment.objects.exists()


def test_unmatch_gives_back_exactly_and_no_rule_decides_again(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme, number="FA-2026-0071")
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))
    match_new(inside_acme, at=AT)

    unmatch(line, at=AT)
    again = match_new(inside_acme, at=AT)

    line.refresh_from_db()
    assert (again.applied, line.state, line.proposal) == (0, "suggested", [invoice.pk])
    assert balance(invoice) == 120_000
    assert Match.objects.get().undone_at == AT
    assert Payment.objects.get().undone_at == AT
    amounts = Allocation.objects.order_by("pk").values_list("amount_minor", flat=True)
    assert list(amounts) == [120_000, -120_000]
    payment = match_by_hand(line, {invoice.pk: eur(120_000)}, at=AT)
    assert payment.unallocated == eur(0)


def test_a_line_set_aside_may_come_back(inside_acme: Organization) -> None:
    invoice = make.invoice(inside_acme)
    (line,) = bank(inside_acme, ofx.line("2026-02-10", "900.00", "SUBVENTION"))

    matching.mark_not_customer(line, at=AT)

    assert line.state == "not_customer"
    with pytest.raises(AlreadyDecided):
        match_by_hand(line, {invoice.pk: eur(90_000)}, at=AT)
    unmatch(line, at=AT)
    assert BankTransaction.objects.get().state == "unmatched"
    with pytest.raises(NotMatched):
        unmatch(line, at=AT)


def test_undoing_the_payment_lets_its_line_wait_again(inside_acme: Organization) -> None:
    make.invoice(inside_acme, number="FA-2026-0071")
    bank(inside_acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))
    match_new(inside_acme, at=AT)
    payment = Payment.objects.get()

    matching.undo_payment(payment, at=AT)

    assert payment.undone_at == AT
    assert BankTransaction.objects.get().state == "suggested"
    with pytest.raises(PaymentUndone):
        matching.undo_payment(payment, at=AT)


def test_what_happened_is_remembered(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="FA-2026-0071")
        (line,) = bank(acme, ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))
        match_new(acme, at=AT)
        unmatch(line, at=AT)
        matching.mark_not_customer(line, at=AT)

    with tenant_transaction(acme.pk):
        told = TimelineEvent.objects.exclude(kind__startswith="dunning.")
        kinds = told.order_by("position").values_list("kind", flat=True)
        assert list(kinds)[-7:] == [
            "reconciliation.statement_imported",
            "payments.payment_recorded",
            "payments.payment_allocated",
            "reconciliation.transaction_matched",
            "payments.payment_undone",
            "reconciliation.transaction_unmatched",
            "reconciliation.transaction_set_aside",
        ]


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_match_one_line_one_is_refused() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        invoices = [make.invoice(acme, amounts={"2026-02-04": 90_000}) for _ in range(2)]
        (line,) = bank(acme, ofx.line("2026-02-10", "900.00", "DUPONT"))

    def choose(invoice: Invoice) -> None:
        with tenant_transaction(acme.pk):
            mine = BankTransaction.objects.get(pk=line.pk)
            match_by_hand(mine, {invoice.pk: eur(90_000)}, at=AT)

    refused = at_once(*(lambda invoice=one: choose(invoice) for one in invoices))

    assert refused == ["already_matched"]
    with tenant_transaction(acme.pk):
        assert Match.objects.count() == Payment.objects.count() == 1
        assert sorted(balance(one) for one in invoices) == [0, 90_000]


@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_file_at_once_take_each_line_in_once() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        invoice = make.invoice(acme, number="FA-2026-0071")
    content = ofx.statement(ofx.line("2026-02-10", "1200.00", "FA-2026-0071"))

    def upload() -> None:
        with tenant_transaction(acme.pk):
            importing.import_statement(acme, Upload("x.ofx", content), at=AT)
            match_new(acme, at=AT)

    refused = at_once(upload, upload)

    assert refused == []
    with tenant_transaction(acme.pk):
        assert BankTransaction.objects.count() == Payment.objects.count() == 1
        assert balance(invoice) == 0


def test_a_run_asks_the_same_number_of_queries_whatever_the_lines(
    inside_acme: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make.invoice(inside_acme, number=f"FA-2026-{number:04}")
    bank(
        inside_acme,
        *(ofx.line("2026-02-10", "1200.00", f"FA-2026-{number:04}") for number in range(30)),
    )

    with django_assert_max_num_queries(25):
        outcome = match_new(inside_acme, at=AT)

    assert outcome.applied == 30


def test_the_export_asks_the_same_number_of_queries_whatever_the_lines(
    inside_acme: Organization, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make.invoice(inside_acme, number=f"FA-2026-{number:04}")
    lines = [ofx.line("2026-02-10", "1200.00", f"FA-2026-{n:04}", fitid=f"T{n}") for n in range(9)]
    bank(inside_acme, *lines, ofx.line("2026-02-10", "7.00", "DUPONT", fitid="T9"))
    match_new(inside_acme, at=AT)

    with django_assert_max_num_queries(5):
        documents = list(exporting.documents())

    assert documents[0] == {
        "reference": "T0",
        "account": "FR7630006000011234567890189",
        "date": "2026-02-10",
        "amount": "1200.00",
        "currency": "EUR",
        "label": "VIR SEPA RECU FA-2026-0000",
        "state": "applied",
        "allocations": [{"invoice": "FA-2026-0000", "amount": "1200.00"}],
        "write_off": None,
        "unallocated": "0.00",
        "method": "reference",
        "reasons": documents[0]["reasons"],
    }
    assert len(documents[0]["reasons"]) == 2
    assert documents[9]["state"] == "unmatched"
    assert (documents[9]["allocations"], documents[9]["unallocated"]) == ([], "7.00")


def test_a_line_that_came_before_its_invoice_is_matched_when_the_invoice_comes(
    acme: Organization,
) -> None:
    with tenant_transaction(acme.pk):
        bank(acme, ofx.line("2026-02-10", "1200.00", "DUPONT FA 2026 0071"))
        match_new(acme, at=AT)
        before = matching.is_worth_another_look(acme)
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme)
        said = recording.Said(
            number="FA-2026-0071",
            customer=customer,
            issued_on=date(2026, 1, 4),
            due=[(date(2026, 2, 4), eur(120_000))],
        )
        recording.record_invoice(acme, said, on=AT.date(), at=AT)

    tasks.match_again()

    with tenant_transaction(acme.pk):
        acme.refresh_from_db()
        assert (before, matching.is_worth_another_look(acme)) == (False, False)
        assert BankTransaction.objects.get().state == "applied"

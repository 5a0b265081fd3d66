"""What the preview says is what is done, once."""

import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.money import Money
from common.tenancy import tenant_transaction
from common.working_days import for_country
from demo import book
from dunning import composing, delivery, holds, planning, waiting
from dunning.models import Act, Call, Message
from invoices import importing, settlement
from invoices.models import Invoice
from organizations.models import Organization, TimelineEvent
from tests import make

MONDAY = date(2026, 2, 9)
FRIDAY = make.ON
CALENDAR = for_country("FR")


@pytest.fixture
def busy(acme: Organization) -> Organization:
    """Acme with a generated book, French and English debtors, late and early ones."""
    made = book.generate(seed=3, customers=15, invoices=80, on=MONDAY)
    content = book.invoices_csv(made.sales, known_until=book.known_until(made))
    with tenant_transaction(acme.pk):
        importing.import_invoices(acme, "book.csv", content, on=MONDAY, at=make.AT)
    return acme


def preview(organization: Organization, start: date, days: int) -> list[dict[str, Any]]:
    with tenant_transaction(organization.pk):
        coming = planning.preview(organization, start=start, days=days)
        return [contact.document() for contact in coming]


def round_of(organization: Organization, on: date) -> list[dict[str, Any]]:
    """Do a round as the task does, let its emails leave, and return what was asked."""
    with tenant_transaction(organization.pk):
        waiting.let_go(on=make.ON, at=make.AT)
        done = planning.follow_up(organization, on=on, at=make.AT)
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=organization.pk, clock=lambda: make.AT)
    return [contact.document() for contact in done.contacts]


def rounds(organization: Organization, start: date, count: int) -> list[dict[str, Any]]:
    days = (start + timedelta(days=number) for number in range(count))
    return [document for on in days for document in round_of(organization, on)]


def numbers(documents: list[dict[str, Any]]) -> set[str]:
    return {found["number"] for document in documents for found in document["invoices"]}


def rows(organization: Organization) -> list[int]:
    with tenant_transaction(organization.pk):
        return [model.objects.count() for model in (Act, Message, Call, TimelineEvent)]


def test_what_the_preview_says_is_what_thirty_rounds_do(busy: Organization) -> None:
    said = preview(busy, MONDAY, days=30)

    done = rounds(busy, MONDAY, 30)

    assert len(said) > 60
    assert {"email", "call", "registered_letter"} <= {document["channel"] for document in said}
    assert done == said


def test_a_second_round_of_a_day_adds_nothing(busy: Organization) -> None:
    round_of(busy, MONDAY)
    before = rows(busy)

    again = round_of(busy, MONDAY)

    assert again == []
    assert rows(busy) == before


def test_after_three_skipped_days_each_customer_hears_once(busy: Organization) -> None:
    round_of(busy, MONDAY)
    skipped = preview(busy, MONDAY + timedelta(days=1), days=3)

    fourth = round_of(busy, MONDAY + timedelta(days=4))

    told = [document["customer"] for document in fourth]
    assert {document["customer"] for document in skipped} <= set(told)
    assert len(told) == len(set(told))


def test_a_day_that_is_over_is_refused_and_nothing_is_written(busy: Organization) -> None:
    round_of(busy, FRIDAY)
    before = rows(busy)

    with pytest.raises(planning.ClockBackwards):
        round_of(busy, FRIDAY - timedelta(days=1))

    assert rows(busy) == before


@pytest.mark.parametrize("count", [4, 20])
def test_a_round_costs_the_same_queries_for_few_and_for_many(
    inside_acme: Organization, count: int
) -> None:
    for _ in range(count):
        make.invoice(inside_acme, customer=make.a_customer(inside_acme), recorded_on=MONDAY)

    with CaptureQueriesContext(connection) as queries:
        done = planning.follow_up(inside_acme, on=FRIDAY, at=make.AT)

    assert len(done.contacts) == min(count, inside_acme.backlog_per_day)
    assert len(queries) <= 40


def test_all_that_is_due_to_a_customer_leaves_in_one_email(inside_acme: Organization) -> None:
    customer = make.a_customer(inside_acme)
    for number in ("F-2", "F-1"):
        make.invoice(inside_acme, customer=customer, number=number)

    (contact,) = planning.follow_up(inside_acme, on=FRIDAY, at=make.AT).contacts

    assert contact.document() == {
        "date": "2026-02-13",
        "channel": "email",
        "customer": customer.code,
        "invoices": [{"number": "F-1", "level": 20}, {"number": "F-2", "level": 20}],
        "level": 20,
        "step": "courteous",
        "rule": "D+7 courteous email, caught up",
        "awaiting_approval": False,
    }
    assert Message.objects.get().acts.count() == 2


@pytest.fixture
def invoice(acme: Organization) -> Invoice:
    """An invoice of Acme over 1 200 €, 9 days late on the 13th."""
    with tenant_transaction(acme.pk):
        return make.invoice(acme, number="F-1", customer=make.a_customer(acme, code="C1"))


def pay(invoice: Invoice) -> None:
    with tenant_transaction(invoice.organization_id):
        locked = Invoice.objects.locked().get(pk=invoice.pk)
        settlement.settle(locked, locked.balance, on=FRIDAY)


def test_what_is_settled_is_never_asked_for_again_and_is_thanked_once(
    acme: Organization, invoice: Invoice
) -> None:
    round_of(acme, FRIDAY)
    pay(invoice)

    later = rounds(acme, FRIDAY + timedelta(days=1), 60)

    assert [document["step"] for document in later] == ["thank_you"]


def test_thanks_that_nobody_approved_lapse_after_ten_days(
    acme: Organization, invoice: Invoice
) -> None:
    round_of(acme, FRIDAY)
    pay(invoice)
    Organization.objects.update(approval_until=FRIDAY + timedelta(days=60))
    acme.refresh_from_db()
    monday = FRIDAY + timedelta(days=3)
    round_of(acme, monday)

    left = []
    for day in (monday + timedelta(days=10), monday + timedelta(days=11)):
        round_of(acme, day)
        with tenant_transaction(acme.pk):
            left.append(waiting.to_approve(on=day).filter(kind="thank_you").count())

    assert left == [1, 0]


def test_a_reopened_invoice_is_asked_for_anew(acme: Organization, invoice: Invoice) -> None:
    round_of(acme, FRIDAY)
    pay(invoice)
    with tenant_transaction(acme.pk):
        settlement.unsettle(Invoice.objects.locked().get(), Money(120_000, "EUR"), on=FRIDAY)

    later = rounds(acme, FRIDAY + timedelta(days=1), 20)

    assert later[0]["step"] == "courteous"
    assert "thank_you" not in {document["step"] for document in later}


@pytest.mark.parametrize("scope", ["invoice", "customer", "everyone"])
def test_a_pause_silences_what_it_covers_until_its_last_day(
    acme: Organization, invoice: Invoice, scope: str
) -> None:
    until = FRIDAY + timedelta(days=3)  # a Monday
    about: dict[str, Any] = {"until": until, "reason": "", "at": make.AT}
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-2", customer=invoice.customer)
        make.invoice(acme, number="F-3")
        match scope:
            case "invoice":
                holds.pause_invoice(invoice, **about)
                silent = {"F-1"}
            case "customer":
                holds.pause_customer(invoice.customer, **about)
                silent = {"F-1", "F-2"}
            case _:
                holds.pause_everyone(acme, **about)
                silent = {"F-1", "F-2", "F-3"}

    during = rounds(acme, FRIDAY, 4)
    after = rounds(acme, until + timedelta(days=1), 5)

    assert numbers(during) == {"F-1", "F-2", "F-3"} - silent
    assert silent <= numbers(after)


def test_a_promise_keeps_its_invoice_quiet_and_no_other(
    acme: Organization, invoice: Invoice
) -> None:
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-2", customer=invoice.customer)
        holds.promise(invoice, invoice.balance, date(2026, 2, 20), at=make.AT, calendar=CALENDAR)
        blockers = planning.why_not(invoice, on=FRIDAY)

    told = round_of(acme, FRIDAY)

    assert numbers(told) == {"F-2"}
    assert [(blocker.kind, blocker.until) for blocker in blockers] == [
        ("promise", date(2026, 2, 23))
    ]


def test_in_the_days_of_approval_nothing_leaves_by_itself(
    acme: Organization, invoice: Invoice
) -> None:
    acme.approval_until = FRIDAY
    acme.save()

    (told,) = round_of(acme, FRIDAY)

    assert told["awaiting_approval"]
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "awaiting_approval"


def test_what_nobody_approved_is_asked_for_by_the_next_reminder(
    acme: Organization, invoice: Invoice
) -> None:
    acme.approval_until = date(2026, 3, 31)
    acme.save()
    with tenant_transaction(acme.pk):
        make.invoice(acme, number="F-2", customer=invoice.customer, amounts={"2026-02-10": 70_000})

    rounds(acme, FRIDAY, 5)  # F-1 on Friday, F-2 seven days after its due date, on Tuesday

    with tenant_transaction(acme.pk):
        old, new = Message.objects.order_by("pk")
        assert (old.state, new.state) == ("cancelled", "awaiting_approval")
        assert numbers_of(new) == {"F-1", "F-2"}
        assert numbers_of(old) == set()
        text = composing.written(new, list(new.acts.all())).text
        assert "1\u00a0900,00" in text


def numbers_of(message: Message) -> set[str]:
    return {act.instalment.invoice.number for act in message.acts.all()}


def test_an_invoice_is_in_one_message_once_though_two_levels_waited(
    acme: Organization, invoice: Invoice
) -> None:
    acme.approval_until = date(2026, 3, 31)
    acme.save()

    rounds(acme, FRIDAY, 20)

    with tenant_transaction(acme.pk):
        last = Message.objects.filter(channel="email").latest("pk")
        assert (last.kind, [act.kind for act in last.acts.all()]) == ("firm", ["firm"])
        assert composing.total(last, list(last.acts.all())).minor == 120_000


def test_a_call_for_what_was_paid_waits_for_nobody(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        customer = make.a_customer(acme, email="", phone="+33199001122", address="")
        invoice = make.invoice(acme, customer=customer, amounts={"2026-02-02": 5_000})
    round_of(acme, FRIDAY)

    with tenant_transaction(acme.pk):
        before = waiting.calls(on=FRIDAY).count()
    pay(invoice)

    with tenant_transaction(acme.pk):
        assert (before, waiting.calls(on=FRIDAY).count()) == (1, 0)
        waiting.let_go(on=make.ON, at=make.AT)
        assert Call.objects.open().count() == 0


def test_a_letter_for_what_is_promised_waits_until_the_promise_is_over(
    acme: Organization, invoice: Invoice
) -> None:
    rounds(acme, FRIDAY, 45)
    with tenant_transaction(acme.pk):
        letter = waiting.to_post(on=date(2026, 3, 30)).get()
        at = make.AT + timedelta(days=45)
        holds.promise(invoice, invoice.balance, date(2026, 4, 3), at=at, calendar=CALENDAR)

        assert letter.kind == "formal_notice"
        assert not waiting.to_post(on=date(2026, 3, 30)).exists()
        assert waiting.to_post(on=date(2026, 4, 8)).get() == letter


# The commands


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_the_commands_say_what_they_will_do_and_do_it(acme: Organization, invoice: Invoice) -> None:
    friday = ("--organization", acme.slug, "--on", "2026-02-13", "--json")

    said = run("preview", acme.slug, "--from", "2026-02-13", "--json").splitlines()
    dry = json.loads(run("follow_up", *friday, "--dry-run"))
    done = json.loads(run("follow_up", *friday))
    again = json.loads(run("follow_up", *friday))

    assert json.loads(said[0]) == done["acts"][0]
    assert dry == done
    assert (done["messages"], done["calls"], done["letters"]) == (1, 0, 0)
    assert again["acts"] == []
    with tenant_transaction(acme.pk):
        assert Message.objects.get().state == "sent"


def test_the_next_action_says_what_and_why_not(acme: Organization, invoice: Invoice) -> None:
    free = json.loads(run("next_action", acme.slug, "F-1", "--on", "2026-02-13", "--json"))
    with tenant_transaction(acme.pk):
        holds.pause_invoice(Invoice.objects.get(), until=FRIDAY, reason="audit", at=make.AT)
    held = json.loads(run("next_action", acme.slug, "F-1", "--on", "2026-02-13", "--json"))

    assert free == {
        "date": "2026-02-13",
        "channel": "email",
        "level": 20,
        "rule": "D+7 courteous email, caught up",
        "blockers": [],
    }
    assert held["date"] == "2026-02-16"
    assert held["blockers"] == [
        {
            "kind": "pause",
            "until": "2026-02-13",
            "since": "2026-02-13",
            "by": "system",
            "reason": "audit",
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (
            ("follow_up", "--organization", "acme", "--on", "2026-02-12", "--json"),
            "clock_backwards",
        ),
        (("follow_up", "--organization", "nobody", "--json"), "unknown_organization"),
        (("preview", "nobody", "--json"), "unknown_organization"),
        (("next_action", "acme", "F-404", "--json"), "unknown_invoice"),
    ],
)
def test_a_command_that_is_refused_says_why_and_changes_nothing(
    acme: Organization,
    invoice: Invoice,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: str,
) -> None:
    run("follow_up", "--organization", acme.slug, "--on", "2026-02-13")
    with tenant_transaction(acme.pk):
        before = Act.objects.count()
    out = io.StringIO()

    with pytest.raises(SystemExit) as refusal:
        call_command(*arguments, stdout=out)

    assert refusal.value.code == 1
    assert json.loads(out.getvalue())["error"]["code"] == code
    with tenant_transaction(acme.pk):
        assert Act.objects.count() == before


def test_the_clock_is_not_played_with_while_mail_leaves_the_machine(
    acme: Organization, invoice: Invoice, settings: Any
) -> None:
    settings.MAIL_STAYS_HERE = False
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("follow_up", "--on", "2026-02-13", "--json", stdout=out)

    assert json.loads(out.getvalue())["error"]["code"] == "clock_not_today"
    with tenant_transaction(acme.pk):
        assert not Act.objects.exists()

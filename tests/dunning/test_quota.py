"""A plan with a limit: the same answer everywhere, and the owner knows at once."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from common.money import Money
from common.tenancy import tenant_transaction
from demo import book
from dunning import delivery, planning, quota, tasks, telling
from dunning.models import Message
from invoices import importing
from invoices.models import Invoice
from organizations.models import Organization, Plan, Role, TimelineEvent
from reconciliation import importing as statements
from reconciliation import matching
from reconciliation.importing import Upload
from reconciliation.models import BankTransaction
from tests import make, ofx
from tests.make import AT, ON

MONDAY = date(2026, 2, 9)


@pytest.fixture
def free(acme: Organization) -> Organization:
    acme.plan = Plan.FREE
    acme.save()
    return acme


@pytest.fixture
def crowded(free: Organization) -> Organization:
    """A free organization in which eight invoices are due at once, the eighth the oldest."""
    with tenant_transaction(free.pk):
        for number in range(1, 9):
            due_on = date(2026, 2, 4) - timedelta(days=number == 8)
            make.invoice(free, amounts={f"{due_on}": 10_000}, number=f"F-{number}")
    return free


def round_of(organization: Organization, on: date) -> list[dict[str, Any]]:
    with tenant_transaction(organization.pk):
        done = planning.follow_up(organization, on=on, at=AT)
    for message_id in done.message_ids:
        delivery.deliver(message_id, organization_id=organization.pk, clock=lambda: AT)
    return [contact.document() for contact in done.contacts]


def preview(organization: Organization, start: date, days: int) -> list[dict[str, Any]]:
    with tenant_transaction(organization.pk):
        coming = planning.preview(organization, start=start, days=days)
        return [contact.document() for contact in coming]


def numbers(documents: list[dict[str, Any]]) -> set[str]:
    return {found["number"] for document in documents for found in document["invoices"]}


def test_the_preview_is_what_the_rounds_do_over_the_ends_of_two_months(free: Organization) -> None:
    made = book.generate(seed=3, customers=12, invoices=50, on=MONDAY)
    content = book.invoices_csv(made.sales, known_until=book.known_until(made))
    with tenant_transaction(free.pk):
        importing.import_invoices(free, "book.csv", content, on=MONDAY, at=AT)
    said = preview(free, MONDAY, days=60)

    done = [one for day in range(60) for one in round_of(free, MONDAY + timedelta(days=day))]

    assert done == said
    by_month = {on[:7]: set[str]() for on in (one["date"] for one in said)}
    for one in said:
        if one["step"] != "thank_you":
            by_month[one["date"][:7]] |= numbers([one])
    assert {month: len(asked) for month, asked in by_month.items()} == {
        "2026-02": 6, "2026-03": 6, "2026-04": 6,
    }  # fmt: skip


def test_what_has_no_place_waits_everywhere_until_the_first_of_the_next_month(
    crowded: Organization,
) -> None:
    said = preview(crowded, ON, days=1)
    asked = numbers(round_of(crowded, ON))

    with tenant_transaction(crowded.pk):
        late = Invoice.objects.with_instalments().get(number="F-7")
        answer = planning.next_document(late, on=ON)
        dry = planning.decide(crowded, on=ON + timedelta(days=3))

    assert asked == numbers(said) == {"F-8", "F-1", "F-2", "F-3", "F-4", "F-5"}
    assert answer["date"] == "2026-03-02"  # the 1st is a Sunday
    assert [(one["kind"], one["until"]) for one in answer["blockers"]] == [("quota", "2026-02-28")]
    assert dry.held["quota"] >= 2


def test_before_the_round_the_answer_is_the_same(crowded: Organization) -> None:
    with tenant_transaction(crowded.pk):
        answers = {
            invoice.number: planning.next_document(invoice, on=ON)
            for invoice in Invoice.objects.with_instalments()
        }

    waits = {number for number, answer in answers.items() if answer["date"] == "2026-03-02"}
    assert waits == {"F-6", "F-7"}
    assert {answers[number]["blockers"][0]["kind"] for number in waits} == {"quota"}
    assert answers["F-8"]["blockers"] == []


def test_the_last_look_lets_what_was_counted_leave_though_the_limit_is_reached(
    crowded: Organization,
) -> None:
    round_of(crowded, ON)

    with tenant_transaction(crowded.pk):
        assert set(Message.objects.values_list("state", flat=True)) == {Message.State.SENT}


@pytest.mark.parametrize("matched_by", ["the rule", "hand"])
def test_a_match_takes_a_place_and_money_is_never_refused(
    crowded: Organization, matched_by: str
) -> None:
    with tenant_transaction(crowded.pk):
        if matched_by == "the rule":
            Invoice.objects.filter(number="F-7").update(number_norm="FA20260071")
            _lines(crowded, ofx.line("2026-02-12", "100.00", "DUPONT FA 2026 0071"))
            matching.match_new(crowded, at=AT)
        else:
            (line,) = _lines(crowded, ofx.line("2026-02-12", "100.00", "VIREMENT"))
            invoice = Invoice.objects.get(number="F-7")
            matching.match_by_hand(line, {invoice.pk: Money(10_000, "EUR")}, at=AT)

    asked = numbers(round_of(crowded, ON))

    assert len(asked) == 5
    with tenant_transaction(crowded.pk):
        assert len(quota.usage(crowded, on=ON).followed) == 6
        assert quota.waiting(crowded, on=ON) == _ids("F-5", "F-6")


def _lines(organization: Organization, *lines: str) -> list[BankTransaction]:
    statements.import_statement(organization, Upload("x.ofx", ofx.statement(*lines)), at=AT)
    return list(BankTransaction.objects.all())


def _ids(*names: str) -> set[int]:
    return set(Invoice.objects.filter(number__in=names).values_list("pk", flat=True))


def test_a_month_is_the_organizations_own(free: Organization) -> None:
    with tenant_transaction(free.pk):
        make.invoice(free)
    round_of(free, ON)

    with tenant_transaction(free.pk):
        assert len(quota.usage(free, on=date(2026, 2, 28)).followed) == 1
        march = quota.usage(free, on=date(2026, 3, 1))
    assert (march.followed, march.resets_on) == ((), date(2026, 4, 1))


def test_an_unlimited_plan_costs_no_query_more(acme: Organization) -> None:
    with tenant_transaction(acme.pk), CaptureQueriesContext(connection) as queries:
        found = quota.of(acme, on=ON)

    assert found is None
    assert len(queries) == 0


@pytest.mark.parametrize("count", [2, 8])
def test_a_limited_round_costs_the_same_queries_for_few_and_for_many(
    free: Organization, count: int
) -> None:
    with tenant_transaction(free.pk):
        for _ in range(count):
            make.invoice(free, customer=make.a_customer(free))

        with CaptureQueriesContext(connection) as queries:
            planning.follow_up(free, on=ON, at=AT)

    assert len(queries) <= 40


def test_a_configuration_changes_the_limit(crowded: Organization, settings: Settings) -> None:
    settings.PLAN_LIMITS = {**settings.PLAN_LIMITS, "free": 2}

    assert numbers(round_of(crowded, ON)) == {"F-8", "F-1"}


# --- The owner is told


def test_the_owners_are_written_to_once_a_month(crowded: Organization) -> None:
    make.member(crowded, Role.COLLECTOR)
    before = telling.tell(crowded, at=AT)
    round_of(crowded, ON)
    mail.outbox.clear()  # the reminders

    told = [telling.tell(crowded, at=AT + timedelta(minutes=minute)) for minute in range(3)]

    assert (before, told) == (False, [True, False, False])
    (letter,) = mail.outbox
    assert letter.to == [crowded.memberships.get(role=Role.OWNER).user.email]
    assert f"/o/{crowded.slug}/settings/plan/" in letter.body
    with tenant_transaction(crowded.pk):
        assert TimelineEvent.objects.filter(kind="dunning.limit_reached").count() == 1
    crowded.refresh_from_db()
    assert telling.limited(at=AT) == []
    assert telling.limited(at=AT + timedelta(days=17)) == [crowded]


def test_a_mail_server_that_refuses_is_asked_again(
    crowded: Organization, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    round_of(crowded, ON)

    tasks.tell_of_limits()

    crowded.refresh_from_db()
    assert crowded.limit_told_on is None


@pytest.mark.usefixtures("now")
def test_every_page_says_that_the_limit_is_reached(crowded: Organization, owner: Client) -> None:
    house = f"/o/{crowded.slug}"
    before = owner.get(f"{house}/invoices/").content.decode()
    round_of(crowded, ON)

    pages = [owner.get(f"{house}/{page}").content.decode() for page in ("", "invoices/", "help/")]

    assert f"{house}/settings/plan/" not in before
    assert all(f'<a href="{house}/settings/plan/">' in page for page in pages)


@pytest.mark.usefixtures("now")
def test_the_page_and_the_api_say_what_waits(
    crowded: Organization, owner: Client, api: Client
) -> None:
    round_of(crowded, ON)

    page = owner.get(f"/o/{crowded.slug}/settings/plan/")
    answer = api.get("/api/v1/usage/")

    assert page.status_code == HTTPStatus.OK
    assert [invoice.number for invoice in page.context["invoices"]] == ["F-6", "F-7"]
    assert answer.json() == {
        "plan": "free",
        "month": "2026-02",
        "limit": 6,
        "followed": 6,
        "waiting": 2,
        "resets_on": "2026-03-01",
    }


@pytest.mark.usefixtures("now")
def test_an_unlimited_plan_has_a_page_too(acme: Organization, owner: Client, api: Client) -> None:
    page = owner.get(f"/o/{acme.slug}/settings/plan/").content.decode()

    assert "<progress" not in page
    assert api.get("/api/v1/usage/").json()["limit"] is None

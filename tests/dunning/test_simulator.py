"""A draft is lived by the ladder itself, twice, and nothing of it stays."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.tenancy import tenant_transaction
from demo import book
from dunning import assigning, editing, planning, scenarios, simulator, standard
from dunning.assigning import RuleDraft
from dunning.choosing import Choices
from dunning.models import Act, Message, Scenario
from invoices import importing
from invoices.models import Customer, Instalment
from organizations.models import Organization, Plan
from tests import make
from tests.dunning.steps import step
from tests.make import AT, ON

MONDAY = date(2026, 2, 9)


@pytest.fixture
def busy(acme: Organization) -> Iterator[Organization]:
    """Acme with a generated book and a week of rounds behind it."""
    made = book.generate(seed=3, customers=8, invoices=40, on=MONDAY)
    content = book.invoices_csv(made.sales, known_until=book.known_until(made))
    with tenant_transaction(acme.pk):
        importing.import_invoices(acme, "book.csv", content, on=MONDAY, at=AT)
        for number in (0, 2, 7):
            planning.follow_up(acme, on=MONDAY + timedelta(days=number), at=AT)
        yield acme


@pytest.fixture
def standing(inside_acme: Organization) -> Scenario:
    return scenarios.default(inside_acme)


def drafted(organization: Organization, *steps: Any, **said: Any) -> tuple[Choices, Choices]:
    """Return what is in force, and the same with these steps in the default scenario."""
    before, scenario = scenarios.choices(organization), scenarios.default(organization)
    levelled = editing.levelled(scenario, steps) if steps else scenarios.drafts_of(scenario)
    after = simulator.drafted(before, scenario.pk, levelled, currency="EUR", **said)
    return before, after


def tables() -> dict[str, str | None]:
    """Return a checksum of each table."""
    sums = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            name = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t")
            (sums[name],) = cursor.fetchone()
    return sums


def test_todays_scenario_simulated_is_the_preview_of_the_page(busy: Organization) -> None:
    on = MONDAY + timedelta(days=8)

    found = simulator.coming(busy, *drafted(busy), on=on, days=60)

    coming = list(planning.preview(busy, start=on, days=60))
    said = [(one.on, one.customer_id, one.acts) for one in coming]
    assert len(said) > 20
    assert [(one.on, one.customer_id, one.acts) for one in found.today.heard] == said
    assert [(one.on, one.customer_id, one.acts) for one in found.draft.heard] == said
    assert found.difference is not None
    assert found.difference.is_nothing


def test_under_a_limited_plan_too_it_is_the_preview(busy: Organization) -> None:
    on = MONDAY + timedelta(days=8)
    free = len(list(planning.preview(busy, start=on, days=60)))
    busy.plan = Plan.FREE
    busy.save()

    found = simulator.coming(busy, *drafted(busy), on=on, days=60)

    coming = list(planning.preview(busy, start=on, days=60))
    assert 0 < len(coming) < free
    assert [(one.on, one.acts) for one in found.draft.heard] == [
        (one.on, one.acts) for one in coming
    ]


def test_nothing_of_any_table_changes(
    busy: Organization, django_capture_on_commit_callbacks: Any
) -> None:
    on, both = MONDAY + timedelta(days=8), drafted(busy, step(1), step(4, channel="call"))
    before, rows = tables(), Message.objects.count()

    with django_capture_on_commit_callbacks() as rung:
        coming = simulator.coming(busy, *both, on=on, days=90, by_habit=True)
        year = simulator.last_year(busy, *both, on=on)

    assert coming.draft.count
    assert year.draft.count
    assert tables() == before
    assert (Message.objects.count(), rung) == (rows, [])
    assert sum(value is not None for value in before.values()) > 15


def test_whoever_writes_while_simulating_is_refused_by_the_database(
    inside_acme: Organization, standing: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.invoice(inside_acme)

    def writes(*_args: Any, **_said: Any) -> None:
        Act.objects.all().delete()
        Customer.objects.update(name="Written")

    monkeypatch.setattr("dunning.living.ladder.first_day", writes)
    with pytest.raises((InternalError, ProgrammingError), match="read-only transaction"):
        simulator.coming(inside_acme, *drafted(inside_acme), on=ON, days=30)

    assert Customer.objects.get().name == "Dupont"
    with transaction.atomic():
        Customer.objects.update(name="After")  # the transaction writes again
    assert Customer.objects.get().name == "After"


def test_a_draft_moves_adds_and_drops_acts(inside_acme: Organization, standing: Scenario) -> None:
    dupont = make.a_customer(inside_acme, phone="+33240000000")
    make.invoice(inside_acme, customer=dupont, amounts={"2026-02-10": 120_000})
    steps = [one for one in scenarios.drafts_of(standing) if one.level != 30]
    steps = [*(one for one in steps if one.level != 20), step(5, level=20), step(9)]

    found = simulator.coming(inside_acme, *drafted(inside_acme, *steps), on=ON, days=30)

    difference = found.difference
    assert difference is not None
    assert [(c.kind, f"{c.was_on:%m-%d}", f"{c.will_be_on:%m-%d}") for c in difference.forward] == [
        ("courteous", "02-17", "02-16")
    ]
    assert [(c.channel, c.will_be_on) for c in difference.added] == [("email", date(2026, 2, 20))]
    assert [c.channel for c in difference.taken] == ["call"]
    assert (found.today.calls, found.draft.calls) == (1, 0)
    assert [str(amount) for amount in found.draft.amounts] == ["1200.00 EUR"]


def test_payments_by_habit_take_away_what_comes_after_them(
    inside_acme: Organization, standing: Scenario
) -> None:
    usual = make.invoice(inside_acme, amounts={"2026-02-10": 120_000})
    Customer.objects.filter(pk=usual.customer_id).update(habit_days=8, habit_payments=8)
    make.invoice(inside_acme, amounts={"2026-02-10": 120_000})

    never = simulator.coming(inside_acme, *drafted(inside_acme), on=ON, days=60)
    habit = simulator.coming(inside_acme, *drafted(inside_acme), on=ON, days=60, by_habit=True)

    assert never.draft.contacts[usual.customer_id] > 2
    assert habit.draft.contacts[usual.customer_id] == 0
    (other,) = set(never.draft.contacts) - {usual.customer_id}
    assert habit.draft.contacts[other] == never.draft.contacts[other]


def test_who_is_later_than_his_habit_is_not_expected_to_pay(
    inside_acme: Organization, standing: Scenario
) -> None:
    late = make.invoice(inside_acme, amounts={"2026-01-05": 120_000})
    Customer.objects.filter(pk=late.customer_id).update(habit_days=3, habit_payments=8)

    habit = simulator.coming(inside_acme, *drafted(inside_acme), on=ON, days=60, by_habit=True)

    assert habit.draft.contacts[late.customer_id] > 2


def test_a_draft_is_followed_by_default_or_by_everybody(
    inside_acme: Organization, standing: Scenario
) -> None:
    other = editing.create(inside_acme, "Firmer", standard.FIRM, at=AT)
    chosen = make.invoice(inside_acme, amounts={"2026-02-10": 120_000})
    make.invoice(inside_acme, amounts={"2026-02-10": 120_000})
    assigning.choose_for_customer(chosen.customer, standing, at=AT)
    before, steps = scenarios.choices(inside_acme), scenarios.drafts_of(other)

    def changed(followed: str) -> int:
        after = simulator.drafted(before, other.pk, steps, currency="EUR", followed=followed)
        found = simulator.coming(inside_acme, before, after, on=ON, days=30)
        assert found.difference is not None
        return found.difference.customers

    assert [changed(how) for how in ("as_now", "default", "everybody")] == [0, 1, 2]


def test_rules_are_tried_in_another_order(inside_acme: Organization, standing: Scenario) -> None:
    firm = editing.create(inside_acme, "Firmer", standard.FIRM, at=AT)
    make.invoice(inside_acme, amounts={"2026-02-10": 120_000})
    rules = [RuleDraft(standing, invoiced_minor=1), RuleDraft(firm, invoiced_minor=2)]
    assigning.write_rules(inside_acme, rules, at=AT)

    turned = drafted(inside_acme, order=[1, 0])
    found = simulator.coming(inside_acme, *turned, on=ON, days=30)

    assert found.difference is not None
    assert found.difference.customers == 1


def paid(organization: Organization, due_on: date, settled_on: date, **said: Any) -> Instalment:
    invoice = make.invoice(organization, amounts={due_on.isoformat(): 10_000}, **said)
    part: Instalment = invoice.instalments.get()
    part.settled_minor, part.settled_on = 10_000, settled_on
    part.save()
    invoice.settled_minor = 10_000
    invoice.save()
    return part


def test_the_last_year_is_lived_with_the_days_on_which_it_was_paid(
    inside_acme: Organization, standing: Scenario
) -> None:
    due = date(2025, 6, 2)
    early = paid(inside_acme, due, due - timedelta(days=10))
    after_email = paid(inside_acme, due, due + timedelta(days=9))
    never = make.invoice(inside_acme, amounts={due.isoformat(): 10_000})

    found = simulator.last_year(inside_acme, *drafted(inside_acme), on=ON)

    kinds = {
        customer: [one.kind for one in found.draft.heard if one.customer_id == customer]
        for customer in (early.customer_id, after_email.customer_id, never.customer_id)
    }
    assert kinds == {
        early.customer_id: [],
        after_email.customer_id: ["preventive", "courteous", "thank_you"],
        never.customer_id: ["preventive", "courteous", "firm", "formal_notice"],
    }
    rows = {row.step.level: (row.asked, row.paid_before) for row in found.reached}
    assert rows == {10: (2, 1), 20: (2, 1), 30: (0, 2), 40: (1, 2), 50: (1, 2)}
    assert (found.debtors, found.of, found.is_cut) == (3, 3, False)
    assert found.today.heard == found.draft.heard


def test_a_year_does_not_begin_with_every_old_invoice_at_once(
    inside_acme: Organization, standing: Scenario
) -> None:
    inside_acme.backlog_per_day = 2
    for _number in range(5):
        make.invoice(inside_acme, amounts={"2025-01-06": 10_000})

    found = simulator.last_year(inside_acme, *drafted(inside_acme), on=ON)

    first = Counter(
        min(h.on for h in found.draft.heard if h.customer_id == c) for c in found.draft.contacts
    )
    assert sorted(first.values()) == [1, 2, 2]


def test_a_large_book_is_cut_to_those_who_owe_most(
    inside_acme: Organization, standing: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "MOST_DEBTORS", 1)
    monkeypatch.setattr(simulator, "MOST_REPLAYED", 1)
    make.invoice(inside_acme, amounts={"2026-02-10": 10_000})
    large = make.invoice(inside_acme, amounts={"2026-02-10": 20_000})

    coming = simulator.coming(inside_acme, *drafted(inside_acme), on=ON, days=30)
    year = simulator.last_year(inside_acme, *drafted(inside_acme), on=ON)

    assert (coming.debtors, coming.of, coming.is_cut) == (1, 2, True)
    assert set(coming.draft.contacts) == {large.customer_id}
    assert (year.debtors, year.of) == (1, 2)


@pytest.mark.parametrize("count", [2, 12])
def test_a_book_of_any_size_is_read_by_as_many_queries(
    inside_acme: Organization, standing: Scenario, count: int
) -> None:
    firm = editing.create(inside_acme, "Firmer", standard.FIRM, at=AT)
    for number in range(count):
        make.invoice(inside_acme, amounts={"2026-02-10": 10_000})
        paid(inside_acme, date(2025, 6, 2), date(2025, 6, 10 + number))
    rules = [RuleDraft(firm, owed_minor=5_000, late_days=3)]
    assigning.write_rules(inside_acme, rules, at=AT)
    both = drafted(inside_acme, step(1), step(9, channel="call"))

    with CaptureQueriesContext(connection) as coming:
        simulator.coming(inside_acme, *both, on=ON, days=30, by_habit=True)
    with CaptureQueriesContext(connection) as year:
        simulator.last_year(inside_acme, *both, on=ON)

    assert (len(coming), len(year)) == (35, 14)

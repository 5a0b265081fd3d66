"""Who follows which scenario; a fixed number of queries says it for any number of them."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dunning import (
    assigning,
    comparing,
    editing,
    facts,
    following,
    levels,
    planning,
    scenarios,
    standard,
)
from dunning.assigning import EmptyRule, NotToBeChosen, RuleDraft, RulesChanged, TooManyRules
from dunning.models import Act, Call, Message, Scenario, ScenarioRule
from invoices.models import Contact, Customer, Instalment
from organizations.models import Organization
from tests import make
from tests.dunning.steps import step
from tests.make import AT, ON

DUE = "2026-02-02"
MONDAY = date(2026, 2, 9)


@pytest.fixture
def firm(inside_acme: Organization) -> Scenario:
    scenarios.default(inside_acme)
    return editing.create(inside_acme, "Firm", standard.FIRM, at=AT)


def customer(organization: Organization, **changes: str) -> Customer:
    made = make.a_customer(organization)
    for name, value in changes.items():
        setattr(made, name, value)
    made.save()
    return made


def names(organization: Organization) -> dict[int, str]:
    found = following.of_invoices(organization, organization.invoices.all(), on=ON)
    called = dict(Scenario.objects.values_list("pk", "name"))
    return {key: called[scenario_id] for key, scenario_id in found.items()}


def test_a_rule_is_asked_of_segment_kind_amounts_and_habit(
    inside_acme: Organization, firm: Scenario
) -> None:
    vip = make.invoice(inside_acme, customer=customer(inside_acme, segment="Vip "))
    town = make.invoice(inside_acme, customer=customer(inside_acme, siren="217500016"))
    large = make.invoice(inside_acme, amounts={DUE: 900_000})
    debtor = customer(inside_acme)
    first = make.invoice(inside_acme, customer=debtor, amounts={DUE: 300_000})
    second = make.invoice(inside_acme, customer=debtor, amounts={DUE: 300_000})
    late = make.invoice(inside_acme)
    for number in range(3):
        paid = make.invoice(inside_acme, customer=late.customer, amounts={"2025-11-03": 1_000})
        Instalment.objects.filter(invoice=paid).update(
            settled_minor=1_000, settled_on=date(2025, 11, 20 + number)
        )
        paid.settled_minor = 1_000
        paid.save()
    plain = make.invoice(inside_acme)
    assigning.write_rules(
        inside_acme,
        [
            RuleDraft(firm, segment="VIP"),
            RuleDraft(firm, customer_kind="public"),
            RuleDraft(firm, invoiced_minor=900_000),
            RuleDraft(firm, owed_minor=600_000),
            RuleDraft(firm, late_days=18),
        ],
        at=AT,
    )

    found = names(inside_acme)

    assert {found[i.pk] for i in (vip, town, large, first, second, late)} == {"Firm"}
    assert found[plain.pk] == "Standard"


def test_the_ladder_asks_by_the_scenario_that_was_chosen(
    inside_acme: Organization, firm: Scenario
) -> None:
    invoice = make.invoice(inside_acme, amounts={DUE: 120_000})
    make.invoice(inside_acme, amounts={DUE: 120_000})
    assigning.choose_for_customer(invoice.customer, firm, at=AT)

    planning.follow_up(inside_acme, on=date(2026, 2, 5), at=AT)  # D+3

    (act,) = Act.objects.all()
    assert (act.customer_id, act.offset_days) == (invoice.customer_id, 3)


def test_a_choice_is_taken_back(inside_acme: Organization, firm: Scenario) -> None:
    invoice = make.invoice(inside_acme)
    assigning.choose_for_invoice(invoice, firm, at=AT)
    assert names(inside_acme) == {invoice.pk: "Firm"}

    assigning.choose_for_invoice(invoice, None, at=AT)

    assert names(inside_acme) == {invoice.pk: "Standard"}


@pytest.mark.parametrize("count", [2, 12])
def test_facts_are_read_by_as_many_queries_for_any_number_of_debtors(
    inside_acme: Organization, firm: Scenario, count: int
) -> None:
    for _number in range(count):
        invoice = make.invoice(inside_acme, amounts={DUE: 10_000})
        assigning.choose_for_customer(invoice.customer, firm, at=AT)
        assigning.choose_for_invoice(invoice, firm, at=AT)
    rules = [RuleDraft(firm, owed_minor=1 + place, late_days=3) for place in range(count)]
    assigning.write_rules(inside_acme, rules, at=AT)

    with CaptureQueriesContext(connection) as read:
        facts.debtors(inside_acme, on=ON, days=30)
    with CaptureQueriesContext(connection) as compared:
        choices = scenarios.choices(inside_acme)
        drafted = choices.with_steps(firm.pk, standard.GENTLE, currency="EUR")
        assert not comparing.difference(inside_acme, choices, drafted, on=ON).is_nothing

    assert (len(read), len(compared)) == (17, 39)


def test_the_contact_with_the_role_that_a_step_asks_for_is_asked(
    inside_acme: Organization, firm: Scenario
) -> None:
    asking = [step(3, contact_role="comptabilité "), step(7, channel="call", contact_role="ADV")]
    saved = editing.create(inside_acme, "By role", levels.assign(asking, known=[]), at=AT)
    invoice = make.invoice(inside_acme, amounts={DUE: 10_000})
    second = Contact.objects.create(
        organization=inside_acme,
        customer=invoice.customer,
        rank=2,
        role="Comptabilité",
        email="second@dupont.example",
        phone="+33240000000",
    )
    editing.set_default(saved, at=AT)

    planning.follow_up(inside_acme, on=date(2026, 2, 5), at=AT)
    planning.follow_up(inside_acme, on=MONDAY, at=AT)

    assert Message.objects.get().contact == second
    assert Call.objects.get().contact == second  # nobody has the role: the first with a phone


def test_a_step_that_always_waits_for_approval_waits_and_one_that_never_does_leaves(
    inside_acme: Organization,
) -> None:
    inside_acme.approval_until = date(2026, 2, 6)
    asking = [step(3, approval="never"), step(7, approval="always"), step(12)]
    editing.set_default(
        editing.create(inside_acme, "Own", levels.assign(asking, known=[]), at=AT), at=AT
    )
    make.invoice(inside_acme, amounts={DUE: 10_000})

    said = [
        (contact.on.day, contact.awaiting_approval)
        for contact in planning.preview(inside_acme, start=date(2026, 2, 5), days=20)
    ]

    assert said == [(5, False), (9, True), (16, False)]


def test_the_difference_says_what_moves_comes_and_goes(
    inside_acme: Organization, firm: Scenario
) -> None:
    standing = scenarios.default(inside_acme)
    make.invoice(inside_acme, amounts={DUE: 120_000}, number="F-1")
    choices = scenarios.choices(inside_acme)
    drafted = editing.levelled(
        standing,
        [
            step(4, level=20),  # from D+7
            *(s for s in standard.STEPS if s.level in {40, 900}),
            step(22, "last"),
        ],
    )

    found = comparing.difference(
        inside_acme,
        choices,
        choices.with_steps(standing.pk, drafted, currency="EUR"),
        on=date(2026, 2, 6),
    )

    def told(changes: tuple[comparing.Change, ...]) -> list[tuple[str, object, object]]:
        return [
            (c.kind, c.was_on and c.was_on.day, c.will_be_on and c.will_be_on.day) for c in changes
        ]

    assert told(found.forward) == [("courteous", 9, 6)]
    assert told(found.added) == [("last", None, 24)]
    assert told(found.taken) == [("formal_notice", 4, None)]
    assert (found.invoices, found.customers, found.twice) == (1, 1, 0)
    assert not Act.objects.exists()


def test_the_difference_is_what_the_rounds_do(inside_acme: Organization, firm: Scenario) -> None:
    for day in range(1, 9):
        make.invoice(inside_acme, amounts={f"2026-02-0{day}": 120_000})
    start = date(2026, 2, 5)
    choices = scenarios.choices(inside_acme)
    with_firm = choices.with_default(firm.pk)
    drafted = [
        c.document() for c in planning.preview(inside_acme, start=start, days=20, choices=with_firm)
    ]

    editing.set_default(firm, at=AT)
    done = []
    for passed in range(20):
        on = start + timedelta(days=passed)
        done += [c.document() for c in planning.follow_up(inside_acme, on=on, at=AT).contacts]

    assert done == drafted


def test_the_customers_that_would_change_are_counted(
    inside_acme: Organization, firm: Scenario
) -> None:
    vip = customer(inside_acme, segment="VIP")
    make.invoice(inside_acme, customer=vip)
    make.invoice(inside_acme, customer=vip)
    make.invoice(inside_acme)
    choices = scenarios.choices(inside_acme)
    rule = RuleDraft(firm, segment="VIP").as_rule(currency="EUR")

    changed = following.changing(inside_acme, choices, choices.with_rules([rule]), on=ON)

    assert changed == {vip.pk}


def test_the_coverage_says_who_follows_and_what_they_owe(
    inside_acme: Organization, firm: Scenario
) -> None:
    invoice = make.invoice(inside_acme, amounts={DUE: 10_000})
    make.invoice(inside_acme, amounts={DUE: 20_000})
    assigning.choose_for_invoice(invoice, firm, at=AT)

    covered = following.coverage(inside_acme, scenarios.choices(inside_acme), on=ON)

    assert [str(amount) for amount in covered[firm.pk].amounts] == ["100.00 EUR"]
    assert covered[firm.pk].customers == {invoice.customer_id}


def test_rules_that_cannot_be_meant_are_refused_and_nothing_changes(
    inside_acme: Organization, firm: Scenario
) -> None:
    assigning.write_rules(inside_acme, [RuleDraft(firm, segment="VIP")], at=AT)
    archived = editing.create(inside_acme, "Old", standard.FIRM, at=AT)
    editing.archive(archived, at=AT)
    archived.refresh_from_db()

    with pytest.raises(EmptyRule):
        assigning.write_rules(inside_acme, [RuleDraft(firm)], at=AT)
    with pytest.raises(NotToBeChosen):
        assigning.write_rules(inside_acme, [RuleDraft(archived, segment="x")], at=AT)
    with pytest.raises(NotToBeChosen):
        assigning.choose_for_customer(make.a_customer(inside_acme), archived, at=AT)
    with pytest.raises(TooManyRules):
        assigning.write_rules(inside_acme, [RuleDraft(firm, segment="x")] * 51, at=AT)
    with pytest.raises(RulesChanged):
        assigning.write_rules(inside_acme, [], read="of before", at=AT)

    assert [rule.segment for rule in ScenarioRule.objects.all()] == ["VIP"]

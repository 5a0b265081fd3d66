"""A scenario that is edited never asks twice, and keeps every version of itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from common.tenancy import tenant_transaction
from dunning import assigning, drafts, editing, planning, scenarios, standard
from dunning.drafts import StepDraft
from dunning.editing import (
    ChangedMeanwhile,
    Contradictory,
    IsArchived,
    IsDefault,
    IsFollowed,
    NameTaken,
    UnknownStep,
    UnknownVersion,
)
from dunning.models import Act, Scenario, ScenarioVersion, Step
from organizations.models import Organization, TimelineEvent
from tests import make
from tests.concurrency import at_once
from tests.dunning.steps import step
from tests.make import AT

DUE = "2026-02-02"  # a Monday; D+7 is the 9th
MONDAY = date(2026, 2, 9)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def without(*levels: int) -> list[StepDraft]:
    return [one for one in standard.STEPS if one.level not in levels]


def rounds(
    organization: Organization, *, start: date, days: int, every: int = 1
) -> list[tuple[str, int, str]]:
    """Do the rounds of some days; return all that was asked until then: day, level, channel."""
    for passed in range(0, days, every):
        planning.follow_up(organization, on=start + timedelta(days=passed), at=AT)
    rows = Act.objects.order_by("written_on", "pk")
    return [
        (f"{on:%m-%d}", level, channel)
        for on, level, channel in rows.values_list("written_on", "level", "channel")
    ]


def test_a_save_is_a_new_version_and_keeps_the_steps_of_the_old_one(
    inside_acme: Organization,
) -> None:
    scenario = scenarios.default(inside_acme)

    saved = editing.save(scenario, [*standard.STEPS, step(20, "last")], version=1, at=AT)

    assert saved.version == 2
    first, second = ScenarioVersion.objects.order_by("number")
    assert drafts.read(first.steps) == standard.STEPS
    assert (20, 45) in {(one["offset_days"], one["level"]) for one in second.steps}
    assert (first.author, first.saved_at) == ("system", None)
    assert second.saved_at == AT


def test_a_save_that_changes_nothing_is_no_version(inside_acme: Organization) -> None:
    scenario = scenarios.default(inside_acme)

    saved = editing.save(scenario, standard.STEPS, version=1, at=AT)

    assert saved.version == 1
    assert not ScenarioVersion.objects.exists()


def test_the_second_of_two_who_save_is_told_who_was_first(inside_acme: Organization) -> None:
    scenario = scenarios.default(inside_acme)
    editing.save(scenario, without(30), version=1, at=AT)

    with pytest.raises(ChangedMeanwhile, match="Encours saved version 2 at 09:00"):
        editing.save(scenario, without(20), version=1, at=AT)

    assert set(scenario.steps.living().values_list("level", flat=True)) == {10, 20, 40, 50, 900}


def test_contradictory_steps_are_refused_and_nothing_is_kept(inside_acme: Organization) -> None:
    scenario = scenarios.default(inside_acme)

    with pytest.raises(Contradictory) as refusal:
        editing.save(scenario, [step(7, "firm"), step(9)], version=1, at=AT)

    assert refusal.value.sentences == ["D+9 is softer than D+7 before it: the tone only rises."]
    assert scenario.steps.living().count() == len(standard.STEPS)
    assert not ScenarioVersion.objects.exists()


def test_a_step_of_another_scenario_is_refused(inside_acme: Organization) -> None:
    with pytest.raises(UnknownStep):
        editing.save(scenarios.default(inside_acme), [step(7, level=21)], version=1, at=AT)


def test_a_step_that_is_taken_out_is_retired_and_made_again_has_its_old_level(
    inside_acme: Organization,
) -> None:
    scenario = scenarios.default(inside_acme)
    editing.save(scenario, without(20), version=1, at=AT)

    editing.save(scenario, [*without(20), step(7)], version=2, at=AT)

    again = Step.objects.get(offset_days=7)
    assert (again.level, again.retired_at) == (20, None)


def test_a_step_that_is_made_again_is_not_asked_again(inside_acme: Organization) -> None:
    make.invoice(inside_acme, amounts={DUE: 120_000})
    scenario = scenarios.default(inside_acme)
    assert rounds(inside_acme, start=MONDAY, days=1) == [("02-09", 20, "email")]

    editing.save(scenario, without(20), version=1, at=AT)
    editing.save(scenario, [*without(20), step(7)], version=2, at=AT)

    assert rounds(inside_acme, start=MONDAY, days=9) == [
        ("02-09", 20, "email"),
        ("02-17", 40, "email"),
    ]


def test_the_key_of_an_act_alone_refuses_the_level_that_came_back(
    inside_acme: Organization,
) -> None:
    make.invoice(inside_acme, amounts={DUE: 120_000})
    scenario = scenarios.default(inside_acme)
    rounds(inside_acme, start=MONDAY, days=1)
    editing.save(scenario, without(20), version=1, at=AT)
    editing.save(scenario, [*without(20), step(7)], version=2, at=AT)
    again = Step.objects.get(offset_days=7)

    with (
        pytest.raises(IntegrityError, match="act_once_per_instalment_cycle_level_and_channel"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO dunning_act (organization_id, instalment_id, customer_id, cycle, level,"
            " channel, kind, offset_days, rule, written_on, message_id)"
            " SELECT organization_id, instalment_id, customer_id, cycle, %s, %s, kind, 7, rule,"
            " written_on + 1, message_id FROM dunning_act",
            [again.level, again.channel],
        )


@pytest.mark.parametrize("name", ["Gentle", "Firm", "Consumer"])
def test_who_changes_to_another_scenario_goes_on_after_the_last_step(
    inside_acme: Organization, name: str
) -> None:
    invoice = make.invoice(inside_acme, amounts={DUE: 120_000})
    rounds(inside_acme, start=MONDAY, days=10, every=3)  # the courteous email and the firm one
    other = editing.create(inside_acme, name, standard.READY_MADE[name], at=AT)

    assigning.choose_for_invoice(invoice, other, at=AT)
    start = MONDAY + timedelta(days=10)
    levels = [level for _day, level, _by in rounds(inside_acme, start=start, days=100, every=9)]

    above = [one.level for one in standard.READY_MADE[name] if 40 < (one.level or 0) < 900]
    assert levels == [20, 40, *above]


def test_a_formal_notice_is_said_once_whatever_the_levels_of_the_next_scenario(
    inside_acme: Organization,
) -> None:
    invoice = make.invoice(inside_acme, amounts={DUE: 120_000})
    rounds(inside_acme, start=MONDAY, days=40, every=3)
    elsewhere = [
        step(3, "firm", level=60, tone="firm"),
        step(9, "last", level=65, tone="firm"),
        step(20, "formal_notice", level=70),
    ]
    other = editing.create(inside_acme, "Of old", elsewhere, at=AT)

    assigning.choose_for_invoice(invoice, other, at=AT)
    rounds(inside_acme, start=MONDAY + timedelta(days=40), days=60, every=9)

    assert list(Act.objects.order_by("pk").values_list("level", flat=True)) == [20, 40, 50]


def test_an_old_version_comes_back_as_a_new_one(inside_acme: Organization) -> None:
    scenario = scenarios.default(inside_acme)
    editing.save(scenario, without(20, 30), version=1, at=AT)

    restored = editing.restore(scenario, 1, version=2, at=AT)

    assert restored.version == 3
    assert scenarios.drafts_of(restored) == standard.STEPS
    with pytest.raises(UnknownVersion):
        editing.restore(scenario, 9, version=3, at=AT)


def test_the_name_that_another_scenario_has_is_refused(inside_acme: Organization) -> None:
    scenario = scenarios.default(inside_acme)
    editing.create(inside_acme, "Grands comptes", standard.FIRM, at=AT)

    with pytest.raises(NameTaken):
        editing.save(scenario, standard.STEPS, version=1, name="grands comptes", at=AT)

    renamed = editing.save(scenario, standard.STEPS, version=1, name="Les autres", at=AT)
    assert (renamed.name, renamed.version) == ("Les autres", 2)


def test_a_scenario_is_not_archived_while_everybody_follows_it(inside_acme: Organization) -> None:
    with pytest.raises(IsDefault):
        editing.archive(scenarios.default(inside_acme), at=AT)


def test_a_scenario_is_archived_once_its_customers_know_where_to_go(
    inside_acme: Organization,
) -> None:
    standing = scenarios.default(inside_acme)
    firm = editing.create(inside_acme, "Firm", standard.FIRM, at=AT)
    invoice = make.invoice(inside_acme)
    assigning.choose_for_customer(invoice.customer, firm, at=AT)
    assigning.write_rules(inside_acme, [assigning.RuleDraft(firm, segment="VIP")], at=AT)

    with pytest.raises(IsFollowed):
        editing.archive(firm, at=AT)
    editing.archive(firm, heir=standing, at=AT)

    choices = scenarios.choices(inside_acme)
    assert choices.of_customers == {invoice.customer_id: standing.pk}
    assert [rule.scenario_id for rule in choices.rules] == [standing.pk]
    with pytest.raises(IsArchived):
        editing.save(firm, standard.FIRM, version=1, at=AT)
    with pytest.raises(IsArchived):
        editing.set_default(firm, at=AT)
    editing.bring_back(firm, at=AT)
    editing.set_default(firm, at=AT)
    assert scenarios.default(inside_acme) == firm


def test_another_default_leaves_one_default(inside_acme: Organization) -> None:
    scenarios.default(inside_acme)
    firm = editing.create(inside_acme, "Firm", standard.FIRM, at=AT)

    editing.set_default(firm, at=AT)

    assert Scenario.objects.get(is_default=True) == firm


def test_each_change_is_remembered(acme: Organization) -> None:
    with tenant_transaction(acme.pk):
        firm = editing.create(acme, "Firm", standard.FIRM, at=AT)
        editing.save(firm, [*standard.FIRM[:-1]], version=1, at=AT)
        editing.archive(firm, at=AT)
        editing.bring_back(firm, at=AT)
        editing.set_default(firm, at=AT)

    with tenant_transaction(acme.pk):
        kinds = TimelineEvent.objects.filter(kind__startswith="dunning.scenario")
        assert [event.kind for event in kinds.order_by("position")] == [
            "dunning.scenario_created",
            "dunning.scenario_saved",
            "dunning.scenario_archived",
            "dunning.scenario_brought_back",
            "dunning.scenario_made_default",
        ]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_refused() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        scenario = scenarios.default(acme)

    def saving(offset_days: int) -> None:
        with tenant_transaction(acme.pk):
            editing.save(scenario, [*standard.STEPS, step(offset_days, "last")], version=1, at=AT)

    refused = at_once(lambda: saving(20), lambda: saving(22))

    assert refused == ["changed_meanwhile"]
    with tenant_transaction(acme.pk):
        assert Step.objects.filter(kind="last").count() == 1
        assert Scenario.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_a_round_beside_an_edit_plans_the_old_scenario_or_the_new_one_whole() -> None:
    acme = make.organization()
    with tenant_transaction(acme.pk):
        scenario = scenarios.default(acme)
        for _number in range(20):
            make.invoice(acme, amounts={DUE: 10_000}, customer=make.a_customer(acme))
    moved = [replace(one, channel="letter") if one.level == 20 else one for one in standard.STEPS]

    def plan() -> None:
        with tenant_transaction(acme.pk):
            planning.follow_up(acme, on=MONDAY, at=AT)

    def edit() -> None:
        with tenant_transaction(acme.pk):
            editing.save(scenario, moved, version=1, at=AT)

    assert at_once(plan, edit) == []

    with tenant_transaction(acme.pk):
        rows = Act.objects.values_list("level", "channel")
        assert len(rows) == 20
        assert len(set(rows)) == 1

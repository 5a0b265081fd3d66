"""What must never be false of the ladder, whatever the debtor."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from common.money import Money
from dunning import ladder
from dunning.ladder import Act, Blocker, DebtorFacts, Done, Habit, InstalmentFacts, Limits, Step
from tests.dunning.ladders import EVERYWHERE, FRANCE, STEPS, THANK_YOU, debtor, instalment

START = date(2026, 4, 1)  # Easter and the holidays of May lie ahead
DAYS, LONG = 90, 3 * 365
Lived = list[tuple[date, tuple[Act, ...]]]

some_day = st.integers(-40, 60).map(lambda days: START + timedelta(days=days))
earlier_day = st.integers(-12, -1).map(lambda days: START + timedelta(days=days))
holds = st.builds(
    Blocker,
    st.sampled_from(["promise", "pause", "bank_data_old", "reply", "kill_switch"]),
    until=st.none() | some_day,
    since=st.none() | some_day,
    for_everyone=st.booleans(),
)
CHANNELS = sorted(EVERYWHERE)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Step, ...]:
    """The standard scenario, or one in which the offsets need not even climb."""
    if draw(st.booleans()):
        return STEPS
    offsets = draw(st.lists(st.integers(-12, 40), min_size=1, max_size=5))
    made = [
        Step(
            10 * position,
            offset,
            draw(st.sampled_from(CHANNELS)),
            draw(st.sampled_from(["friendly", "firm", "formal_notice"])),
        )
        for position, offset in enumerate(offsets, 1)
    ]
    return (*draw(st.permutations(made)), THANK_YOU)


@st.composite
def parts(draw: st.DrawFn, *, number: int) -> InstalmentFacts:
    steps = draw(ladders())
    last = draw(st.none() | st.sampled_from(steps))
    is_paid = draw(st.integers(0, 3)) == 0
    return instalment(
        number,
        due_on=draw(some_day),
        steps=steps,
        done=last and Done(last.level, last.offset_days, draw(earlier_day)),
        balance=Money(0 if is_paid else 100, "EUR"),
        settled_on=draw(st.none() | some_day) if is_paid else None,
        holds=tuple(draw(st.lists(holds, max_size=2))),
    )


@st.composite
def debtors(draw: st.DrawFn) -> DebtorFacts:
    return debtor(
        *[draw(parts(number=number)) for number in range(1, draw(st.integers(1, 4)) + 1)],
        reachable=frozenset(draw(st.sets(st.sampled_from(CHANNELS), min_size=1))),
        limits=Limits(
            draw(st.integers(0, 5)),
            draw(st.integers(1, 4)),
            draw(st.integers(1, 9)),
            habit_cap_days=draw(st.integers(0, 15)),
        ),
        habit=draw(st.none() | st.builds(Habit, st.integers(-5, 40), st.just(6))),
        contacted_on=tuple(draw(st.lists(earlier_day, max_size=4))),
        holds=tuple(draw(st.lists(holds, max_size=1))),
        start_on=draw(st.none() | some_day),
        approval_until=draw(st.none() | some_day),
    )


def live(facts: DebtorFacts) -> Lived:
    """Do the round of each day, from the facts that the one before left."""
    lived = []
    for day in (START + timedelta(days=passed) for passed in range(DAYS)):
        acts = ladder.acts_on(facts, on=day)
        if acts:
            lived.append((day, acts))
            facts = ladder.after(facts, acts, on=day)
    return lived


def levels(lived: Lived) -> dict[int, list[int]]:
    climbed: dict[int, list[int]] = {}
    for _day, acts in lived:
        for act in acts:
            climbed.setdefault(act.instalment_id, []).append(act.step.level)
    return climbed


def contacts(acts: Iterable[Act]) -> set[tuple[str, str]]:
    return {(act.step.channel, act.step.group) for act in acts if act.step.group != "thank_you"}


@settings(max_examples=300, deadline=None)
@given(debtors())
def test_the_preview_is_what_the_days_bring(facts: DebtorFacts) -> None:
    assert list(ladder.fold(facts, start=START, days=DAYS)) == live(facts)


@settings(max_examples=100, deadline=None)
@given(debtors())
def test_a_round_repeated_on_its_day_finds_nothing(facts: DebtorFacts) -> None:
    for day, acts in ladder.fold(facts, start=START, days=DAYS):
        facts = ladder.after(facts, acts, on=day)

        assert ladder.acts_on(facts, on=day) == ()


@settings(max_examples=150, deadline=None)
@given(debtors())
def test_reminders_keep_gap_and_cap_after_whatever_was_heard(facts: DebtorFacts) -> None:
    heard, limits = list(facts.contacted_on), facts.limits
    for day, acts in live(facts):
        if any(not act.step.is_exempt for act in acts):
            assert all(day >= other + timedelta(days=limits.gap_days) for other in heard)
            assert day not in heard
            assert len(contacts(acts)) == 1
            window = [other for other in heard if day - other < timedelta(days=limits.cap_days)]
            assert len(window) < limits.cap_count
        heard += [day for _contact in contacts(acts)]


@settings(max_examples=150, deadline=None)
@given(debtors())
def test_each_instalment_climbs_by_channels_that_reach_the_debtor(facts: DebtorFacts) -> None:
    lived = live(facts)

    climbed = levels(lived)
    for part in facts.instalments:
        path = [part.done.level] if part.done else []
        path += climbed.get(part.id, [])
        assert path == sorted(set(path))
        first = next((step for step in part.steps if path and step.level == path[0]), None)
        assert part.done or first is None or first.kind != "formal_notice"
    assert {act.step.channel for _day, acts in lived for act in acts} <= facts.reachable


@settings(max_examples=150, deadline=None)
@given(debtors())
def test_no_act_is_on_a_day_off_or_a_preventive_one_too_late(facts: DebtorFacts) -> None:
    due_on = {part.id: part.due_on for part in facts.instalments}
    for day, acts in live(facts):
        assert FRANCE.is_working(day)
        assert all(day < due_on[act.instalment_id] for act in acts if act.step.is_preventive)


@settings(max_examples=150, deadline=None)
@given(debtors())
def test_after_payment_there_is_nothing_but_one_thank_you(facts: DebtorFacts) -> None:
    climbed = levels(live(facts))

    for part in facts.instalments:
        if part.balance.minor == 0:
            assert climbed.get(part.id, []) in ([], [THANK_YOU.level])
        else:
            assert THANK_YOU.level not in climbed.get(part.id, [])


@settings(max_examples=100, deadline=None)
@given(debtors(), st.sets(st.integers(0, 40)))
def test_days_that_were_skipped_are_caught_up(facts: DebtorFacts, skipped: set[int]) -> None:
    """What lapses aside, the same levels come in the end, and a day brings one message.

    So do holds without an end: what they begin to cover while a day is skipped never comes.
    """
    facts = replace(
        facts,
        instalments=tuple(
            replace(
                part,
                steps=tuple(step for step in part.steps if step.offset_days >= 0),
                holds=tuple(hold for hold in part.holds if hold.until is not None),
            )
            for part in facts.instalments
            if part.balance.minor > 0
        ),
        holds=tuple(hold for hold in facts.holds if hold.until is not None),
    )
    resumed = facts
    late: Lived = []
    for day in (START + timedelta(days=passed) for passed in range(41) if passed not in skipped):
        late.append((day, ladder.acts_on(resumed, on=day)))
        resumed = ladder.after(resumed, late[-1][1], on=day)
    late += ladder.fold(resumed, start=START + timedelta(days=41), days=LONG)

    assert levels(late) == levels(list(ladder.fold(facts, start=START, days=LONG)))
    for _day, acts in late:
        assert len({channel for channel, group in contacts(acts) if group == "reminder"}) <= 1


@settings(max_examples=100, deadline=None)
@given(debtors(), st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_nothing(facts: DebtorFacts, chance: random.Random) -> None:
    shuffled = [
        replace(part, steps=tuple(chance.sample(part.steps, len(part.steps))))
        for part in chance.sample(facts.instalments, len(facts.instalments))
    ]

    assert live(replace(facts, instalments=tuple(shuffled))) == live(facts)


@settings(max_examples=100, deadline=None)
@given(debtors(), some_day)
def test_an_instalment_is_asked_or_blocked_or_its_day_is_to_come(
    facts: DebtorFacts, day: date
) -> None:
    today = ladder.plan(facts, on=day)

    asked = {act.instalment_id for act in today.acts}
    assert asked | set(today.blocked) == {part.id for part in facts.instalments}
    for part in facts.instalments:
        found = ladder.blockers(facts, part, on=day)
        assert found == today.blocked.get(part.id, ())
        assert all(blocker.covers(day) for blocker in found if blocker.kind != "paid")


@settings(max_examples=100, deadline=None)
@given(debtors())
def test_no_act_comes_before_the_last_day_of_a_blocker(facts: DebtorFacts) -> None:
    """An end date on screen is a promise: nothing is asked of the instalment until then."""
    ends = {
        part.id: max((b.until for b in found if b.until), default=None)
        for part in facts.instalments
        if (found := ladder.blockers(facts, part, on=START))
        and not any(step.is_preventive for step in part.steps)
    }

    for day, acts in live(facts):
        for act in acts:
            until = ends.get(act.instalment_id)
            assert until is None or day > until

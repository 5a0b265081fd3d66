"""The ladder, told by examples, then held to what must never be false."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.money import Money
from common.working_days import for_country
from dunning import ladder, standard
from dunning.ladder import Act, Blocker, DebtorFacts, Done, InstalmentFacts, Limits, Step

FRANCE = for_country("FR")
STEPS = tuple(
    Step(step.level, step.offset_days, step.channel, step.kind) for step in standard.STEPS
)
EVERYWHERE = frozenset({"email", "call", "registered_letter"})
DUE = date(2026, 2, 4)  # a Wednesday


def instalment(number: int = 1, due_on: date = DUE, **changes: Any) -> InstalmentFacts:
    made = InstalmentFacts(number, f"F-{number}", 1, due_on, Money(120_000, "EUR"), STEPS)
    return replace(made, **changes)


def debtor(*instalments: InstalmentFacts, **changes: Any) -> DebtorFacts:
    made = DebtorFacts(7, "C-7", instalments or (instalment(),), EVERYWHERE, FRANCE)
    return replace(made, **changes)


def told(facts: DebtorFacts, *, start: date = date(2026, 1, 20), days: int = 60) -> list[str]:
    """Live through some days and write down what happened, one line a day."""
    return [
        f"{day:%a %d %b}: " + ", ".join(f"{act.number} {act.step.level}" for act in acts)
        for day, acts in ladder.fold(facts, start=start, days=days)
    ]


def test_an_invoice_climbs_the_standard_ladder() -> None:
    assert told(debtor()) == [
        "Tue 03 Feb: F-1 10",
        "Wed 11 Feb: F-1 20",
        "Mon 16 Feb: F-1 30",  # D+10 is a Saturday
        "Mon 23 Feb: F-1 40",  # five days after the call is a Saturday
        "Tue 10 Mar: F-1 50",  # fifteen days after it
    ]


def test_every_act_carries_its_rule() -> None:
    rules = [acts[0].rule for _day, acts in ladder.fold(debtor(), start=DUE, days=60)]

    assert rules == [
        "D+7 courteous",
        "D+10 courteous, after days off",
        "D+15 firm, 4 days after its day",
        "D+30 formal notice, exempt from gap and cap, 4 days after its day",
    ]


def test_a_step_before_the_due_date_is_drawn_before_the_weekend() -> None:
    monday = instalment(due_on=date(2026, 2, 9))

    day, acts = next(ladder.fold(debtor(monday), start=date(2026, 2, 1), days=30))

    assert (day, acts[0].rule) == (date(2026, 2, 6), "D-1 preventive, drawn before days off")


def test_a_step_before_the_due_date_lapses_on_it() -> None:
    assert ladder.acts_on(debtor(), on=DUE) == ()
    assert told(debtor(), start=DUE)[0] == "Wed 11 Feb: F-1 20"


def test_a_public_holiday_is_no_day_for_reminders() -> None:
    easter = instalment(due_on=date(2026, 3, 30))  # D+7 is Easter Monday

    assert ladder.acts_on(debtor(easter), on=date(2026, 4, 6)) == ()
    assert ladder.blockers(debtor(easter), easter, on=date(2026, 4, 6)) == (
        Blocker("calendar", until=date(2026, 4, 6)),
    )
    assert ladder.acts_on(debtor(easter), on=date(2026, 4, 7))[0].step.level == 20


def test_after_an_outage_the_lowest_level_comes_first_and_intervals_are_kept() -> None:
    assert told(debtor(), start=date(2026, 3, 16)) == [
        "Mon 16 Mar: F-1 20",
        "Thu 19 Mar: F-1 30",
        "Tue 24 Mar: F-1 40",
        "Wed 08 Apr: F-1 50",
    ]


def test_one_message_asks_for_everything_that_is_due_that_day() -> None:
    two = debtor(instalment(1), instalment(2, date(2026, 2, 3)))

    acts = ladder.acts_on(two, on=date(2026, 2, 11))

    assert [(act.number, act.step.level) for act in acts] == [("F-2", 20), ("F-1", 20)]


def test_a_debtor_hears_one_channel_a_day_and_the_longest_waiting_first() -> None:
    called = instalment(1, done=Done(20, 7, date(2026, 2, 11)), due_on=DUE)
    fresh = instalment(2, date(2026, 2, 9))
    both = debtor(called, fresh, contacted_on=(date(2026, 2, 11),))

    today = ladder.plan(both, on=date(2026, 2, 16))

    assert [(act.number, act.step.channel) for act in today.acts] == [("F-1", "call")]
    assert today.blocked[2] == (Blocker("gap", until=date(2026, 2, 17), since=date(2026, 2, 16)),)


def test_two_contacts_keep_their_gap() -> None:
    asked = debtor(contacted_on=(date(2026, 2, 10),))

    assert ladder.blockers(asked, asked.instalments[0], on=date(2026, 2, 11)) == (
        Blocker("gap", until=date(2026, 2, 11), since=date(2026, 2, 10)),
    )
    assert ladder.acts_on(asked, on=date(2026, 2, 12))[0].step.level == 20


def test_three_contacts_in_seven_days_are_enough() -> None:
    asked = debtor(contacted_on=tuple(date(2026, 2, day) for day in (5, 7, 9)))

    assert ladder.blockers(asked, asked.instalments[0], on=date(2026, 2, 11)) == (
        Blocker("cap", until=date(2026, 2, 11), since=date(2026, 2, 5)),
    )
    assert ladder.acts_on(asked, on=date(2026, 2, 12)) != ()


def test_a_formal_notice_is_held_by_neither_gap_nor_cap() -> None:
    ready = instalment(done=Done(40, 15, date(2026, 2, 23)))
    asked = debtor(ready, contacted_on=tuple(date(2026, 3, day) for day in (6, 8, 10)))

    assert ladder.acts_on(asked, on=date(2026, 3, 10))[0].step.kind == "formal_notice"


def test_a_formal_notice_is_never_what_a_debtor_hears_first() -> None:
    unreachable = debtor(reachable=frozenset({"registered_letter"}))

    assert told(unreachable, days=200) == []
    assert ladder.blockers(unreachable, unreachable.instalments[0], on=date(2026, 3, 10)) == (
        Blocker("no_contact"),
    )


def test_without_an_email_address_the_call_is_next() -> None:
    assert told(debtor(reachable=frozenset({"call"}))) == ["Mon 16 Feb: F-1 30"]


@pytest.mark.parametrize("place", ["instalment", "debtor"])
def test_a_promise_keeps_silence_until_its_last_day(place: str) -> None:
    promise = Blocker("promise", until=date(2026, 2, 17))
    held = (
        debtor(instalment(holds=(promise,))) if place == "instalment" else debtor(holds=(promise,))
    )

    assert told(held, start=DUE)[0] == "Wed 18 Feb: F-1 20"


def test_a_hold_without_an_end_waits_for_a_person() -> None:
    assert told(debtor(holds=(Blocker("pause"),)), days=400) == []


def test_a_hold_on_one_invoice_leaves_the_others_alone() -> None:
    held = instalment(1, holds=(Blocker("promise", until=date(2026, 5, 1)),))

    assert told(debtor(held, instalment(2)), start=DUE)[0] == "Wed 11 Feb: F-2 20"


def test_what_is_paid_is_not_asked_for() -> None:
    paid = instalment(balance=Money(0, "EUR"), settled_on=None)

    assert told(debtor(paid), days=200) == []
    assert ladder.blockers(debtor(paid), paid, on=date(2026, 2, 11)) == (Blocker("paid"),)


def test_thanks_are_given_once_for_what_had_to_be_asked_for() -> None:
    settled = instalment(
        balance=Money(0, "EUR"), settled_on=date(2026, 2, 14), done=Done(20, 7, date(2026, 2, 11))
    )

    assert told(debtor(settled, contacted_on=(date(2026, 2, 15),))) == ["Mon 16 Feb: F-1 900"]
    assert told(debtor(settled), start=date(2026, 2, 25)) == []


def test_a_backlog_debtor_waits_for_his_day() -> None:
    late = debtor(start_on=date(2026, 3, 3))

    assert Blocker("backlog", until=date(2026, 3, 2)) in ladder.blockers(
        late, late.instalments[0], on=date(2026, 2, 11)
    )
    assert told(late, start=DUE)[0] == "Tue 03 Mar: F-1 20"


def test_what_leaves_in_the_first_days_awaits_approval() -> None:
    young = debtor(approval_until=date(2026, 2, 11))

    awaiting = [acts[0].awaiting_approval for _day, acts in ladder.fold(young, start=DUE, days=30)]

    assert awaiting == [True, False, False]


def test_the_next_act_is_the_first_day_of_the_preview_on_which_it_appears() -> None:
    found = ladder.next_act(debtor(), 1, on=DUE)

    assert found is not None
    assert (found[0], found[1].step.level) == (date(2026, 2, 11), 20)
    assert ladder.next_act(debtor(holds=(Blocker("pause"),)), 1, on=DUE) is None


# What must never be false

DAYS = st.integers(-40, 60).map(lambda days: DUE + timedelta(days=days))
PAST = st.integers(-12, 0).map(lambda days: DUE + timedelta(days=days - 1))
HOLDS = st.builds(
    Blocker,
    st.sampled_from(["promise", "pause", "dispute"]),
    until=st.one_of(st.none(), DAYS),
    since=st.one_of(st.none(), DAYS),
)


@st.composite
def debtors(draw: st.DrawFn) -> DebtorFacts:
    count = draw(st.integers(1, 4))
    parts = []
    for number in range(1, count + 1):
        level = draw(st.sampled_from([None, *STEPS[:-1]]))
        settled = draw(st.booleans()) and draw(st.booleans())
        parts.append(
            instalment(
                number,
                draw(DAYS),
                balance=Money(0 if settled else 100, "EUR"),
                settled_on=draw(DAYS) if settled else None,
                done=None if level is None else Done(level.level, level.offset_days, draw(DAYS)),
                holds=tuple(draw(st.lists(HOLDS, max_size=1))),
            )
        )
    return debtor(
        *parts,
        reachable=frozenset(draw(st.sets(st.sampled_from(sorted(EVERYWHERE))))),
        limits=Limits(draw(st.integers(0, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 9))),
        contacted_on=tuple(sorted(draw(st.sets(PAST, max_size=4)))),
        holds=tuple(draw(st.lists(HOLDS, max_size=1))),
        start_on=draw(st.one_of(st.none(), DAYS)),
    )


def day_by_day(facts: DebtorFacts, *, days: int) -> list[tuple[date, tuple[Act, ...]]]:
    lived = []
    for back in range(days):
        day = DUE + timedelta(days=back)
        acts = ladder.acts_on(facts, on=day)
        if acts:
            lived.append((day, acts))
            facts = ladder.after(facts, acts, on=day)
    return lived


@settings(max_examples=300, deadline=None)
@given(debtors())
def test_the_preview_is_what_the_days_bring(facts: DebtorFacts) -> None:
    assert list(ladder.fold(facts, start=DUE, days=90)) == day_by_day(facts, days=90)


@settings(max_examples=300, deadline=None)
@given(debtors())
def test_what_must_never_be_false_is_not(facts: DebtorFacts) -> None:
    lived = day_by_day(facts, days=90)

    levels: dict[int, list[int]] = {}
    soft = [day for day, acts in lived if any(not act.step.is_exempt for act in acts)]
    heard = [*facts.contacted_on, *(d for d, acts in lived if _heard(acts))]
    for day, acts in lived:
        assert FRANCE.is_working(day)
        assert len({act.step.channel for act in acts if not act.step.is_exempt}) <= 1
        for act in acts:
            levels.setdefault(act.instalment_id, []).append(act.step.level)
            assert act.step.channel in facts.reachable
    for part in facts.instalments:
        climbed = levels.get(part.id, [])
        reached = [part.done.level] if part.done else []
        assert [*reached, *climbed] == sorted({*reached, *climbed})
        if part.balance.minor == 0:
            assert climbed in ([], [900])
    for day in soft:
        earlier = [other for other in heard if other < day]
        assert all((day - other).days >= facts.limits.gap_days for other in earlier)
        window = [other for other in earlier if (day - other).days < facts.limits.cap_days]
        assert len(window) < facts.limits.cap_count


def _heard(acts: tuple[Act, ...]) -> bool:
    return any(act.step.kind != "thank_you" for act in acts)


@settings(max_examples=200, deadline=None)
@given(debtors(), st.randoms(use_true_random=False))
def test_the_order_of_the_facts_changes_nothing(facts: DebtorFacts, chance: random.Random) -> None:
    shuffled = list(facts.instalments)
    chance.shuffle(shuffled)

    assert ladder.plan(replace(facts, instalments=tuple(shuffled)), on=DUE).acts == (
        ladder.plan(facts, on=DUE).acts
    )

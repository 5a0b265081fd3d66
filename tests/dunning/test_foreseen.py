"""The figures of a run: what days bring in all."""

from datetime import date

from common.money import Money
from dunning import foreseen, living
from dunning.foreseen import Heard, Run, TooMuch
from dunning.ladder import Act, Step
from dunning.living import Life
from tests.dunning.ladders import (
    CALL,
    EMAIL,
    FORMAL_NOTICE,
    PREVENTIVE,
    THANK_YOU,
    day,
    debtor,
    instalment,
)


def heard(
    on: str, step: Step = EMAIL, *, customer: int = 7, part: int = 1, minor: int = 100
) -> Heard:
    act = Act(part, f"F-{part}", 1, step, step.rule)
    asked = {} if step is THANK_YOU else {part: Money(minor, "EUR")}
    return Heard(day(on), customer, f"C-{customer}", (act,), asked)


def run(*found: Heard, days: int = 30) -> Run:
    return Run(day("02-02"), days, found)


def test_contacts_are_counted_by_day_and_channel() -> None:
    found = run(heard("02-03"), heard("02-03", CALL, customer=8), heard("02-04", CALL))

    assert found.by_day == {
        day("02-03"): {"email": 1, "call": 1},
        day("02-04"): {"call": 1},
    }
    assert (found.count, found.calls, found.most_calls) == (3, 2, 1)


def test_each_instalment_counts_once_in_what_is_asked() -> None:
    found = run(heard("02-03"), heard("02-10", CALL), heard("02-10", part=2, minor=50))

    assert found.amounts == [Money(150, "EUR")]


def test_the_days_with_more_calls_than_can_be_made_are_named() -> None:
    calls = [heard("02-03", CALL, customer=n) for n in range(3)]
    found = run(*calls, heard("02-04", CALL))

    assert found.over(2) == [(day("02-03"), 3)]
    assert found.over(3) == []


def test_who_hears_too_much_is_named_with_what_he_hears_today() -> None:
    today = run(heard("02-03"), heard("02-05", customer=8))
    draft = run(
        heard("02-03"), heard("02-05"), heard("02-09"), heard("02-11", THANK_YOU),
        heard("02-05", customer=8), heard("02-09", customer=8),
    )  # fmt: skip

    assert foreseen.too_much(today, draft, most=2) == [TooMuch(7, was=1, will_be=3)]


def test_formal_notices_are_known_by_customer() -> None:
    found = run(heard("02-03"), heard("02-20", FORMAL_NOTICE), heard("02-27", FORMAL_NOTICE))

    assert found.formal_notices == {7: day("02-20")}


def test_a_chart_goes_by_day_then_week_then_month() -> None:
    one = heard("02-11")

    assert len(run(one, days=30).periods()) == 30
    weeks = run(one, days=60).periods()
    assert (len(weeks), weeks[1]) == (9, (date(2026, 2, 9), {"email": 1}))
    months = run(one, days=365).periods()
    assert (len(months), months[0]) == (13, (date(2026, 2, 1), {"email": 1}))


def test_what_each_step_reached_and_what_was_paid_before_it() -> None:
    lives = [
        Life(debtor(instalment(1), customer_id=1), paid={1: day("02-12")}),
        Life(debtor(instalment(2), customer_id=2), paid={2: day("02-02")}),
        Life(debtor(instalment(3), customer_id=3)),
    ]
    found = []
    for on, facts, acts in living.through(lives, start=day("02-02"), days=20):
        found.append(Heard(on, facts.customer_id, "", acts, {}))

    rows = foreseen.reached(lives, found)

    assert [(row.step.level, row.asked, row.paid_before) for row in rows] == [
        (PREVENTIVE.level, 2, 1),
        (EMAIL.level, 2, 1),
        (CALL.level, 1, 2),
        (40, 0, 2),
        (FORMAL_NOTICE.level, 0, 2),
    ]

"""Debtors as the ladder sees them. Unless said otherwise: one invoice due Wednesday 4 February."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from common.money import Money
from common.working_days import for_country
from dunning import ladder, standard
from dunning.ladder import Act, Blocker, DebtorFacts, Done, Habit, InstalmentFacts, Step

DUE_ON = date(2026, 2, 4)
FRANCE = for_country("FR")
EVERYWHERE = frozenset({"email", "call", "letter", "registered_letter"})
STEPS = tuple(
    Step(step.level or 0, step.offset_days, step.channel, step.kind) for step in standard.STEPS
)
PREVENTIVE, EMAIL, CALL, FIRM_EMAIL, FORMAL_NOTICE, THANK_YOU = STEPS


def day(text: str) -> date:
    """Return a day of 2026, "02-11"."""
    return date.fromisoformat(f"2026-{text}")


def instalment(id: int = 1, **changes: Any) -> InstalmentFacts:  # noqa: A002
    made = InstalmentFacts(
        id=id,
        number=f"F-{id}",
        cycle=1,
        due_on=DUE_ON,
        balance=Money(120_000, "EUR"),
        steps=STEPS,
    )
    return replace(made, **changes)


def debtor(*instalments: InstalmentFacts, **changes: Any) -> DebtorFacts:
    made = DebtorFacts(
        customer_id=7,
        code="C-7",
        instalments=instalments or (instalment(),),
        reachable=EVERYWHERE,
        calendar=FRANCE,
    )
    return replace(made, **changes)


def paid(on: str, *, after: Step | None = EMAIL, **changes: Any) -> InstalmentFacts:
    """Return an instalment that was paid, when it had been asked for up to a step."""
    done_before = after and done(after, "02-11")
    return instalment(balance=Money(0, "EUR"), settled_on=day(on), done=done_before, **changes)


def done(step: Step, on: str) -> Done:
    return Done(step.level, step.offset_days, day(on))


def hold(
    kind: str, until: str | None = None, *, since: str | None = None, for_everyone: bool = False
) -> Blocker:
    return Blocker(
        kind,
        until=day(until) if until else None,
        since=day(since) if since else None,
        for_everyone=for_everyone,
    )


def habit(days: int) -> Habit:
    """Return the habit of a debtor most of whose payments come so many days after the due date."""
    return Habit(days, payments=8)


def plan(facts: DebtorFacts, *, start: str, days: int = 60) -> list[tuple[str, list[str]]]:
    """Return the coming days that have acts: "02-11" and ["F-1 email 20"]."""
    return [
        (f"{on:%m-%d}", told(acts)) for on, acts in ladder.fold(facts, start=day(start), days=days)
    ]


def told(acts: Iterable[Act]) -> list[str]:
    return [f"{act.number} {act.step.channel} {act.step.level}" for act in acts]


def rules(facts: DebtorFacts, *, on: str) -> list[str]:
    return [act.rule for act in ladder.acts_on(facts, on=day(on))]


def acts(facts: DebtorFacts, *, on: str) -> list[str]:
    return told(ladder.acts_on(facts, on=day(on)))


def blocked(facts: DebtorFacts, *, on: str, part: int = 0) -> list[tuple[str, str | None]]:
    """Return the blockers of an instalment on a day, each with its last day."""
    found: Sequence[Blocker] = ladder.blockers(facts, facts.instalments[part], on=day(on))
    return [
        (blocker.kind, f"{blocker.until:%m-%d}" if blocker.until else None) for blocker in found
    ]

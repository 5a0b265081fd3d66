"""What days bring in all: contacts by day and channel, calls, who hears much. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from common.money import Money
from dunning.debtor import FORMAL_NOTICE, THANK_YOU, InstalmentFacts, Step
from dunning.ladder import Act
from dunning.living import Life

CALL = "call"
BY_DAY_UP_TO, BY_WEEK_UP_TO = 31, 100  # days that a chart shows one by one, or week by week


@dataclass(frozen=True, slots=True)
class Heard:
    """What one debtor hears on one day by one channel."""

    on: date
    customer_id: int
    customer: str  # its code
    acts: tuple[Act, ...]
    asked: Mapping[int, Money]  # instalment id to what is left of it; nothing by thanks

    @property
    def highest(self) -> Act:
        return max(self.acts, key=lambda act: (act.step.level, act.number))

    @property
    def channel(self) -> str:
        return self.highest.step.channel

    @property
    def kind(self) -> str:
        return self.highest.step.kind

    @property
    def numbers(self) -> list[str]:
        return sorted({act.number for act in self.acts})

    @property
    def amounts(self) -> list[Money]:
        return sums(self.asked.values())


@dataclass(frozen=True)
class Run:
    """What the rounds of some days bring; the first day and how many."""

    start: date
    days: int
    heard: tuple[Heard, ...]

    @cached_property
    def by_day(self) -> dict[date, Counter[str]]:
        """Return for each day that has contacts how many there are by channel."""
        found: dict[date, Counter[str]] = defaultdict(Counter)
        for one in self.heard:
            found[one.on][one.channel] += 1
        return dict(found)

    @cached_property
    def channels(self) -> Counter[str]:
        return Counter(one.channel for one in self.heard)

    @property
    def count(self) -> int:
        return len(self.heard)

    @property
    def calls(self) -> int:
        return self.channels[CALL]

    @property
    def most_calls(self) -> int:
        """Return how many calls the fullest day has."""
        return max((channels[CALL] for channels in self.by_day.values()), default=0)

    @cached_property
    def formal_notices(self) -> dict[int, date]:
        """Return the customers who get a formal notice, with the first day."""
        first: dict[int, date] = {}
        for one in self.heard:
            if any(act.step.kind == FORMAL_NOTICE for act in one.acts):
                first.setdefault(one.customer_id, one.on)
        return first

    @cached_property
    def contacts(self) -> Counter[int]:
        """Return how often each customer is contacted; thanks do not count."""
        return Counter(one.customer_id for one in self.heard if one.kind != THANK_YOU)

    @cached_property
    def amounts(self) -> list[Money]:
        """Return what is asked in all, each instalment once as it is first asked, by currency."""
        first: dict[int, Money] = {}
        for one in self.heard:
            for id_, left in one.asked.items():
                first.setdefault(id_, left)
        return sums(first.values())

    @cached_property
    def amounts_by_day(self) -> dict[date, list[Money]]:
        """Return what each day asks for, by currency."""
        days: dict[date, list[Money]] = defaultdict(list)
        for one in self.heard:
            days[one.on] += one.asked.values()
        return {day: sums(found) for day, found in days.items()}

    def periods(self) -> list[tuple[date, Counter[str]]]:
        """Return the channels of every day, or week, or month: few enough to be drawn.

        A week is named by its Monday, a month by its first day, were they before the start.
        """
        begins = _period(self.days)
        days = [self.start + timedelta(days=n) for n in range(self.days)]
        found: dict[date, Counter[str]] = {begins(day): Counter() for day in days}
        for one in self.heard:
            found[begins(one.on)][one.channel] += 1
        return list(found.items())

    def over(self, capacity: int) -> list[tuple[date, int]]:
        """Return the days with more calls than so many, and how many they have."""
        found = sorted(self.by_day.items())
        return [(day, n[CALL]) for day, n in found if n[CALL] > capacity]


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A customer who hears more than is good; how often with today's scenario, and the draft."""

    customer_id: int
    was: int
    will_be: int


def too_much(today: Run, draft: Run, *, most: int) -> list[TooMuch]:
    """Return the customers contacted more than `most` times with the draft, the worst first."""
    found = [
        TooMuch(customer_id, today.contacts[customer_id], count)
        for customer_id, count in draft.contacts.items()
        if count > most
    ]
    return sorted(found, key=lambda one: (-one.will_be, one.was, one.customer_id))


@dataclass(slots=True)
class Reached:
    """How many instalments a step asked, and how many were paid before it could."""

    step: Step
    asked: int = 0
    paid_before: int = 0


def reached(lives: Iterable[Life], heard: Iterable[Heard]) -> list[Reached]:
    """Return each step of these lives with what it reached, the lowest level first.

    A paid instalment counts before a step when no step of its level or a higher one asked for it;
    before the due date, when the money was there on the step's day.
    """
    levels: dict[int, set[int]] = defaultdict(set)
    for one in heard:
        for act in one.acts:
            if act.step.kind != THANK_YOU:
                levels[act.instalment_id].add(act.step.level)
    found: dict[Step, Reached] = {}
    for life in lives:
        for part in life.instalments:
            paid_on, asked = life.paid.get(part.id), levels[part.id]
            for step in part.steps:
                if step.kind != THANK_YOU:
                    row = found.setdefault(step, Reached(step))
                    row.asked += step.level in asked
                    row.paid_before += _came_before(step, part, asked, paid_on=paid_on)
    return sorted(found.values(), key=lambda row: (row.step.level, row.step.offset_days))


def _came_before(
    step: Step, part: InstalmentFacts, asked: Collection[int], *, paid_on: date | None
) -> bool:
    """Return whether an instalment was paid before a step could ask for it."""
    if paid_on is None or max(asked, default=-1) >= step.level:
        return False
    return step.offset_days >= 0 or paid_on <= part.due_on + timedelta(days=step.offset_days)


def sums(amounts: Iterable[Money]) -> list[Money]:
    """Return the sum of each currency, without those of nothing."""
    found: dict[str, int] = defaultdict(int)
    for amount in amounts:
        found[amount.currency] += amount.minor
    return [Money(minor, currency) for currency, minor in sorted(found.items()) if minor]


def _period(days: int) -> Callable[[date], date]:
    """Return what gives the first day of the period that a day lies in."""
    if days <= BY_DAY_UP_TO:
        return lambda day: day
    if days <= BY_WEEK_UP_TO:
        return lambda day: day - timedelta(days=day.weekday())
    return lambda day: day.replace(day=1)

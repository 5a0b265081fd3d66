"""Which acts a debtor is due on a day, and what stands in the way. Pure: facts in, acts out.

The debtor is the unit, because gap, cap and grouping are his. The page, the preview, the daily
round and the last look before a send all ask this module, so they cannot disagree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from common.money import Money
from common.working_days import DAY, WorkingDays

FORMAL_NOTICE, THANK_YOU, REMINDER = "formal_notice", "thank_you", "reminder"
THANK_YOU_WITHIN_DAYS = 10
HORIZON_DAYS = 400
# What may stop even a thank-you: someone wants silence altogether.
SILENCES = frozenset({"kill_switch", "pause"})


@dataclass(frozen=True, slots=True)
class Step:
    """One rung. Its level belongs to it for ever; a scenario's steps are in level order."""

    level: int
    offset_days: int  # after the due date; negative before it
    channel: str
    kind: str

    @property
    def is_preventive(self) -> bool:
        return self.offset_days < 0

    @property
    def group(self) -> str:
        """Return with what it may share a message."""
        return self.kind if self.kind in {FORMAL_NOTICE, THANK_YOU} else REMINDER

    @property
    def is_exempt(self) -> bool:
        """Return whether gap and cap leave it alone."""
        return self.group != REMINDER


@dataclass(frozen=True, slots=True)
class Done:
    """The highest level asked in this cycle, and when."""

    level: int
    offset_days: int
    on: date


@dataclass(frozen=True, slots=True)
class Blocker:
    kind: str
    until: date | None = None  # the last day it covers; None until a person ends it
    since: date | None = None
    by: str = ""
    reason: str = ""

    def covers(self, day: date) -> bool:
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class InstalmentFacts:
    id: int
    number: str  # of its invoice
    cycle: int
    due_on: date
    balance: Money
    steps: tuple[Step, ...]
    done: Done | None = None
    settled_on: date | None = None  # through Encours
    holds: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    gap_days: int = 2
    cap_count: int = 3
    cap_days: int = 7


@dataclass(frozen=True, slots=True)
class DebtorFacts:
    customer_id: int
    code: str
    instalments: tuple[InstalmentFacts, ...]
    reachable: frozenset[str]  # channels
    calendar: WorkingDays
    limits: Limits = Limits()
    contacted_on: tuple[date, ...] = ()  # ascending; thank-yous do not count
    holds: tuple[Blocker, ...] = ()  # on the customer, or on the whole organization
    start_on: date | None = None  # of the backlog
    approval_until: date | None = None


@dataclass(frozen=True, slots=True)
class Act:
    instalment_id: int
    number: str
    cycle: int
    step: Step
    rule: str
    awaiting_approval: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A day of one debtor: what happens, and for each other instalment all that is in the way."""

    acts: tuple[Act, ...] = ()
    blocked: dict[int, tuple[Blocker, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Due:
    """A step whose day has come for an instalment."""

    instalment: InstalmentFacts
    step: Step
    since: date  # its day


def acts_on(debtor: DebtorFacts, *, on: date) -> tuple[Act, ...]:
    """Return the acts of a debtor on a day; one that was missed stays due until it is done."""
    return plan(debtor, on=on).acts


def plan(debtor: DebtorFacts, *, on: date) -> Plan:
    """Return a debtor's whole day."""
    acts: list[Act] = []
    blocked: dict[int, tuple[Blocker, ...]] = {}
    ready: list[_Due] = []
    for instalment in sorted(debtor.instalments, key=lambda part: (part.due_on, part.id)):
        step = next_step(debtor, instalment, on=on)
        day = None if step is None else day_of(step, debtor, instalment)
        reasons = blockers(debtor, instalment, on=on)
        if reasons or step is None or day is None:
            blocked[instalment.id] = reasons
        elif day > on:
            blocked[instalment.id] = ()
        elif step.is_exempt:
            acts.append(_act(debtor, _Due(instalment, step, day), on=on))
        else:
            ready.append(_Due(instalment, step, day))
    chosen = _channel_of_the_day(ready)
    for due in ready:
        if due.step.channel == chosen:
            acts.append(_act(debtor, due, on=on))
        else:
            gap_until = on + timedelta(days=debtor.limits.gap_days - 1)
            blocked[due.instalment.id] = (Blocker("gap", until=gap_until, since=on),)
    return Plan(tuple(acts), blocked)


def blockers(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> tuple[Blocker, ...]:
    """Return all that keeps an instalment from being asked for on a day, each with its end.

    That its day has not come yet is no blocker.
    """
    step = next_step(debtor, instalment, on=on)
    if step is not None and step.kind == THANK_YOU:
        found = [hold for hold in debtor.holds if hold.kind in SILENCES and hold.covers(on)]
        return (*found, *_calendar(debtor, on=on))
    if instalment.balance.minor <= 0:
        return (Blocker("paid", since=instalment.settled_on),)
    found = [hold for hold in (*debtor.holds, *instalment.holds) if hold.covers(on)]
    if debtor.start_on is not None and on < debtor.start_on:
        found.append(Blocker("backlog", until=debtor.start_on - DAY))
    if step is None:
        if _steps_left(instalment, on=on):
            found.append(Blocker("no_contact"))
        return tuple(found)
    if not step.is_exempt:
        found += contact_blockers(debtor, on=on)
    return (*found, *_calendar(debtor, on=on))


def contact_blockers(debtor: DebtorFacts, *, on: date) -> list[Blocker]:
    """Return what keeps a debtor from being contacted again so soon, or so often."""
    found = []
    limits = debtor.limits
    before = [day for day in debtor.contacted_on if day <= on]
    if before:
        free_on = before[-1] + timedelta(days=limits.gap_days)
        if on < free_on:
            found.append(Blocker("gap", until=free_on - DAY, since=before[-1]))
    window = [day for day in before if day > on - timedelta(days=limits.cap_days)]
    if len(window) >= limits.cap_count:
        last = window[-limits.cap_count] + timedelta(days=limits.cap_days - 1)
        found.append(Blocker("cap", until=last, since=window[-limits.cap_count]))
    return found


def next_step(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> Step | None:
    """Return the lowest level above the highest done whose channel reaches the debtor.

    A step before the due date lapses on it. A formal notice is never what a debtor hears first.
    When the balance is settled, what is left is to give thanks, if it had to be asked for.
    """
    if instalment.balance.minor <= 0:
        return _thanks(debtor, instalment, on=on)
    for step in _steps_left(instalment, on=on):
        first_contact_by_notice = step.kind == FORMAL_NOTICE and instalment.done is None
        if step.channel in debtor.reachable and not first_contact_by_notice:
            return step
    return None


def day_of(step: Step, debtor: DebtorFacts, instalment: InstalmentFacts) -> date:
    """Return the first day of a step.

    Before the due date it is drawn to the working day before; after it, what falls on a day off
    waits. Behind a late act the scenario's intervals are kept, counted from the act.
    """
    if step.kind == THANK_YOU:
        return instalment.settled_on or instalment.due_on
    day = instalment.due_on + timedelta(days=step.offset_days)
    if step.is_preventive:
        return debtor.calendar.previous_working(day)
    done = instalment.done
    if done is None:
        return day
    return max(day, done.on + timedelta(days=step.offset_days - done.offset_days))


def after(debtor: DebtorFacts, acts: Sequence[Act], *, on: date) -> DebtorFacts:
    """Return the facts once a day's acts are done, and nothing else has happened."""
    if not acts:
        return debtor
    done = {act.instalment_id: Done(act.step.level, act.step.offset_days, on) for act in acts}
    heard = any(act.step.kind != THANK_YOU for act in acts)
    return replace(
        debtor,
        instalments=tuple(
            replace(part, done=done[part.id]) if part.id in done else part
            for part in debtor.instalments
        ),
        contacted_on=(*debtor.contacted_on, on) if heard else debtor.contacted_on,
    )


def fold(debtor: DebtorFacts, *, start: date, days: int) -> Iterator[tuple[date, tuple[Act, ...]]]:
    """Yield the days on which something happens, if nothing else does but what was yielded."""
    day, end = start, start + timedelta(days=days)
    while day < end:
        earliest = _earliest(debtor, on=day)
        if earliest is None or earliest >= end:
            return
        day = max(day, earliest)
        acts = acts_on(debtor, on=day)
        if acts:
            yield day, acts
            debtor = after(debtor, acts, on=day)
        day += DAY


def next_act(
    debtor: DebtorFacts, instalment_id: int, *, on: date, horizon_days: int = HORIZON_DAYS
) -> tuple[date, Act] | None:
    """Return the first act of an instalment from a day on, as the preview has it."""
    for day, acts in fold(debtor, start=on, days=horizon_days):
        for act in acts:
            if act.instalment_id == instalment_id:
                return day, act
    return None


def _earliest(debtor: DebtorFacts, *, on: date) -> date | None:
    """Return a day before which nothing can happen, or None if nothing ever will.

    It may be too early, never too late.
    """
    days = []
    for instalment in debtor.instalments:
        step = next_step(debtor, instalment, on=on)
        if step is not None:
            days.append(_unblocked(debtor, instalment, step, on=on))
    return min((day for day in days if day is not None), default=None)


def _unblocked(
    debtor: DebtorFacts, instalment: InstalmentFacts, step: Step, *, on: date
) -> date | None:
    """Return the first day on which a step may be done; None if a person must end a hold first."""
    day = max(on, day_of(step, debtor, instalment))
    if step.is_preventive and day < instalment.due_on:
        return day  # it may lapse while it waits, and another step take its place
    for hold in (*debtor.holds, *instalment.holds) if step.kind != THANK_YOU else ():
        if hold.covers(day):
            if hold.until is None:
                return None
            day = max(day, hold.until + DAY)
    return day


def _steps_left(instalment: InstalmentFacts, *, on: date) -> list[Step]:
    """Return the reminders above the highest level done that have not lapsed, lowest first."""
    reached = instalment.done.level if instalment.done else -1
    return [
        step
        for step in instalment.steps
        if step.level > reached
        and step.kind != THANK_YOU
        and not (step.is_preventive and on >= instalment.due_on)
    ]


def _thanks(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> Step | None:
    done, settled_on = instalment.done, instalment.settled_on
    if done is None or settled_on is None:
        return None
    if on > settled_on + timedelta(days=THANK_YOU_WITHIN_DAYS):
        return None
    return next(
        (
            step
            for step in instalment.steps
            if step.kind == THANK_YOU
            and step.level > done.level
            and step.channel in debtor.reachable
        ),
        None,
    )


def _calendar(debtor: DebtorFacts, *, on: date) -> tuple[Blocker, ...]:
    working = debtor.calendar.next_working(on)
    return () if working == on else (Blocker("calendar", until=working - DAY),)


def _channel_of_the_day(ready: Sequence[_Due]) -> str | None:
    """Return the channel of the reminder that has waited longest: a debtor hears one a day."""
    if not ready:
        return None
    first = min(ready, key=lambda due: (due.since, -due.step.level, due.step.channel))
    return first.step.channel


def _act(debtor: DebtorFacts, due: _Due, *, on: date) -> Act:
    approved = debtor.approval_until is not None and on <= debtor.approval_until
    return Act(
        instalment_id=due.instalment.id,
        number=due.instalment.number,
        cycle=due.instalment.cycle,
        step=due.step,
        rule=_rule(debtor, due, on=on),
        awaiting_approval=approved,
    )


def _rule(debtor: DebtorFacts, due: _Due, *, on: date) -> str:
    """Return the reason of an act in words: its step, and what moved it."""
    step = due.step
    if step.kind == THANK_YOU:
        return "payment received, exempt from gap and cap"
    words = [f"D{step.offset_days:+d} {step.kind.replace('_', ' ')}"]
    if step.is_exempt:
        words.append("exempt from gap and cap")
    nominal = due.instalment.due_on + timedelta(days=step.offset_days)
    if on < nominal:
        words.append("drawn before days off")
    elif on > debtor.calendar.next_working(nominal):
        words.append(f"{(on - nominal).days} days after its day")
    elif on > nominal:
        words.append("after days off")
    return ", ".join(words)

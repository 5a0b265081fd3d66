"""Which acts a debtor is due, and what stands in the way. Pure: facts and a day in, acts out.

The debtor is the unit, because gap, cap and grouping are his. Each instalment has one step whose
turn it is; it happens on the first day, from its own on, that nothing blocks. Every blocker knows
its last day, so the preview jumps past it, and says exactly what the daily round will do.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import attrgetter

from common.working_days import DAY, WorkingDays
from dunning.debtor import (
    FORMAL_NOTICE,
    REMINDER,
    THANK_YOU,
    Blocker,
    DebtorFacts,
    Done,
    Habit,
    InstalmentFacts,
    Limits,
    Step,
)

__all__ = [
    "FORMAL_NOTICE", "REMINDER", "THANK_YOU", "Act", "Blocker", "DebtorFacts", "Done",
    "Habit", "InstalmentFacts", "Limits", "Plan", "Step", "acts_on", "after", "blockers",
    "contact_blockers", "first_day", "fold", "next_act", "next_acts", "plan",
]  # fmt: skip

FIRM = frozenset({"firm", "last", FORMAL_NOTICE})
# Which channel stands in for one that does not reach the debtor, the first that does.
STAND_INS = {"email": ("letter",), "sms": ("email", "letter")}
# By post these would come too late, or be more than they are.
NEVER_POSTED = frozenset({"preventive", "due", THANK_YOU})
THANK_YOU_WITHIN_DAYS = 10
HORIZON_DAYS = 400


@dataclass(frozen=True, slots=True)
class Act:
    """One level to ask of one instalment. Acts of one channel and group leave together."""

    instalment_id: int
    number: str
    cycle: int
    step: Step
    rule: str  # why today: "D+7 courteous email, after the weekend"
    awaiting_approval: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A day of one debtor: what happens, and for each other instalment all that is in the way."""

    acts: tuple[Act, ...]
    blocked: Mapping[int, tuple[Blocker, ...]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """The step whose turn it is, on an instalment."""

    instalment: InstalmentFacts
    step: Step
    planned_on: date  # by the scenario, whatever day of the week that is
    first_on: date  # not before; the calendar and all other blockers come on top
    lapses_on: date | None = None  # from then on it is never done
    quiet_until: date | None = None  # by the debtor's habit, the last day


def acts_on(debtor: DebtorFacts, *, on: date) -> tuple[Act, ...]:
    """Return the acts of a debtor on a day; one that was missed stays due until it is done.

    At most one contact a day: of several channels the one whose act has waited longest goes, the
    others keep their gap. Formal notices and thank-yous do not wait for anyone.
    """
    ready = [turn for turn in _turns(debtor, on=on) if _is_free(debtor, turn, on=on)]
    chosen = [turn for turn in ready if turn.step.is_exempt]
    soft = [turn for turn in ready if not turn.step.is_exempt]
    if soft and not any(turn.step.kind == FORMAL_NOTICE for turn in chosen):
        first = min(soft, key=lambda t: (t.planned_on, -t.step.level, t.step.channel))
        chosen += [turn for turn in soft if turn.step.channel == first.step.channel]
    chosen.sort(key=lambda turn: (turn.instalment.due_on, turn.instalment.id))
    return tuple(_act(debtor, turn, on=on) for turn in chosen)


def blockers(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> tuple[Blocker, ...]:
    """Return all that keeps an instalment's next step from happening on a day.

    None when it happens that day, when its day is still to come, and when no step is left.
    """
    return _blockers(debtor, instalment, acts_on(debtor, on=on), on=on)


def plan(debtor: DebtorFacts, *, on: date) -> Plan:
    """Return a debtor's whole day."""
    acts = acts_on(debtor, on=on)
    asked = {act.instalment_id for act in acts}
    others = (part for part in debtor.instalments if part.id not in asked)
    return Plan(acts, {part.id: _blockers(debtor, part, acts, on=on) for part in others})


def next_act(
    debtor: DebtorFacts, instalment_id: int, *, on: date, horizon_days: int = HORIZON_DAYS
) -> tuple[date, Act] | None:
    """Return when something is next asked of an instalment, and what, nothing else happening."""
    for day, acts in fold(debtor, start=on, days=horizon_days):
        for act in acts:
            if act.instalment_id == instalment_id:
                return day, act
    return None


def next_acts(
    debtor: DebtorFacts, *, on: date, horizon_days: int = HORIZON_DAYS
) -> dict[int, tuple[date, Act]]:
    """Return the next act of every instalment that has one, by its id."""
    following: dict[int, tuple[date, Act]] = {}
    for day, acts in fold(debtor, start=on, days=horizon_days):
        for act in acts:
            following.setdefault(act.instalment_id, (day, act))
    return following


def fold(debtor: DebtorFacts, *, start: date, days: int) -> Iterator[tuple[date, tuple[Act, ...]]]:
    """Go through the coming days, nothing else happening, and give those that have acts."""
    end = start + timedelta(days=days)
    day = first_day(debtor, since=start)
    while day is not None and day < end:
        acts = acts_on(debtor, on=day)
        yield day, acts
        debtor = after(debtor, acts, on=day)
        day = first_day(debtor, since=day + DAY)


def after(debtor: DebtorFacts, acts: Sequence[Act], *, on: date) -> DebtorFacts:
    """Return the facts once the acts of a day are done; a grouped message is one contact."""
    if not acts:
        return debtor
    done = {act.instalment_id: Done(act.step.level, act.step.offset_days, on) for act in acts}
    contacts = {(act.step.channel, act.step.group) for act in acts if act.step.kind != THANK_YOU}
    return replace(
        debtor,
        instalments=tuple(
            replace(part, done=done[part.id]) if part.id in done else part
            for part in debtor.instalments
        ),
        contacted_on=(*debtor.contacted_on, *(on for _ in contacts)),
    )


def first_day(debtor: DebtorFacts, *, since: date) -> date | None:
    """Return the first day, from `since` on, that has an act; None when none ever has."""
    days = (_first_day_of(debtor, part, since=since) for part in debtor.instalments)
    return min((day for day in days if day is not None), default=None)


def stopped_by(
    debtor: DebtorFacts, instalment: InstalmentFacts, *, kind: str, on: date
) -> tuple[str, ...]:
    """Return what stops an act that was decided from being carried out: the last look.

    What was paid meanwhile is not asked for, what was put on hold is not said; a thank-you needs
    the payment to stand. A hold counts though it began after the day of the decision: who looks
    now must not say what was silenced since.
    """
    is_paid = instalment.balance.minor <= 0
    found = [] if is_paid == (kind == THANK_YOU) else ["paid" if is_paid else "not_paid"]
    found += [
        hold.kind
        for hold in (*instalment.holds, *debtor.holds)
        if _stops(hold, kind) and (hold.until is None or on <= hold.until)
    ]
    return tuple(dict.fromkeys(found))


def contact_blockers(debtor: DebtorFacts, *, on: date) -> Iterator[Blocker]:
    """Give what the contacts of the last days say against another one."""
    earlier = sorted(day for day in debtor.contacted_on if day <= on)
    if not earlier:
        return
    gap = _gap_after(earlier[-1], debtor.limits)
    if gap.covers(on):
        yield gap
    count, days = debtor.limits.cap_count, timedelta(days=debtor.limits.cap_days)
    if len(earlier) >= count and on < earlier[-count] + days:
        yield Blocker("cap", earlier[-count] + days - DAY, since=earlier[-count])


def _gap_after(contact: date, limits: Limits) -> Blocker:
    return Blocker("gap", contact + timedelta(days=max(limits.gap_days, 1) - 1), since=contact)


def _blockers(
    debtor: DebtorFacts, instalment: InstalmentFacts, acts: Sequence[Act], *, on: date
) -> tuple[Blocker, ...]:
    """Return the blockers of an instalment on a day whose acts are known."""
    turn = _turn(debtor, instalment, on=on)
    if turn is None and instalment.balance.minor <= 0:
        return (Blocker("paid", since=instalment.settled_on),)
    if turn is None:
        return _out_of_reach(debtor, instalment, on=on)
    found = tuple(_in_the_way(debtor, turn, on=on))
    if found or on < turn.first_on or any(act.instalment_id == instalment.id for act in acts):
        return found
    return (_gap_after(on, debtor.limits),)  # he hears of something else that day


def _out_of_reach(
    debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date
) -> tuple[Blocker, ...]:
    """Return the blockers of a debtor whom no step that is left can reach."""
    everywhere = replace(debtor, reachable=frozenset(step.channel for step in instalment.steps))
    turn = _turn(everywhere, instalment, on=on)
    return () if turn is None else (Blocker("no_contact"), *_in_the_way(debtor, turn, on=on))


def _first_day_of(debtor: DebtorFacts, instalment: InstalmentFacts, *, since: date) -> date | None:
    """Return when the step whose turn it is happens; if it lapses before, the one after it."""
    while (turn := _turn(debtor, instalment, on=since)) is not None:
        day = _first_free(debtor, turn, since=max(since, turn.first_on))
        if turn.lapses_on is None or (day is not None and day < turn.lapses_on):
            return day
        since = turn.lapses_on
    return None


def _first_free(debtor: DebtorFacts, turn: _Turn, *, since: date) -> date | None:
    """Return the first day that nothing blocks: behind each blocker there may be another."""
    day = since
    while blocker := next(_in_the_way(debtor, turn, on=day), None):
        if blocker.until is None:
            return None
        day = blocker.until + DAY
    return day


def _is_free(debtor: DebtorFacts, turn: _Turn, *, on: date) -> bool:
    return turn.first_on <= on and next(_in_the_way(debtor, turn, on=on), None) is None


def _turns(debtor: DebtorFacts, *, on: date) -> Iterator[_Turn]:
    for instalment in debtor.instalments:
        turn = _turn(debtor, instalment, on=on)
        if turn is not None:
            yield turn


def _turn(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> _Turn | None:
    """Return the step that comes next, as seen on a day; None when none is left."""
    if instalment.balance.minor > 0:
        return _reminder(debtor, instalment, on=on)
    return _thanks(debtor, instalment, on=on)


def _reminder(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> _Turn | None:
    """Return the lowest level above the highest done, if its channel reaches the debtor."""
    ahead = _ahead(debtor, instalment)
    step = _lowest(step for step in ahead if _may_remind(step, instalment, on=on))
    if step is None:
        return None
    planned_on = _planned_on(step, instalment)
    if not step.is_preventive:
        quiet_until = _usually_paid_by(debtor, instalment, step)
        return _Turn(instalment, step, planned_on, planned_on, quiet_until=quiet_until)
    first_on = debtor.calendar.previous_working(planned_on)
    if instalment.done is not None:  # drawn before a weekend, but not onto the day of the last one
        first_on = max(first_on, instalment.done.on + DAY)
    return _Turn(instalment, step, planned_on, first_on, lapses_on=instalment.due_on)


def _usually_paid_by(debtor: DebtorFacts, instalment: InstalmentFacts, step: Step) -> date | None:
    """Return the day through which a soft step waits for the debtor's usual payment, if any.

    Firm messages and formal notices keep their day, and no step is put off beyond the cap.
    """
    is_soft = step.kind not in FIRM or (step.channel == "call" and step.kind != FORMAL_NOTICE)
    if debtor.habit is None or not is_soft:
        return None
    days = min(debtor.habit.days, step.offset_days + debtor.limits.habit_cap_days - 1)
    return instalment.due_on + timedelta(days=days)


def _may_remind(step: Step, instalment: InstalmentFacts, *, on: date) -> bool:
    if step.kind == FORMAL_NOTICE and instalment.done is None:
        return False  # never the first thing a debtor hears
    lapsed = step.is_preventive and on >= instalment.due_on
    return step.kind != THANK_YOU and not lapsed


def _thanks(debtor: DebtorFacts, instalment: InstalmentFacts, *, on: date) -> _Turn | None:
    """Return the thank-you for a payment that was asked for, once and not too late."""
    done, settled_on = instalment.done, instalment.settled_on
    if done is None or settled_on is None:
        return None
    lapses_on = settled_on + timedelta(days=THANK_YOU_WITHIN_DAYS + 1)
    step = _lowest(step for step in _ahead(debtor, instalment) if step.kind == THANK_YOU)
    if step is None or on >= lapses_on:
        return None
    return _Turn(instalment, step, settled_on, settled_on, lapses_on)


def _ahead(debtor: DebtorFacts, instalment: InstalmentFacts) -> list[Step]:
    """Return the steps above the highest level done that reach the debtor, each as it does."""
    reached = -1 if instalment.done is None else instalment.done.level
    above = (step for step in instalment.steps if step.level > reached)
    reaching = (_reaching(step, debtor.reachable) for step in above)
    return [step for step in reaching if step is not None]


def _reaching(step: Step, reachable: Collection[str]) -> Step | None:
    """Return the step by its channel, or else by one that stands in for it."""
    if step.channel in reachable:
        return step
    posted = step.kind not in NEVER_POSTED
    stand_ins = (
        channel
        for channel in STAND_INS.get(step.channel, ())
        if channel in reachable and (posted or channel != "letter")
    )
    instead = next(stand_ins, None)
    return None if instead is None else replace(step, channel=instead, instead_of=step.channel)


def _lowest(steps: Iterable[Step]) -> Step | None:
    return min(steps, key=attrgetter("level"), default=None)


def _planned_on(step: Step, instalment: InstalmentFacts) -> date:
    """Return the scenario's day; after a late act its intervals are kept, one day at least."""
    day = instalment.due_on + timedelta(days=step.offset_days)
    done = instalment.done
    if done is None:
        return day
    return max(day, done.on + timedelta(days=max(1, step.offset_days - done.offset_days)))


def _in_the_way(debtor: DebtorFacts, turn: _Turn, *, on: date) -> Iterator[Blocker]:
    """Give the blockers of a step on a day, but for what else the debtor hears that day."""
    for hold in (*turn.instalment.holds, *debtor.holds):
        if _stops(hold, turn.step.kind) and hold.covers(on):
            yield hold
    if turn.step.kind != THANK_YOU and debtor.start_on is not None and on < debtor.start_on:
        yield Blocker("backlog", debtor.start_on - DAY)
    if turn.quiet_until is not None and turn.first_on <= on <= turn.quiet_until and debtor.habit:
        yield Blocker("habit", turn.quiet_until, since=turn.first_on, reason=debtor.habit.says)
    working = debtor.calendar.next_working(on)
    if on < working:
        yield Blocker("calendar", working - DAY)
    if not turn.step.is_exempt:
        yield from contact_blockers(debtor, on=on)


def _stops(hold: Blocker, kind: str) -> bool:
    """Return whether a hold is one for this kind of step."""
    if kind == THANK_YOU:
        return hold.kind == "kill_switch" or (hold.kind == "pause" and hold.for_everyone)
    return hold.kind != "bank_data_old" or kind in FIRM


def _act(debtor: DebtorFacts, turn: _Turn, *, on: date) -> Act:
    in_approval = debtor.approval_until is not None and on <= debtor.approval_until
    return Act(
        instalment_id=turn.instalment.id,
        number=turn.instalment.number,
        cycle=turn.instalment.cycle,
        step=turn.step,
        rule=", ".join([turn.step.rule, *_circumstances(debtor.calendar, turn, on=on)]),
        awaiting_approval=turn.step.awaits_approval(asked=in_approval),
    )


def _circumstances(calendar: WorkingDays, turn: _Turn, *, on: date) -> Iterator[str]:
    """Give, from a closed set of words, why an act is not simply on its step's day."""
    step, planned_on = turn.step, turn.planned_on
    if step.instead_of:
        yield f"no {step.instead_of}"
    if step.kind != THANK_YOU:
        if planned_on > turn.instalment.due_on + timedelta(days=step.offset_days):
            yield "interval kept"
        is_put_off = turn.quiet_until is not None and turn.quiet_until >= turn.first_on
        first_on = turn.quiet_until + DAY if is_put_off and turn.quiet_until else turn.first_on
        if on > calendar.next_working(first_on):
            yield "caught up"
        elif is_put_off:
            yield "usual delay waited for"
        elif on != planned_on:
            side = "before" if on < planned_on else "after"
            yield f"{side} {'the weekend' if calendar.is_weekend(planned_on) else 'a holiday'}"
    if step.is_exempt:
        yield "exempt from gap and cap"

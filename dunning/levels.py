"""Which level a step has. Pure: steps and the levels known in, the same steps with levels out.

Levels say how far one has gone, on one scale for all scenarios: so an instalment that changes from
one scenario to another goes on where it is. A level belongs to its step for ever. A new step gets
one between its neighbours in the order of days, near the place that its kind has on the scale; a
step made again on a day and channel that the scenario had before gets the old one back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dunning.drafts import StepDraft

THANKS = 900
# The scale: where a new step of a kind stands, if its neighbours leave room; both ends included.
BANDS: Mapping[str, tuple[int, int]] = {
    "preventive": (1, 12),
    "due": (13, 14),
    "friendly": (15, 19),
    "courteous": (20, 39),
    "firm": (40, 44),
    "last": (45, 49),
    "formal_notice": (50, THANKS - 1),
}
USUAL: Mapping[str, int] = {
    "preventive": 10, "due": 13, "friendly": 15, "courteous": 20, "firm": 40, "last": 45,
    "formal_notice": 50,
}  # fmt: skip
USUAL_CALL = 30  # of a courteous one: it comes between the first email and the firm one


class NoLevelLeft(Exception):
    """Between two steps there is no free level any more.

    `first` and `last` are the days of the steps that find none.
    """

    def __init__(self, first: StepDraft, last: StepDraft) -> None:
        super().__init__(f"{first.offset_days} to {last.offset_days}")
        self.first, self.last = first, last


class UnknownLevel(Exception):
    """A step claims a level that the scenario never had, or that another step claims too."""


@dataclass(frozen=True, slots=True)
class Known:
    """A step that the scenario has, or had."""

    level: int
    offset_days: int
    channel: str


def assign(steps: Sequence[StepDraft], *, known: Sequence[Known]) -> tuple[StepDraft, ...]:
    """Return steps in the order of their levels, each with its level.

    A step that was moved past another is a new one: its old level would be out of order.

    Args:
        steps: of one scenario, without contradictions; those it has already name their level.
        known: every step that the scenario ever had.

    Raises:
        UnknownLevel: a step names a level that is not its scenario's.
        NoLevelLeft: too many steps were put between the same two.
    """
    before = {step.level: step for step in known}
    named = [step.level for step in steps if step.level is not None]
    if len(set(named)) < len(named) or not before.keys() >= set(named):
        raise UnknownLevel
    thanks = [replace(step, level=step.level or THANKS) for step in steps if step.is_thank_you]
    old = {(step.offset_days, step.channel): step.level for step in known if step.level < THANKS}

    def claim(step: StepDraft) -> int | None:
        """Return the level that a step names, or had on the same day and channel before."""
        had = None if step.level is not None else old.get((step.offset_days, step.channel))
        return step.level if had is None or had in named else had

    others = sorted(
        (step for step in steps if not step.is_thank_you),
        # Of one day, those that have a level stay in the order that they had.
        key=lambda step: (step.offset_days, claim(step) or THANKS, step.order),
    )
    keeping = _in_order(others, [claim(step) for step in others], before)
    return (*_filled(others, keeping, taken=before.keys()), *thanks)


def _in_order(
    steps: Sequence[StepDraft], claimed: Sequence[int | None], before: Mapping[int, Known]
) -> list[int | None]:
    """Return the claimed levels that rise with the days, as many as can; the others are dropped.

    What is regained counts most, then what stayed on its day: what was moved gives way.
    """
    best: list[tuple[int, tuple[int, ...]]] = []  # by place: the worth and places of a chain
    for place, level in enumerate(claimed):
        if level is None:
            best.append((0, ()))
            continue
        step = steps[place]
        stayed = before[level].offset_days == step.offset_days
        worth = 3 if step.level is None else 2 if stayed else 1
        chains = [
            best[i]
            for i in range(place)
            if claimed[i] is not None and claimed[i] < level  # type: ignore[operator]
        ]
        total, places = max(chains, default=(0, ()))
        best.append((total + worth, (*places, place)))
    kept = set(max(best, default=(0, ()))[1])
    return [level if place in kept else None for place, level in enumerate(claimed)]


def _filled(
    steps: Sequence[StepDraft], levels: Sequence[int | None], *, taken: Collection[int]
) -> list[StepDraft]:
    """Give the steps without a level one that is free, between the levels around them."""
    fixed = [place for place, level in enumerate(levels) if level is not None]
    filled = [replace(step, level=level) for step, level in zip(steps, levels, strict=True)]
    for left, right in pairwise([-1, *fixed, len(steps)]):
        low = (levels[left] or 0) if left >= 0 else 0
        high = (levels[right] or THANKS) if right < len(steps) else THANKS
        free = [level for level in range(low + 1, high) if level not in taken]
        new = steps[left + 1 : right]
        for place, level in enumerate(_chosen(new, free), start=left + 1):
            filled[place] = replace(steps[place], level=level)
    return filled


def _chosen(steps: Sequence[StepDraft], free: Sequence[int]) -> list[int]:
    """Choose rising levels for a run of new steps, each near its place on the scale."""
    if len(free) < len(steps):
        raise NoLevelLeft(steps[0], steps[-1])
    chosen: list[int] = []
    start = 0
    for place, step in enumerate(steps):
        room = free[start : len(free) - (len(steps) - place - 1)]
        level = _nearest(step, room)
        chosen.append(level)
        start = free.index(level) + 1
    return chosen


def _nearest(step: StepDraft, room: Sequence[int]) -> int:
    usual = USUAL_CALL if (step.kind, step.channel) == ("courteous", "call") else USUAL[step.kind]
    if usual in room:
        return usual
    first, last = BANDS[step.kind]
    within = [level for level in room if first <= level <= last]
    if not within:
        return room[0] if room[0] > last else room[-1] if room[-1] < first else room[len(room) // 2]
    if within[-1] < usual:  # before the usual one: leave room on both sides
        return within[len(within) // 2]
    following = [level for level in within if level > usual]
    if step.kind == "formal_notice":
        return following[0]
    return following[len(following) // 2] if following else within[-1]

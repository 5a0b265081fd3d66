"""Until when an account's lines are all known, from what its statements say. Pure.

Statements follow each other when the days do, or when the balance that one ends with is the one
that the next begins with. What a bank does not say itself is never held against it: a balance that
was only worked out can close a gap, not open one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from common.working_days import DAY, WorkingDays


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one statement says; amounts in minor units, `moved` the sum of all its lines."""

    id: int
    from_on: date
    to_on: date
    opening: int | None = None
    closing: int | None = None
    moved: int | None = None
    accepted: bool = False  # a person said that what is missing at it holds nothing up

    @property
    def begins_with(self) -> int | None:
        """Return the balance before its first line, worked out where the bank does not say it."""
        if self.opening is not None:
            return self.opening
        if self.closing is None or self.moved is None:
            return None
        return self.closing - self.moved

    @property
    def adds_up(self) -> bool:
        """Return whether its lines lead from one balance to the other, as far as it says both."""
        if self.opening is None or self.closing is None or self.moved is None:
            return True
        return self.opening + self.moved == self.closing


@dataclass(frozen=True, slots=True)
class Coverage:
    """The last day up to which nothing is missing, and where something is."""

    until: date | None
    gap_since: date | None = None  # the first day of which lines may be missing
    at: int | None = None  # the statement before or in which they are


def of(stretches: Iterable[Stretch], *, calendar: WorkingDays) -> Coverage:
    """Follow an account from its first statement to the first gap that nobody accepted."""
    ordered = sorted(stretches, key=lambda one: (one.from_on, one.to_on, one.id))
    last: Stretch | None = None
    for one in ordered:
        since = _missing_since(last, one, calendar)
        if since is not None and not one.accepted:
            return Coverage(since - DAY, since, one.id)
        if last is None or one.to_on >= last.to_on:
            last = one
    return Coverage(last.to_on if last is not None else None)


def _missing_since(last: Stretch | None, one: Stretch, calendar: WorkingDays) -> date | None:
    """Return the first day of which lines may be missing, before a statement or in it."""
    if last is not None and one.from_on > last.to_on:
        said = last.closing is not None and one.opening is not None
        both = last.closing is not None and one.begins_with is not None
        is_same = both and last.closing == one.begins_with
        skipped = calendar.next_working(last.to_on + DAY) < one.from_on
        if not is_same and (skipped or said):
            return last.to_on + DAY
    return None if one.adds_up else one.from_on

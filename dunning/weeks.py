"""Coming days as the weeks of a calendar, with what each one brings."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from common.money import Money
from common.working_days import WorkingDays
from dunning.foreseen import Run
from dunning.models import Channel

A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the grid."""

    day: date
    is_before: bool  # of the days that were asked for, or after them
    is_weekend: bool
    holiday: str
    channels: list[tuple[str, int]]
    amounts: list[Money]
    url: str  # of the day's list; empty when nothing is on it


def grid(
    run: Run, *, calendar: WorkingDays, language: str, url_of: Callable[[date], str] = lambda _: ""
) -> list[list[Cell]]:
    """Return whole weeks, each from its Monday.

    Args:
        language: of the names of holidays.
        url_of: where the list of a day is.
    """
    last = run.start + timedelta(days=run.days - 1)
    monday = run.start - timedelta(days=run.start.weekday())
    weeks = (last - monday).days // A_WEEK + 1

    def cell(day: date) -> Cell:
        found = run.by_day.get(day, Counter())
        return Cell(
            day=day,
            is_before=not run.start <= day <= last,
            is_weekend=calendar.is_weekend(day),
            holiday=calendar.holiday_name(day, language=language),
            channels=[(channel, found[channel]) for channel in Channel.values if found[channel]],
            amounts=run.amounts_by_day.get(day, []),
            url=url_of(day) if found else "",
        )

    return [
        [cell(monday + timedelta(days=A_WEEK * week + place)) for place in range(A_WEEK)]
        for week in range(weeks)
    ]

"""On which days people work. Pure: weekends, and the public holidays of a country and region."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays as calendars

WEEKEND = (5, 6)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The calendar of a country; `country` empty knows weekends alone."""

    country: str = ""
    region: str = ""

    def is_working(self, day: date) -> bool:
        return day.weekday() not in WEEKEND and day not in _holidays(
            self.country, self.region, day.year
        )

    def next_working(self, day: date) -> date:
        """Return the day itself if it is a working day, else the first one after it."""
        while not self.is_working(day):
            day += DAY
        return day

    def previous_working(self, day: date) -> date:
        """Return the day itself if it is a working day, else the last one before it."""
        while not self.is_working(day):
            day -= DAY
        return day

    def add_working(self, day: date, count: int) -> date:
        """Return the working day that comes `count` working days after a day."""
        for _ in range(count):
            day = self.next_working(day + DAY)
        return day


@cache
def for_country(country: str, region: str = "") -> WorkingDays:
    """Return the calendar of an ISO 3166 country and, where it has its own, region.

    One that is not known counts weekends alone: a day off too few is better than a silent stop.
    """
    known = calendars.list_supported_countries(include_aliases=False)
    if country not in known:
        return WorkingDays()
    return WorkingDays(country, region if region in known[country] else "")


@cache
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(calendars.country_holidays(country, subdiv=region or None, years=year))

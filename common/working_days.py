"""On which days people work. Pure: a day in, a day out.

Public holidays are those of the `holidays` package, looked up year by year and kept.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import chain

import holidays

DAY = timedelta(days=1)
SATURDAY_AND_SUNDAY = (5, 6)
NAMED_IN = {"en": "en_US"}  # how the package calls a language
# Moselle and Alsace have the same two holidays more than the rest of France.
OTHER_NAMES = {"Alsace-Moselle": "Moselle"}


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A calendar: its weekend, and its holidays as anything that can say whether it holds a day."""

    holidays: Container[date] = frozenset()
    weekend: tuple[int, ...] = SATURDAY_AND_SUNDAY  # as date.weekday() counts: Monday is 0
    is_known: bool = True  # False: a country whose holidays nobody told us

    def __post_init__(self) -> None:
        if len(set(self.weekend)) > 6:  # noqa: PLR2004
            raise ValueError("A week without a working day never ends.")

    def is_weekend(self, day: date) -> bool:
        return day.weekday() in self.weekend

    def is_working(self, day: date) -> bool:
        return not self.is_weekend(day) and day not in self.holidays

    def holiday_name(self, day: date, *, language: str) -> str:
        """Return what a public holiday is called, empty on any other day.

        Args:
            language: "fr" or "en"; the country's own where the package lacks it.
        """
        known = self.holidays
        return known.name_of(day, language=language) if isinstance(known, PublicHolidays) else ""

    def next_working(self, day: date) -> date:
        """Return the day itself when it is a working day, or else the first one after it."""
        while not self.is_working(day):
            day += DAY
        return day

    def previous_working(self, day: date) -> date:
        """Return the day itself when it is a working day, or else the last one before it."""
        while not self.is_working(day):
            day -= DAY
        return day

    def add_working(self, day: date, count: int) -> date:
        """Return the `count`-th working day after a day; before it when negative."""
        step = DAY if count >= 0 else -DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_working(day)
        return day


@cache
def for_country(country: str, region: str = "") -> WorkingDays:
    """Return the calendar of a country, with the holidays that a region adds.

    Args:
        country: ISO 3166-1 alpha-2. One we know nothing of has weekends only and says so.
        region: "Alsace-Moselle", or as the `holidays` package names it ("Guadeloupe", "SCT").
            One it does not name is as if there were none.
    """
    try:
        place = holidays.country_holidays(country.upper())
    except NotImplementedError:
        return WorkingDays(is_known=False)
    named = {*place.subdivisions, *chain(*place.get_subdivision_aliases().values())}
    code = OTHER_NAMES.get(region, region)
    return WorkingDays(
        PublicHolidays(country.upper(), code if code in named else None),
        tuple(sorted(place.weekend)),
    )


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a place, in every year."""

    country: str
    region: str | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _in_year(self.country, self.region, day.year)

    def name_of(self, day: date, *, language: str) -> str:
        """Return what a holiday is called, empty on any other day."""
        known = NAMED_IN.get(language, language)
        return _named(self.country, self.region, day.year, known).get(day, "")


@cache
def _in_year(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))


@cache
def _named(country: str, region: str | None, year: int, language: str) -> dict[date, str]:
    place = holidays.country_holidays(country, subdiv=region, years=year, language=language)
    return dict(place.items())

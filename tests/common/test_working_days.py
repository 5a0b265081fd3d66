from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.working_days import WorkingDays, for_country

FRANCE = for_country("FR")
EASTER_MONDAY = date(2026, 4, 6)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2026, 4, 2), True),  # Thursday
        (date(2026, 4, 3), True),  # Good Friday, no holiday in most of France
        (date(2026, 4, 4), False),  # Saturday
        (EASTER_MONDAY, False),
        (date(2026, 5, 14), False),  # Ascension Day
        (date(2026, 7, 14), False),
        (date(2027, 1, 1), False),
    ],
)
def test_weekends_and_holidays_are_no_working_days(day: date, *, is_working: bool) -> None:
    assert FRANCE.is_working(day) is is_working


def test_a_working_day_is_its_own_next_and_previous_one() -> None:
    thursday = date(2026, 4, 2)

    assert FRANCE.next_working(thursday) == thursday
    assert FRANCE.previous_working(thursday) == thursday


def test_a_long_weekend_is_passed_in_both_directions() -> None:
    saturday = date(2026, 4, 4)

    assert FRANCE.next_working(saturday) == date(2026, 4, 7)
    assert FRANCE.previous_working(EASTER_MONDAY) == date(2026, 4, 3)


def test_working_days_are_counted_forwards_and_backwards() -> None:
    friday = date(2026, 4, 3)

    assert FRANCE.add_working(friday, 1) == date(2026, 4, 7)
    assert FRANCE.add_working(friday, 5) == date(2026, 4, 13)
    assert FRANCE.add_working(date(2026, 4, 7), -1) == friday
    assert FRANCE.add_working(EASTER_MONDAY, 0) == EASTER_MONDAY


@pytest.mark.parametrize("region", ["Alsace-Moselle", "Alsace", "Moselle", "57"])
def test_alsace_and_moselle_rest_on_two_more_days(region: str) -> None:
    regional = for_country("FR", region)

    more = [date(2026, 4, 3), date(2025, 12, 26)]  # Good Friday, St Stephen's Day
    assert [day in regional.holidays for day in more] == [True, True]
    assert [day in FRANCE.holidays for day in more] == [False, False]


def test_a_region_that_nobody_knows_is_as_if_there_were_none() -> None:
    assert for_country("FR", "Atlantis") == for_country("FR", "") == FRANCE


def test_a_country_that_nobody_knows_has_weekends_only_and_says_so() -> None:
    unknown = for_country("XX")

    assert not unknown.is_known
    assert FRANCE.is_known
    assert unknown.is_working(date(2026, 12, 25))
    assert not unknown.is_working(date(2026, 12, 26))  # Saturday


def test_some_countries_rest_on_other_days_of_the_week() -> None:
    israel = for_country("il")

    assert not israel.is_working(date(2026, 2, 13))  # Friday
    assert israel.is_working(date(2026, 2, 15))  # Sunday


def test_calendars_of_one_place_are_equal_and_can_be_keys() -> None:
    assert {for_country("FR"): "kept"}[for_country("fr")] == "kept"


def test_holidays_may_be_given_by_hand() -> None:
    calendar = WorkingDays(frozenset({date(2026, 2, 10)}), weekend=(6,))

    assert calendar.next_working(date(2026, 2, 10)) == date(2026, 2, 11)
    assert calendar.is_working(date(2026, 2, 14))  # Saturday


def test_a_week_without_a_working_day_is_refused() -> None:
    with pytest.raises(ValueError, match="without a working day"):
        WorkingDays(weekend=(0, 1, 2, 3, 4, 5, 6))


@given(DAYS, st.integers(1, 30))
def test_going_forth_and_back_arrives_on_the_same_working_day(day: date, count: int) -> None:
    start = FRANCE.next_working(day)

    assert FRANCE.add_working(FRANCE.add_working(start, count), -count) == start
    assert FRANCE.is_working(FRANCE.add_working(day, count))


@pytest.mark.parametrize(
    ("country", "day", "language", "name"),
    [
        ("FR", EASTER_MONDAY, "fr", "Lundi de Pâques"),
        ("FR", EASTER_MONDAY, "en", "Easter Monday"),
        ("FR", date(2026, 4, 7), "fr", ""),
        ("FR", date(2026, 4, 4), "fr", ""),
        ("XX", date(2026, 1, 1), "fr", ""),
    ],
)
def test_a_holiday_has_its_name(country: str, day: date, language: str, name: str) -> None:
    assert for_country(country).holiday_name(day, language=language) == name

"""Days as people write them on the phone, in a hurry."""

from datetime import date

import pytest

from common.days import NeedsYear, NoSuchDay, NotADay, read_day

FRIDAY = date(2026, 2, 13)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("27/11/2026", date(2026, 11, 27)),
        ("27/11/26", date(2026, 11, 27)),
        ("27.11.26", date(2026, 11, 27)),
        ("2026-11-27", date(2026, 11, 27)),
        ("27/2", date(2026, 2, 27)),
        ("13/02", FRIDAY),
        ("14/12", date(2026, 12, 14)),
        ("+7", date(2026, 2, 20)),
        ("-1", date(2026, 2, 12)),
        ("+7j", date(2026, 2, 20)),
        ("ven", date(2026, 2, 20)),
        ("Ven.", date(2026, 2, 20)),
        ("lundi", date(2026, 2, 16)),
        ("thu", date(2026, 2, 19)),
        ("fdm", date(2026, 2, 28)),
        ("Fin de mois", date(2026, 2, 28)),
        ("demain", date(2026, 2, 14)),
        ("aujourd’hui", FRIDAY),
    ],
)
def test_a_day_to_come_is_understood_as_it_is_written(text: str, day: date) -> None:
    assert read_day(text, today=FRIDAY) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12/02", date(2026, 2, 12)),
        ("27/11", date(2025, 11, 27)),
        ("ven", date(2026, 2, 6)),
        ("-3", date(2026, 2, 10)),
        ("hier", date(2026, 2, 12)),
    ],
)
def test_a_day_that_was_is_the_last_one(text: str, day: date) -> None:
    assert read_day(text, today=FRIDAY, ahead=False) == day


@pytest.mark.parametrize("text", ["31/02", "31/02/2026", "2026-02-30", "29/02", "0/1", "1/13"])
def test_a_day_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(NoSuchDay):
        read_day(text, today=FRIDAY)


@pytest.mark.parametrize("text", ["", "soon", "++7", "27", "27/11/1", "+10000", "ve"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(NotADay):
        read_day(text, today=FRIDAY)


def test_the_day_without_a_year_that_comes_back_in_a_leap_year_is_found() -> None:
    assert read_day("29/02", today=date(2027, 12, 1)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "today", "ahead", "past", "coming"),
    [
        ("24/11", date(2026, 11, 25), True, date(2026, 11, 24), date(2027, 11, 24)),
        ("26/09", date(2026, 11, 25), True, date(2026, 9, 26), date(2027, 9, 26)),
        ("20/12", date(2027, 1, 5), True, date(2026, 12, 20), date(2027, 12, 20)),
        ("27/11", date(2026, 11, 25), False, date(2025, 11, 27), date(2026, 11, 27)),
        ("3/1", date(2026, 12, 20), False, date(2026, 1, 3), date(2027, 1, 3)),
    ],
)
def test_a_day_that_just_was_or_is_just_to_come_needs_its_year(
    text: str, today: date, *, ahead: bool, past: date, coming: date
) -> None:
    with pytest.raises(NeedsYear) as refusal:
        read_day(text, today=today, ahead=ahead)

    assert (refusal.value.past, refusal.value.coming) == (past, coming)


def test_a_day_longer_ago_than_that_is_next_years() -> None:
    assert read_day("25/09", today=date(2026, 11, 25)) == date(2027, 9, 25)
    assert read_day("25/11", today=date(2026, 11, 25)) == date(2026, 11, 25)

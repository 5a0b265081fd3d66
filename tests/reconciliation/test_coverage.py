from datetime import date

from common.working_days import for_country
from reconciliation import coverage
from reconciliation.coverage import Coverage, Stretch

FRENCH = for_country("FR")


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def stretch(key: int, since: str, until: str, *balances: int | None, ok: bool = False) -> Stretch:
    opening, closing, moved = balances or (None, None, None)
    return Stretch(key, day(since), day(until), opening, closing, moved, accepted=ok)


def covered(*stretches: Stretch) -> Coverage:
    return coverage.of(stretches, calendar=FRENCH)


def test_nothing_is_known_without_a_statement() -> None:
    assert covered() == Coverage(None)


def test_statements_that_follow_or_overlap_are_known_to_the_end_of_the_last() -> None:
    found = covered(
        stretch(2, "02-08", "02-14"), stretch(1, "02-01", "02-07"), stretch(3, "02-10", "02-12")
    )

    assert found == Coverage(day("02-14"))


def test_a_weekend_between_two_statements_is_no_gap() -> None:
    found = covered(stretch(1, "02-02", "02-06"), stretch(2, "02-09", "02-13"))

    assert found == Coverage(day("02-13"))


def test_a_working_day_between_two_statements_is_a_gap() -> None:
    found = covered(stretch(1, "02-02", "02-06"), stretch(2, "02-10", "02-13"))

    assert found == Coverage(day("02-06"), gap_since=day("02-07"), at=2)


def test_the_same_balance_on_both_sides_says_that_nothing_moved() -> None:
    found = covered(
        stretch(1, "02-02", "02-06", None, 500, 20), stretch(2, "02-16", "02-20", None, 800, 300)
    )

    assert found == Coverage(day("02-20"))


def test_a_balance_that_was_worked_out_is_not_held_against_the_bank() -> None:
    found = covered(
        stretch(1, "02-02", "02-06", None, 500, 20), stretch(2, "02-07", "02-13", None, 900, 300)
    )

    assert found == Coverage(day("02-13"))


def test_another_balance_than_the_last_one_is_a_gap_though_the_days_follow() -> None:
    found = covered(
        stretch(1, "02-02", "02-06", 480, 500, 20), stretch(2, "02-07", "02-13", 600, 900, 300)
    )

    assert found == Coverage(day("02-06"), gap_since=day("02-07"), at=2)


def test_a_statement_that_does_not_add_up_is_not_known() -> None:
    found = covered(stretch(1, "02-02", "02-06"), stretch(2, "02-07", "02-13", 500, 900, 300))

    assert found == Coverage(day("02-06"), gap_since=day("02-07"), at=2)


def test_a_gap_that_a_person_accepted_holds_nothing_up() -> None:
    found = covered(stretch(1, "02-02", "02-06"), stretch(2, "02-10", "02-13", ok=True))

    assert found == Coverage(day("02-13"))


def test_the_statement_that_was_missing_closes_the_gap() -> None:
    found = covered(
        stretch(1, "02-02", "02-06"), stretch(2, "02-16", "02-20"), stretch(3, "02-07", "02-15")
    )

    assert found == Coverage(day("02-20"))

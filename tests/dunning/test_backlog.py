from datetime import date

from dunning.backlog import start_dates
from tests.dunning.ladders import FRANCE, day


def dates(
    customers: list[int], *, first_on: str, taken: dict[date, int] | None = None
) -> list[str]:
    found = start_dates(
        customers, first_on=day(first_on), per_day=2, taken=taken or {}, calendar=FRANCE
    )
    return [f"{customer} {on:%m-%d}" for customer, on in found.items()]


def test_customers_start_in_their_order_a_few_a_day() -> None:
    assert dates([5, 3, 9, 1, 4], first_on="02-04") == [
        "5 02-04", "3 02-04", "9 02-05", "1 02-05", "4 02-06",
    ]  # fmt: skip


def test_nobody_starts_on_a_weekend_or_a_holiday() -> None:
    assert dates([1, 2, 3], first_on="04-04") == ["1 04-07", "2 04-07", "3 04-08"]
    assert dates([1, 2, 3], first_on="05-13") == ["1 05-13", "2 05-13", "3 05-15"]


def test_those_who_start_already_count() -> None:
    taken = {day("02-04"): 2, day("02-05"): 1, day("02-06"): 7}

    assert dates([1, 2], first_on="02-04", taken=taken) == ["1 02-05", "2 02-09"]
    assert taken == {day("02-04"): 2, day("02-05"): 1, day("02-06"): 7}


def test_a_customer_named_twice_starts_once() -> None:
    assert dates([1, 1, 2], first_on="02-04") == ["1 02-04", "2 02-04"]


def test_with_no_room_at_all_one_starts_a_day() -> None:
    found = start_dates([1, 2], first_on=day("02-04"), per_day=0, taken={}, calendar=FRANCE)

    assert found == {1: day("02-04"), 2: day("02-05")}

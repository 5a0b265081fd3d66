"""Which invoices a limited plan follows, and that the preview gives them as the rounds do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunning import ladder, places
from dunning.debtor import THANK_YOU, Blocker, DebtorFacts, InstalmentFacts
from dunning.places import Quota
from tests.dunning.ladders import blocked, day, debtor, hold, instalment, paid
from tests.dunning.test_ladder_properties import debtors

START, DAYS = date(2026, 4, 1), 75  # two ends of a month lie ahead
Lived = list[tuple[date, int, tuple[ladder.Act, ...]]]


@st.composite
def books(draw: st.DrawFn) -> list[DebtorFacts]:
    """Some debtors, their invoices numbered through; two instalments may share one."""
    book, part_id = [], 0
    for customer_id in range(1, draw(st.integers(1, 4)) + 1):
        one = draw(debtors())
        parts: list[InstalmentFacts] = []
        for part in one.instalments:
            part_id += 1
            share = bool(parts) and draw(st.booleans())
            invoice_id = parts[-1].invoice_id if share else part_id
            parts.append(replace(part, id=part_id, invoice_id=invoice_id))
        book.append(replace(one, customer_id=customer_id, instalments=tuple(parts)))
    return book


def live(book: Sequence[DebtorFacts], quota: Quota, start: date) -> Lived:
    """Do the round of each day, from the facts and the places that the one before left."""
    book, lived, month = list(book), [], start.month
    for on in (start + timedelta(days=passed) for passed in range(DAYS)):
        if on.month != month:
            month, quota = on.month, Quota(quota.limit)
        followed = set(quota.followed)
        for place, found in enumerate(places.on_a_day(book, quota, on=on)):
            acts = ladder.acts_on(found, on=on)
            if acts:
                lived.append((on, found.customer_id, acts))
                followed |= asked(book[place], acts)
                book[place] = ladder.after(book[place], acts, on=on)
        quota = Quota(quota.limit, frozenset(followed))
    return lived


def asked(found: DebtorFacts, acts: Sequence[ladder.Act]) -> set[int]:
    of = {part.id: part.invoice_id for part in found.instalments}
    return {of[act.instalment_id] for act in acts if act.step.kind != THANK_YOU}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books(), st.integers(0, 5), st.sets(st.integers(1, 12), max_size=4), st.integers(0, 29))
def test_the_preview_is_what_the_rounds_bring_over_the_ends_of_months(
    book: list[DebtorFacts], limit: int, followed: set[int], passed: int
) -> None:
    start, quota = START + timedelta(days=passed), Quota(limit, frozenset(followed))

    said = places.fold(book, quota, start=start, days=DAYS)

    told = [(on, one.customer_id, acts) for on, one, acts in said]
    assert told == live(book, quota, start)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books(), st.integers(0, 3))
def test_no_month_asks_for_more_invoices_than_its_limit(
    book: list[DebtorFacts], limit: int
) -> None:
    by_month: dict[int, set[int]] = {}
    for on, one, acts in places.fold(book, Quota(limit), start=START, days=DAYS):
        by_month.setdefault(on.month, set()).update(asked(one, acts))

    assert all(len(invoices) <= limit for invoices in by_month.values())


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books())
def test_a_limit_that_nobody_reaches_changes_nothing(book: list[DebtorFacts]) -> None:
    together = list(places.fold(book, Quota(100), start=START, days=DAYS))

    for one in book:
        mine = [(on, acts) for on, found, acts in together if found.customer_id == one.customer_id]
        assert mine == list(ladder.fold(one, start=START, days=DAYS))


def book_of(*due_on: str, **changes: object) -> list[DebtorFacts]:
    return [
        debtor(
            instalment(number, due_on=day(due), invoice_id=number, **changes), customer_id=number
        )
        for number, due in enumerate(due_on, 1)
    ]


def told(book: Sequence[DebtorFacts], quota: Quota, *, start: str, days: int) -> list[str]:
    coming = places.fold(book, quota, start=day(start), days=days)
    return [f"{on:%m-%d} {act.number}" for on, _one, acts in coming for act in acts]


def test_the_oldest_due_date_has_the_place_that_is_left() -> None:
    book = book_of("02-06", "02-05", "02-06")  # all are due on Friday 13 or the day before

    assert told(book, Quota(1), start="02-13", days=1) == ["02-13 F-2"]


def test_an_invoice_that_has_a_place_comes_before_an_older_one() -> None:
    book = book_of("02-06", "02-05")

    assert told(book, Quota(1, frozenset({1})), start="02-13", days=1) == ["02-13 F-1"]


def test_what_found_no_place_waits_to_the_end_of_the_month_and_says_so() -> None:
    book = book_of("02-05", "02-06")

    first, second = places.on_a_day(book, Quota(1), on=day("02-13"))

    assert blocked(first, on="02-13") == []
    assert blocked(second, on="02-13") == [("quota", "02-28")]
    assert "03-02 F-2" in told(book, Quota(1), start="02-13", days=20)  # a Monday


def test_a_hold_stands_beside_the_limit_with_its_own_end() -> None:
    book = book_of("02-05", holds=(hold("promise", "03-10"),))

    (found,) = places.on_a_day(book, Quota(0), on=day("02-13"))

    assert blocked(found, on="02-13") == [("promise", "03-10"), ("quota", "02-28")]


def test_thanks_take_no_place_and_wait_for_none() -> None:
    book = [debtor(paid("02-12", invoice_id=1)), *book_of("02-06")]
    book[1] = replace(book[1], customer_id=8, instalments=(
        replace(book[1].instalments[0], id=2, number="F-2", invoice_id=2),
    ))  # fmt: skip

    assert told(book, Quota(1), start="02-13", days=1) == ["02-13 F-1", "02-13 F-2"]
    assert told(book, Quota(0), start="02-13", days=1) == ["02-13 F-1"]


def test_two_instalments_of_an_invoice_share_its_place() -> None:
    both = [
        instalment(1, due_on=day("02-05"), invoice_id=1),
        instalment(2, due_on=day("02-06"), invoice_id=1),
    ]

    assert told([debtor(*both)], Quota(1), start="02-13", days=1) == ["02-13 F-1", "02-13 F-2"]


def test_what_waits_are_the_invoices_that_the_month_would_still_ask_for() -> None:
    book = book_of("02-05", "02-06", "02-25")  # the last one's first step is in March
    book[2] = replace(book[2], instalments=(
        replace(book[2].instalments[0], steps=book[2].instalments[0].steps[1:]),
    ))  # fmt: skip

    assert places.waiting(book, Quota(1), on=day("02-13")) == {2}
    assert places.waiting(book, Quota(2), on=day("02-13")) == set()


@pytest.mark.parametrize("kind", ["pause", "dispute"])
def test_a_held_invoice_takes_no_place(kind: str) -> None:
    book = book_of("02-05", "02-06")
    held = replace(book[0].instalments[0], holds=(Blocker(kind),))
    book[0] = replace(book[0], instalments=(held,))

    assert told(book, Quota(1), start="02-13", days=1) == ["02-13 F-2"]

"""Debtors on their way through days: the ladder's days, and what money and new invoices change."""

from datetime import date

from dunning import ladder, living, places
from dunning.ladder import DebtorFacts
from dunning.living import Life
from dunning.places import Quota
from tests.dunning.ladders import EMAIL, day, debtor, done, instalment, told

START, DAYS = day("02-02"), 60


def lived(*lives: Life, quota: Quota | None = None) -> list[tuple[str, list[str]]]:
    """Return the days that have acts: "02-11" and ["F-1 email 20"]."""
    found = living.through(lives, start=START, days=DAYS, quota=quota)
    return [(f"{on:%m-%d}", told(acts)) for on, _debtor, acts in found]


def folded(facts: DebtorFacts) -> list[tuple[str, list[str]]]:
    found = ladder.fold(facts, start=START, days=DAYS)
    return [(f"{on:%m-%d}", told(acts)) for on, acts in found]


def test_with_nothing_coming_in_the_days_are_those_of_the_preview() -> None:
    parts = [instalment(1), instalment(2, due_on=day("02-20"))]
    facts = debtor(*parts)

    assert lived(Life(facts)) == folded(facts)
    assert len(folded(facts)) > 5


def test_what_is_paid_is_not_asked_any_more_but_thanked_for() -> None:
    facts = debtor(instalment())

    days = lived(Life(facts, paid={1: day("02-13")}))

    assert days == [
        ("02-03", ["F-1 email 10"]),
        ("02-11", ["F-1 email 20"]),
        ("02-13", ["F-1 email 900"]),
    ]


def test_money_of_the_very_day_of_a_step_comes_before_it() -> None:
    facts = debtor(instalment(done=done(EMAIL, "02-11")))

    days = lived(Life(facts, paid={1: day("02-16")}))

    assert days == [("02-16", ["F-1 email 900"])]


def test_money_for_one_instalment_leaves_the_other_as_it_was() -> None:
    both = debtor(instalment(1), instalment(2))
    alone = debtor(instalment(2))

    days = lived(Life(both, paid={1: START}))

    assert days == folded(alone)


def test_an_invoice_is_asked_for_only_once_it_is_written() -> None:
    facts = debtor(instalment(1, due_on=day("02-04")))
    later = instalment(2, due_on=day("02-06"))

    days = lived(Life(facts, coming=((day("02-10"), later),)))

    first = next(on for on, asked in days if any("F-2" in one for one in asked))
    assert first == "02-13"  # D+7, and no longer before the due date
    assert not any("F-2 email 10" in asked for _on, asked in days)


def test_an_invoice_paid_on_the_day_it_is_written_is_never_asked_for() -> None:
    nobody = debtor()
    facts = DebtorFacts(**{**{f: getattr(nobody, f) for f in nobody.__slots__}, "instalments": ()})

    days = lived(Life(facts, coming=((day("02-10"), instalment()),), paid={1: day("02-10")}))

    assert days == []


def test_a_debtor_forgets_what_he_paid_long_ago() -> None:
    facts = debtor(instalment(1), instalment(2), instalment(3))
    life = Life(facts, paid={1: day("02-03"), 2: day("03-03"), 3: day("03-20")})

    found = list(living.through([life], start=START, days=DAYS))

    assert {part.id for part in found[0][1].instalments} == {1, 2, 3}
    assert {part.id for part in found[-1][1].instalments} == {3}


def test_under_a_limit_the_days_are_those_of_the_preview() -> None:
    quota = Quota(limit=2, followed=frozenset({13}))
    debtors = [
        debtor(
            instalment(id_, due_on=date(2026, 2, 3 + id_), invoice_id=10 + id_),
            customer_id=id_,
        )
        for id_ in range(1, 7)
    ]

    days = living.through([Life(one) for one in debtors], start=START, days=DAYS, quota=quota)

    folded_together = places.fold(debtors, quota, start=START, days=DAYS)
    assert _plain(days) == _plain(folded_together)


def test_under_a_limit_a_payment_leaves_the_place_taken_till_the_month_is_over() -> None:
    one, other = (debtor(instalment(id_, invoice_id=id_), customer_id=id_) for id_ in (1, 2))

    days = lived(Life(one, paid={1: day("02-05")}), Life(other), quota=Quota(limit=1))

    assert days[:3] == [
        ("02-03", ["F-1 email 10"]),
        ("02-05", ["F-1 email 900"]),
        ("03-02", ["F-2 email 20"]),
    ]


def _plain(found: object) -> list[tuple[date, int, list[str]]]:
    return sorted((on, facts.customer_id, told(acts)) for on, facts, acts in found)  # type: ignore[attr-defined]

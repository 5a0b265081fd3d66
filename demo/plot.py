"""What the workshop sells in a year, and when and how its customers pay. Pure.

Seen from the last day backwards, so that the same things wait for the visitor whatever the day.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from demo import book
from demo.cast import CAST, Character, Reference

FIRST_NUMBER = 412  # of the year in which the story begins
EXACT = 3  # of the last sales of each customer the days are exact, of older ones roughly so
MOST_SALES = 50  # to one customer
GOOD_DAYS = 100  # before, business was a third as good
# What the bank books besides: day of the month, reference, label and cents.
BESIDES = (
    (5, "LOYER", "PRLV LOYER ATELIER", -1_450_00),
    (12, "TVA", "VIR SEPA DGFIP REMBOURSEMENT CREDIT TVA", 612_00),
    (15, "BOIS", "PRLV SCIERIES REUNIES", -9_860_00),
    (28, "SALAIRES", "VIR SEPA SALAIRES", -21_340_00),
)


def debtors() -> dict[str, book.Debtor]:
    """Return the customers as the books have them, by code."""
    return {character.code: _debtor(place, character) for place, character in enumerate(CAST)}


def sales(*, first_on: date, last_on: date) -> list[book.Sale]:
    """Return what is sold up to a day, and was not paid long before the first, by number."""
    chance = random.Random(7)  # noqa: S311  # a story, not a secret
    known = debtors()
    made = [
        sale
        for character in CAST
        for sale in _sales_of(character, known[character.code], chance, last_on=last_on)
        if first_on - timedelta(days=character.terms) <= sale.issued_on <= last_on
    ]
    made.sort(key=lambda sale: (sale.issued_on, sale.debtor.code))
    numbers = Counter({made[0].issued_on.year: FIRST_NUMBER})
    numbered = []
    for sale in made:
        numbers[sale.issued_on.year] += 1
        number = f"F-{sale.issued_on.year}-{numbers[sale.issued_on.year]:04}"
        numbered.append(replace(sale, number=number))
    return numbered


def transfers(paid: Sequence[book.Sale], *, day: date, last_on: date) -> list[book.Transfer]:
    """Return the lines that the bank books on a day: customers' transfers, rent, a refund.

    Args:
        paid: the sales whose money comes on that day.
    """
    return [*_customers(paid, day=day, last_on=last_on), *_others(day, last_on=last_on)]


def _sales_of(
    character: Character, debtor: book.Debtor, chance: random.Random, *, last_on: date
) -> Iterator[book.Sale]:
    """Yield the sales to one customer, the last one first."""
    due_on, together = last_on + timedelta(days=character.last_due), None
    for place in range(MOST_SALES):
        roughly = place >= EXACT
        pays_on = due_on + timedelta(days=character.pays_after)
        pays_on += timedelta(days=chance.randint(-2, 3) if roughly else 0)
        if character.pays_together and pays_on <= last_on and place < EXACT:
            pays_on = together = together or pays_on
        yield book.Sale(
            number="",
            debtor=debtor,
            issued_on=due_on - timedelta(days=character.terms),
            due_on=due_on,
            total_minor=character.price * chance.randint(70, 125) // 100,
            pays_on=None if place < character.unpaid else pays_on,
        )
        days = character.every_days + (chance.randint(-3, 3) if roughly else 0)
        was_slow = due_on < last_on - timedelta(days=GOOD_DAYS)
        due_on -= timedelta(days=days * 3 if was_slow else days)


def _debtor(place: int, character: Character) -> book.Debtor:
    short = character.code.lower().replace("-", "")
    is_french = character.language == "fr"
    return book.Debtor(
        code=character.code,
        name=character.name,
        siren=book.siren(500 + place) if is_french else "",
        language=character.language,
        email=f"compta@{short}.example" if character.has_email else "",
        phone=f"0199004{place:03}" if is_french else f"+4420794600{place:02}",
        address=f"{4 + 3 * place} {book.STREETS[place % len(book.STREETS)]}",
        postcode=character.postcode,
        city=character.city,
        country="FR" if is_french else "GB",
        habit=character.pays_after,
        terms=character.terms,
    )


def _customers(paid: Sequence[book.Sale], *, day: date, last_on: date) -> Iterator[book.Transfer]:
    by_code: dict[str, list[book.Sale]] = {}
    for sale in paid:
        by_code.setdefault(sale.debtor.code, []).append(sale)
    for character in CAST:
        settled = by_code.get(character.code, [])
        groups = [settled] if character.pays_together else [[sale] for sale in settled]
        for group in filter(None, groups):
            fee = character.short_by if day == last_on else 0
            yield book.Transfer(
                reference=f"{day:%Y%m%d}{group[0].number[-4:]}",
                on=day,
                label=_label(group, character.reference),
                amount_minor=sum(sale.total_minor for sale in group) - fee,
                settles=tuple(group),
            )


def _others(day: date, *, last_on: date) -> Iterator[book.Transfer]:
    for of_month, short, label, amount_minor in BESIDES:
        is_last_refund = day == last_on and amount_minor > 0  # for the visitor to set aside
        if day.day == of_month or is_last_refund:
            yield book.Transfer(f"{day:%Y%m%d}{short}", day, label, amount_minor, ())


def _label(settled: Sequence[book.Sale], reference: Reference) -> str:
    numbers = " ".join(sale.number for sale in settled)
    motive = {
        Reference.NUMBER: f"FACTURE {numbers}",
        Reference.SPACED: numbers.replace("-", " "),
        Reference.NAME_ONLY: "REGLEMENT FACTURE",
    }[reference]
    name = settled[0].debtor.name.upper()
    return f"VIR SEPA RECU /DE {name} /MOTIF {motive} /REF NOTPROVIDED"

"""Which open invoices an unsure credit could pay: they wait until a person has looked. Pure.

Suggesting asks what a line most likely pays, and would rather say nothing than be wrong. Here the
question is the other one: whom would it be wrong to chase now? So the net is wider, but it never
closes over a whole book: nothing is held for its amount alone, and one line holds `MOST_HELD`
invoices at the most. In the order of their strength, the first that finds anything decides:

1. the label names the invoice, or its last digits where the payer is known; what the amount has
   beyond the ones named is looked for among the oldest of the same customer;
2. the payer is known, by an account number, by a name that paid before or by the customer's own,
   and the amount is what is left on an invoice, or on up to four together;
3. the payer is known, and that is all: the oldest invoices that the amount would reach;
4. the payer's name only resembles a customer's, and the amount is exactly what is left on an
   invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from common.money import Money
from reconciliation.scoring import Named, Reading, plain
from reconciliation.suggesting import Book, Open

MOST_HELD = 10  # invoices that one line may hold
MOST_OPEN = 40  # of a customer's invoices, the oldest, that are added up
MOST_STEPS = 20_000  # pairs of sums looked at: equal amounts make very many
SHORTEST_TAIL = 3  # digits that stand for a number: "071" of FA-2026-0071
ALIKE = 5  # letters with which two words have to begin to resemble each other
TELLING = 4  # letters of a word that is compared

REFERENCE, EXACT, SUM, PAYER, ALIKE_NAME = "reference", "exact", "sum", "payer", "alike_name"


@dataclass(frozen=True, slots=True)
class Credit:
    """A line that waits."""

    reading: Reading
    text: str  # label and payer, as the bank wrote them
    amount: Money
    booked_on: date
    payers: frozenset[int] = frozenset()  # customers whose account or name paid before


@dataclass(frozen=True, slots=True)
class Could:
    """What a line could pay: the ids of invoices, the likeliest first, and why."""

    invoices: tuple[int, ...]
    why: str
    left_out: int = 0  # that fit as well, beyond MOST_HELD


def could_pay(credit: Credit, *, known: Mapping[str, Sequence[Named]], book: Book) -> Could | None:
    """Return the open invoices that a credit could pay; None when nothing speaks for any.

    Args:
        known: as `scoring.decide` takes it.
    """
    if credit.amount.minor <= 0:
        return None
    payers = credit.payers | book.payers(credit.text)
    owed = {payer: _owed(book, payer, credit) for payer in sorted(payers)}
    named = [*_named(credit, known), *_by_tail(credit, owed)]
    if named:
        return _could([*named, *_beyond(named, credit, book)], REFERENCE)
    for find, why in ((_exact, EXACT), (_sums, SUM), (_oldest, PAYER)):
        found = [key for invoices in owed.values() for key in find(invoices, credit.amount)]
        if found:
            return _could(found, why)
    return _could(list(_alike(credit, book)), ALIKE_NAME)


def subsets(invoices: Sequence[Open], amount: Money) -> Iterator[tuple[Open, ...]]:
    """Give sets of two to four invoices whose balances add up to an amount, the oldest first.

    Two halves meet: each has one or two invoices, so that 40 of them are 820 halves and not
    100,000 sets. It stops after `MOST_STEPS` pairs of halves.
    """
    few = [one for one in invoices[:MOST_OPEN] if one.balance < amount]
    halves = [half for size in (1, 2) for half in combinations(range(len(few)), size)]
    by_sum: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
    for half in halves:
        by_sum[sum(few[place].balance.minor for place in half)].append(half)
    seen: set[tuple[int, ...]] = set()
    steps = 0
    for left, halves_of_it in by_sum.items():
        for half in halves_of_it:
            for other in by_sum.get(amount.minor - left, ()):
                steps += 1
                if steps > MOST_STEPS:
                    return
                together = tuple(sorted({*half, *other}))
                if len(together) == len(half) + len(other) and together not in seen:
                    seen.add(together)
                    yield tuple(few[place] for place in together)


def _could(keys: Iterable[int], why: str) -> Could | None:
    distinct = tuple(dict.fromkeys(keys))
    if not distinct:
        return None
    return Could(distinct[:MOST_HELD], why, max(len(distinct) - MOST_HELD, 0))


def _owed(book: Book, payer: int, credit: Credit) -> list[Open]:
    """Return what a payer owes that a line of this day and currency could pay."""
    return [one for one in book.by_customer.get(payer, ()) if _may_pay(credit, one)]


def _may_pay(credit: Credit, invoice: Open) -> bool:
    """Return whether the invoice was there when the money came, in its currency."""
    same = invoice.balance.currency == credit.amount.currency
    return same and invoice.issued_on <= credit.booked_on


def _named(credit: Credit, known: Mapping[str, Sequence[Named]]) -> Iterator[int]:
    for mention in credit.reading.mentions:
        for one in known.get(mention.norm, ()):
            if one.balance is None or one.balance.minor <= 0:
                continue
            if one.balance.currency == credit.amount.currency:
                yield one.id


def _by_tail(credit: Credit, owed: Mapping[int, Sequence[Open]]) -> Iterator[int]:
    """Give the invoices of known payers whose last digits stand in the label as a word."""
    if not any(owed.values()):
        return
    said = {
        word.text.lstrip("0")
        for word in credit.reading.words
        if word.text.isdecimal() and len(word.text) >= SHORTEST_TAIL
    } - {""}
    for invoices in owed.values():
        yield from (one.id for one in invoices if said and _tail(one.number) in said)


def _tail(number: str) -> str:
    """Return the digits that a number ends in, without the zeros before them."""
    rest = number.rstrip("0123456789")
    return number[len(rest) :].lstrip("0")


def _beyond(named: Sequence[int], credit: Credit, book: Book) -> Iterator[int]:
    """Give the oldest of the same customers that the amount would reach beyond the ones named."""
    ids = set(named)
    found = [book.by_id[key] for key in ids if key in book.by_id]
    rest = credit.amount.minor - sum(one.balance.minor for one in found)
    for payer in sorted({one.customer_id for one in found}):
        others = [one for one in _owed(book, payer, credit) if one.id not in ids]
        yield from _oldest(others, Money(rest, credit.amount.currency))


def _exact(invoices: Sequence[Open], amount: Money) -> list[int]:
    return [one.id for one in invoices if one.balance == amount]


def _sums(invoices: Sequence[Open], amount: Money) -> list[int]:
    """Return the invoices of all sets that add up; one more than are held is enough to know."""
    found: dict[int, None] = {}
    for together in subsets(invoices, amount):
        found.update(dict.fromkeys(one.id for one in together))
        if len(found) > MOST_HELD:
            break
    return list(found)


def _oldest(invoices: Sequence[Open], amount: Money) -> list[int]:
    """Return the invoices that an amount reaches, filling those due first."""
    reached = []
    left = amount.minor
    for one in invoices:
        if left <= 0:
            break
        reached.append(one.id)
        left -= one.balance.minor
    return reached


def _alike(credit: Credit, book: Book) -> Iterator[int]:
    equal = [one for one in book.by_amount.get(credit.amount, ()) if _may_pay(credit, one)]
    if not equal:
        return
    said = [word for word in _words(credit.text) if len(word) >= TELLING]
    for one in equal:
        if any(_resemble(word, name) for word in said for name in book.words(one.customer_id)):
            yield one.id


def _resemble(word: str, name: str) -> bool:
    """Return whether two words are the same, or begin alike: cut, or ending in a slip."""
    if len(name) < TELLING:
        return False
    return word == name or (min(len(word), len(name)) >= ALIKE and word[:ALIKE] == name[:ALIKE])


def _words(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in plain(text)).split()

"""What a bank line may pay, for a person to say yes to. Pure: words and amounts in, proposals out.

Nothing here is ever applied by itself. In the order of their strength:

1. the label names open invoices of one customer, and the amount is another than theirs;
2. the payer has a customer's name, and the amount is exactly what is left on one invoice, or on
   all that this customer owes;
3. the payer has a customer's name, and the amount is what is left on several of equal size: the
   oldest;
4. nothing but the amount fits, and it fits one open invoice alone.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from common.money import Money
from reconciliation.scoring import Named, Reading, Reason, stand_alone

METHOD = "suggestion"

_WORD = re.compile(r"[A-Z0-9]+")
# What says nothing about who a firm is: legal forms, and the small words of a name.
_EMPTY = frozenset(
    ["SARL", "SAS", "SASU", "SA", "SCI", "SCP", "SELARL", "EURL", "EI", "EIRL", "SNC", "SCOP",
     "GIE", "GMBH", "AG", "LTD", "LIMITED", "LLC", "INC", "PLC", "BV", "NV", "SRL", "SPA", "ETS",
     "ETABLISSEMENTS", "STE", "SOCIETE", "CIE", "COMPAGNIE", "GROUPE", "M", "MME", "MR", "DE",
     "DES", "DU", "D", "L", "LA", "LE", "LES", "ET", "AND", "THE", "OF", "EN", "AU", "AUX"]
)  # fmt: skip
FEWEST_LETTERS = 4  # of a name's longest word: "AB" stands in too many labels
SHORTEST_STUMP = 3  # letters that are left of a name's last word where the bank cut it


@dataclass(frozen=True, slots=True)
class Open:
    """An invoice with something left to pay."""

    id: int
    number: str
    customer_id: int
    balance: Money
    due_on: date
    issued_on: date = date.min


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line may pay: the ids of invoices, and why."""

    invoices: tuple[int, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """What is open, by what lines are compared with; made once for all lines of a run."""

    by_amount: Mapping[Money, Sequence[Open]]
    by_customer: Mapping[int, Sequence[Open]]
    names: Mapping[str, Sequence[tuple[int, tuple[str, ...]]]] = field(default_factory=dict)
    by_id: Mapping[int, Open] = field(default_factory=dict)
    called: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, invoices: Iterable[Open], names: Mapping[int, Sequence[str]]) -> "Book":
        """Arrange what is open; `names` are those of each customer, as it is called."""
        by_amount: defaultdict[Money, list[Open]] = defaultdict(list)
        by_customer: defaultdict[int, list[Open]] = defaultdict(list)
        for invoice in sorted(invoices, key=lambda one: (one.due_on, one.id)):
            by_amount[invoice.balance].append(invoice)
            by_customer[invoice.customer_id].append(invoice)
        index: defaultdict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for customer_id, called in names.items():
            for name in called:
                words = tuple(_telling(name))
                if words and max(map(len, words)) >= FEWEST_LETTERS:
                    index[words[0]].append((customer_id, words))
        by_id = {invoice.id: invoice for same in by_customer.values() for invoice in same}
        return cls(dict(by_amount), dict(by_customer), dict(index), by_id, names)

    def payers(self, text: str) -> set[int]:
        """Return the customers whose whole name stands in a text, cut at its end or not."""
        words = _telling(text)
        found: set[int] = set()
        for place, word in enumerate(words):
            for customer_id, name in self.names.get(word, ()):
                if _begins(words[place:], name):
                    found.add(customer_id)
        return found

    def words(self, customer_id: int) -> list[str]:
        """Return the words of a customer's names that tell who it is."""
        return [word for name in self.called.get(customer_id, ()) for word in _telling(name)]


def propose(
    reading: Reading, text: str, amount: Money, *, known: Mapping[str, Sequence[Named]], book: Book
) -> Proposal | None:
    """Return what a credit line may pay; None when nothing speaks for anything.

    Args:
        text: the label and the payer's name, as the bank wrote them.
        known: as `scoring.decide` takes it.
    """
    if amount.minor <= 0:
        return None
    return (
        _by_number(reading, amount, known)
        or _by_name(book, book.payers(text), amount)
        or _by_amount(book, amount)
    )


def _by_number(
    reading: Reading, amount: Money, known: Mapping[str, Sequence[Named]]
) -> Proposal | None:
    found = [mention for mention in reading.mentions if mention.norm in known]
    if not found or not stand_alone(found, reading.words):
        return None
    named = {one.id: one for mention in found for one in known[mention.norm]}
    open_ones = [
        one
        for one in named.values()
        if one.balance is not None
        and one.balance.minor > 0
        and one.balance.currency == amount.currency
    ]
    if not open_ones or len({one.customer_id for one in open_ones}) > 1:
        return None
    owed = sum(one.balance.minor for one in open_ones if one.balance is not None)
    exact = "exact_balance" if len(open_ones) == 1 else "exact_sum"
    other = "amount_below" if amount.minor < owed else "amount_above"
    told = Reason(exact if amount.minor == owed else other)
    naming = tuple(Reason("number_in_label", one.number) for one in open_ones)
    return Proposal(tuple(one.id for one in open_ones), (*naming, told))


def _by_name(book: Book, payers: set[int], amount: Money) -> Proposal | None:
    """Propose what one named customer owes to exactly this amount."""
    if len(payers) != 1:
        return None
    (payer,) = payers
    name = Reason("name_in_label")
    owed = [one for one in book.by_customer.get(payer, ()) if _is_in(one, amount)]
    exact = [one for one in owed if one.balance == amount]
    if exact:
        alone = Reason("exact_balance" if len(exact) == 1 else "oldest_of_equal")
        return Proposal((exact[0].id,), (name, alone))
    if len(owed) > 1 and sum(one.balance.minor for one in owed) == amount.minor:
        return Proposal(tuple(one.id for one in owed), (name, Reason("all_that_is_owed")))
    return None


def _by_amount(book: Book, amount: Money) -> Proposal | None:
    found = book.by_amount.get(amount, ())
    if len(found) != 1:
        return None
    return Proposal((found[0].id,), (Reason("amount_alone"),))


def _is_in(invoice: Open, amount: Money) -> bool:
    return invoice.balance.currency == amount.currency


def _telling(text: str) -> list[str]:
    """Return the words of a text that tell who it is about, in capitals without accents."""
    plain = unicodedata.normalize("NFKD", text.upper())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [word for word in _WORD.findall(plain) if word not in _EMPTY]


def _begins(words: Sequence[str], name: Sequence[str]) -> bool:
    """Return whether words begin with a name; banks cut names after 24 to 35 signs."""
    whole = name[:-1]
    if tuple(words[: len(whole)]) != tuple(whole) or len(words) < len(name):
        return False
    last, said = name[-1], words[len(whole)]
    return said == last or (bool(whole) and len(said) >= SHORTEST_STUMP and last.startswith(said))

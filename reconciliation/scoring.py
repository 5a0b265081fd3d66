"""Which invoices a bank line pays, and why. Pure: words and amounts in, a decision out.

One rule applies by itself: the label names invoices, all of them open, of one customer, and the
amount is exactly what is left to pay on them. Anything less is a person's to decide.

A number counts only where it is written on its own. Signs between its parts may be written or left
out (`FA-2025-03854`, `FA 2025 03854`, `FA202503854`), but it never begins or ends inside a longer
word, and what is joined to it by a hyphen, stroke or point has to be a number of ours as well.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stdnum import iban

from common.money import Money

METHOD = "reference"

MOST_PIECES = 6  # in which one number may be written
FEWEST_DIGITS = 5  # of a number that has no letter, leading zeros apart
LONGEST_LABEL = 2000  # characters
SHORTEST, LONGEST = 3, 64  # characters of a number that has letters

_PIECE = re.compile(r"[A-Z0-9]+")
_DIGIT = re.compile(r"[0-9]")
# Within one number stands nothing, or a space, a sign, or a sign between spaces.
_WITHIN = re.compile(r" ?[-/._°]? ?|  ")
_HYPHENS = dict.fromkeys(range(0x2010, 0x2016), "-")
_GLUE = re.compile(r"[-/._]")
_ACCOUNT = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{2,4}){3,8}\b")
_OTHER_NUMBERS = frozenset(
    ["BC", "BDC", "BL", "BON", "CDE", "CDES", "CLIENT", "CMD", "CMDE", "COMMANDE", "CONTRAT",
     "CONTRACT", "CPT", "CPTE", "COMPTE", "DEVIS", "DOSSIER", "IBAN", "LIVRAISON", "MANDAT",
     "MDT", "ORDER", "PO", "RUM", "SIREN", "SIRET", "TEL", "TVA"]
)  # fmt: skip
_LINKS = frozenset(["N", "NO", "NR", "NUM", "NUMERO", "REF"])  # "COMMANDE N 12345"


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of a label, and what stands between it and the one before."""

    text: str
    before: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A run of pieces that may be a number: those from `start` up to, but not with, `end`."""

    norm: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A label as it is understood."""

    words: tuple[Piece, ...]
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A number of ours that a label may name.

    `balance` is None for what can't be paid: a credit note, a customer's order number.
    """

    id: int
    number: str
    customer_id: int
    balance: Money | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision was taken; `wording` says it to people."""

    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one line pays: invoice id to the amount of it, all of one customer."""

    customer_id: int
    parts: Mapping[int, Money]
    reasons: tuple[Reason, ...]


def read(label: str) -> Reading:
    """Return the words of a label, and each run of them that could be a number of ours.

    A label longer than any bank's is not read.
    """
    if len(label) > LONGEST_LABEL:
        return Reading((), ())
    words = _pieces(label)
    return Reading(tuple(words), tuple(_mentions(words)))


def decide(
    reading: Reading, amount: Money, known: Mapping[str, Sequence[Named]]
) -> Decision | None:
    """Return what a credit line pays, or None if a person has to look.

    Args:
        known: normalised number to everything of ours that is called so, whether or not it is
            open; balances as they are at this moment.
    """
    if amount.minor <= 0:
        return None
    found = [mention for mention in reading.mentions if mention.norm in known]
    if not found or not stand_alone(found, reading.words):
        return None
    named: dict[int, Named] = {}
    for mention in found:
        called = known[mention.norm]
        if len(called) != 1:
            return None
        named[called[0].id] = called[0]
    return _exactly(list(named.values()), amount)


def _pieces(label: str) -> list[Piece]:
    """Return the words of a label; account numbers are left out."""
    text = _ACCOUNT.sub(_without_account, plain(label))
    found: list[Piece] = []
    end = 0
    for match in _PIECE.finditer(text):
        found.append(Piece(match[0], text[end : match.start()] if found else " "))
        end = match.end()
    return found


def _mentions(words: Sequence[Piece]) -> Iterator[Mention]:
    """Yield each run of words that could be a number of ours."""
    for start in range(len(words)):
        norm = ""
        for end in range(start, min(start + MOST_PIECES, len(words))):
            if end > start and not _WITHIN.fullmatch(words[end].before):
                break
            norm += words[end].text
            if len(norm) > LONGEST:
                break
            if _may_be_number(norm, words, start, end):
                yield Mention(norm, start, end + 1)


def _exactly(named: Sequence[Named], amount: Money) -> Decision | None:
    """Return the decision if all can be paid, by one customer, and cost exactly the amount."""
    parts: dict[int, Money] = {}
    for one in named:
        if one.balance is None or one.balance.minor <= 0:
            return None
        if one.balance.currency != amount.currency or one.customer_id != named[0].customer_id:
            return None
        parts[one.id] = one.balance
    if sum(part.minor for part in parts.values()) != amount.minor:
        return None
    naming = tuple(Reason("number_in_label", one.number) for one in named)
    exact = Reason("exact_balance" if len(named) == 1 else "exact_sum")
    return Decision(named[0].customer_id, parts, (*naming, exact))


def plain(text: str) -> str:
    """Return capitals without accents; any space is an ordinary one."""
    said = unicodedata.normalize("NFKD", text.upper())
    said = "".join(sign for sign in said if not unicodedata.combining(sign))
    return re.sub(r"\s", " ", said.translate(_HYPHENS))


def _without_account(match: re.Match[str]) -> str:
    """Blank an account number, the longest that is one; leave what only looks like it."""
    text = match[0]
    for end in range(len(text), 14, -1):
        if (end == len(text) or text[end] == " ") and iban.is_valid(text[:end]):
            return f" | {text[end:]}"
    return text


def _may_be_number(norm: str, words: Sequence[Piece], start: int, end: int) -> bool:
    if not _DIGIT.search(norm):
        return False
    if not norm.isdecimal():
        return len(norm) >= SHORTEST
    return (
        len(norm.lstrip("0")) >= FEWEST_DIGITS
        and not _is_day(norm)
        and not _is_another_number(words, start)
        and all(not words[place].before.isspace() for place in range(start + 1, end + 1))
    )


def _is_day(digits: str) -> bool:
    """Return whether digits are a day of these decades: 20260113, 13012026 or 130126."""
    orders = {8: ((0, 4, 6), (4, 2, 0)), 6: ((4, 2, 0), (0, 2, 4))}.get(len(digits), ())
    width = len(digits) - 4
    for year, month, day in orders:
        number = int(digits[year : year + width])
        try:
            written = date(
                number + (2000 if width == 2 else 0),  # noqa: PLR2004  # a year's two digits
                int(digits[month : month + 2]),
                int(digits[day : day + 2]),
            )
        except ValueError:
            continue
        if 2000 <= written.year < 2100:  # noqa: PLR2004  # these decades
            return True
    return False


def _is_another_number(words: Sequence[Piece], start: int) -> bool:
    """Return whether the word before says that the digits are an order's, an account's, ..."""
    before = start - 1
    while before >= 0 and words[before].text in _LINKS:
        before -= 1
    return before >= 0 and words[before].text in _OTHER_NUMBERS


def stand_alone(found: Sequence[Mention], words: Sequence[Piece]) -> bool:
    """Return whether the mentions keep apart, and nothing unknown with digits is joined to one."""
    covered: set[int] = set()
    for mention in found:
        run = set(range(mention.start, mention.end))
        if covered & run:
            return False
        covered |= run
    for mention in found:
        before, after = mention.start - 1, mention.end
        if before >= 0 and before not in covered and _joined(words[mention.start], words[before]):
            return False
        if after < len(words) and after not in covered and _joined(words[after], words[after]):
            return False
    return True


def _joined(second: Piece, other: Piece) -> bool:
    """Return whether a sign without spaces joins a word to the one before, and digits are in it."""
    return _GLUE.fullmatch(second.before) is not None and _DIGIT.search(other.text) is not None

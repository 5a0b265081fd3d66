"""What every bank format says in the end: accounts, their balances, their lines. Pure."""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stdnum import iban as _ibans

from common.money import Money
from common.refusals import Refused


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of an account."""

    row: int  # its place in the file, counted from 1
    booked_on: date
    value_on: date | None
    amount_minor: int  # money received is positive
    currency: str
    name: str
    memo: str
    label: str  # all that a person reads
    reference: str  # the line's own id in its file, empty if it has none
    operation: str  # what sort of movement the bank says it is
    check_number: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the file names it; the IBAN is empty when it can't be told."""

    iban: str
    bank: str
    branch: str
    number: str
    currency: str


@dataclass(frozen=True, slots=True)
class AccountStatement:
    account: Account
    opening_minor: int | None
    closing_minor: int | None
    closing_on: date | None
    from_on: date | None
    to_on: date | None
    lines: tuple[Line, ...]
    refused: tuple[Refused, ...]  # the file is held until a person has seen them


@dataclass(frozen=True, slots=True)
class Tally:
    """What one reader saw of a file: how many lines, and their sum in each currency."""

    lines: int
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two readers saw two different things; the file is held until a person has looked."""

    first: Tally
    second: Tally

    @property
    def facts(self) -> dict[str, str | int]:
        """Return both tallies as programs read them."""
        return {
            "first_lines": self.first.lines,
            "first_sums": ", ".join(str(amount) for amount in self.first.sums),
            "second_lines": self.second.lines,
            "second_sums": ", ".join(str(amount) for amount in self.second.sums),
        }


@dataclass(frozen=True, slots=True)
class StatementFile:
    format: str
    statements: tuple[AccountStatement, ...]
    disagreement: Disagreement | None = None


# The label


def full_label(name: str, memo: str) -> str:
    """Return what a person reads of a line, without what the bank says twice.

    Banks cut the name short and repeat it, whole, at the head of the memo.
    """
    short, long = _squeezed(name), _squeezed(memo)
    if short in long:
        return memo
    return name if long in short else f"{name} {memo}"


def _squeezed(text: str) -> str:
    """Return letters and digits alone, in one case, without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[^\w]|_", "", plain) if plain else ""


# The identity of a line


def fingerprints(lines: Sequence[Line]) -> list[tuple[str, int]]:
    """Return what makes each line of one account the same line in another file.

    A line is known by its own id with its day and amount, since banks give an id twice; without
    a good one, by its day, amount and label. Lines that are alike even so are counted, from 0:
    real twins stay two, and a file that comes again, or overlaps another, adds nothing.

    An id counts for nothing when lines that differ share it, with the day and amount too.
    """
    labels = [_squeezed(line.label) for line in lines]
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for line, label in zip(lines, labels, strict=True):
        sharing[_key(line, f"id:{line.reference}")].add(label)
    seen: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for line, label in zip(lines, labels, strict=True):
        key = _key(line, f"id:{line.reference}")
        if _says_nothing(line.reference) or len(sharing[key]) > 1:
            key = _key(line, f"label:{label}")
        fingerprint = hashlib.sha256(key.encode()).hexdigest()
        found.append((fingerprint, seen[fingerprint]))
        seen[fingerprint] += 1
    return found


def _key(line: Line, identity: str) -> str:
    return f"{line.booked_on}|{line.amount_minor}|{line.currency}|{identity}"


def _says_nothing(reference: str) -> bool:
    """Return whether a reference is none: absent, one sign repeated, or a word for none."""
    return len(set(reference)) <= 1 or reference.upper() in _NO_REFERENCE


_NO_REFERENCE = {"NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE", "NULL", "N/A", "NA", "UNKNOWN"}


# French account numbers

_BANK, _BRANCH, _NUMBER, _KEY = 5, 5, 11, 2  # characters
_AS_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "12345678912345678923456789")


def account(*, bank: str, branch: str, number: str, key: str = "", currency: str) -> Account:
    """Return an account, with its IBAN where the numbers are an IBAN or make a French one."""
    bank, branch, number = (re.sub(r"[\s.-]", "", part).upper() for part in (bank, branch, number))
    iban = _iban(bank, branch, number, key.strip())
    return Account(iban, bank[:20], branch[:20], number[:36], currency)


def _iban(bank: str, branch: str, number: str, key: str) -> str:
    if _ibans.is_valid(number):
        return number
    whole = number if len(number) > _NUMBER + _KEY else bank + branch + number + key
    return french_iban(whole)


def french_iban(rib: str) -> str:
    """Return the IBAN of a French account: bank, branch, number and, if there, its key.

    Returns:
        Nothing when it is not such an account, or its key is wrong.

    Source: Comité français d'organisation et de normalisation bancaires, RIB; ISO 13616.
    """
    length = _BANK + _BRANCH + _NUMBER
    if not re.fullmatch(rf"[0-9]{{{_BANK + _BRANCH}}}[0-9A-Z]{{{_NUMBER}}}([0-9]{{2}})?", rib):
        return ""
    digits = rib[:length].translate(_AS_DIGITS)
    bank, branch, number = int(digits[:5]), int(digits[5:10]), int(digits[10:])
    key = f"{97 - (89 * bank + 15 * branch + 3 * number) % 97:02}"
    if rib[length:] not in ("", key):
        return ""
    bban = rib[:length] + key
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{bban}FR00")) % 97
    return f"FR{check:02}{bban}"

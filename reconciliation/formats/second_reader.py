"""A second opinion on an OFX file, since the format carries no control total. Pure.

ofxparse reads the same text by itself. It gives up on a whole file for one line without an id, and
moves days by their time zone; so only the number of lines and their sum are compared, and where it
gives up, nothing is said.
"""

import io
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from common.money import Money, decimals, is_currency
from reconciliation.formats.base import AccountStatement, Disagreement, Tally

MOST_LINES = 2_000  # about a second of its work
SECONDS = 5.0  # of processor time, well within what the limited process has for the whole file
_HEADER = "ENCODING:UTF-8\n\n"  # the file's own is settled, and it stumbles over most of them


def compare(text: str, statements: Sequence[AccountStatement]) -> Disagreement | None:
    """Return what both readers saw, if they differ.

    A file with refused lines is not compared: it waits for a person anyway.

    Args:
        text: the file from its first tag on.
        statements: what the first reader made of it.
    """
    if any(statement.refused for statement in statements):
        return None
    if sum(len(statement.lines) for statement in statements) > MOST_LINES:
        return None
    first, second = _first(statements), _second(text)
    return Disagreement(first, second) if second and second != first else None


def _first(statements: Sequence[AccountStatement]) -> Tally:
    return _tally(
        (
            statement.account.currency,
            [
                Decimal(line.amount_minor).scaleb(-decimals(line.currency))
                for line in statement.lines
            ],
        )
        for statement in statements
    )


def _second(text: str) -> Tally | None:
    """Return what ofxparse saw, None if it saw no statement, for whatever reason."""
    try:
        with _no_longer_than(SECONDS):
            tally = _tally(_parsed(text))
    except Exception:  # noqa: BLE001 whatever stops it, it could not read the file
        return None
    return tally if tally.sums else None


def _parsed(text: str) -> Iterator[tuple[str, list[Decimal]]]:
    """Yield the currency and the amounts of each statement; securities are no bank lines."""
    from ofxparse import AccountType, OfxParser  # noqa: PLC0415 it takes long to import

    for account in OfxParser.parse(io.BytesIO((_HEADER + text).encode())).accounts:
        if account.type in (AccountType.Bank, AccountType.CreditCard):
            lines = account.statement.transactions
            yield account.curdef.upper(), [line.amount for line in lines]


def _tally(statements: Iterable[tuple[str, list[Decimal]]]) -> Tally:
    """Add up amounts as they are written, under the currency of their statement.

    ofxparse does not know that a line may have a currency of its own.
    """
    lines, sums = 0, defaultdict[str, Decimal](Decimal)
    for currency, amounts in statements:
        lines += len(amounts)
        sums[currency] += sum(amounts)
    return Tally(lines, tuple(_money(total, currency) for currency, total in sorted(sums.items())))


def _money(total: Decimal, currency: str) -> Money:
    if not is_currency(currency):
        raise ValueError("The statement does not say its currency.")
    return Money(int(total.scaleb(decimals(currency)).quantize(Decimal(1))), currency)


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """Raise TimeoutError when the block has used that much processor time."""
    before = signal.signal(signal.SIGPROF, _stop)
    # Again each second, for an error that is raised in a destructor is lost.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(_signal: int, _frame: object) -> None:
    raise TimeoutError

"""Note beside each line that waits what it may pay, for people; and hold what it could pay."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from common import bulk
from organizations.models import Organization
from reconciliation import candidates, gate, scoring, suggesting
from reconciliation.models import BankTransaction
from reconciliation.scoring import Decision, Reading
from reconciliation.suggesting import Proposal

State = BankTransaction.State


def note(
    organization: Organization,
    lines: Sequence[BankTransaction],
    readings: Mapping[int, Reading],
    *,
    exact: Mapping[int, Decision],
    at: datetime,
) -> int:
    """Note what locked lines may pay, or that nothing is known; return for how many it is.

    Args:
        exact: what the rule decided, of lines whose account only suggests.
    """
    if not lines:
        return 0
    numbers = {mention.norm for line in lines for mention in readings[line.pk].mentions}
    known, book = candidates.called(numbers, lock=False), candidates.book()
    for line in lines:
        found: Decision | Proposal | None = exact.get(line.pk)
        found = found or suggesting.propose(
            readings[line.pk], f"{line.label} {line.name}", line.amount, known=known, book=book
        )
        line.state, line.method = State.SUGGESTED, suggesting.METHOD
        line.reasons, line.proposal = [], []
        if found is None:
            line.state, line.method = State.UNMATCHED, ""
        else:
            by_rule = isinstance(found, Decision)
            line.method = scoring.METHOD if by_rule else suggesting.METHOD
            line.proposal = list(found.parts if isinstance(found, Decision) else found.invoices)
            line.reasons = [{"code": one.code, "value": one.value} for one in found.reasons]
    bulk.update(lines, "state", "method", "reasons", "proposal")
    gate.look(organization, lines, readings=readings, known=known, book=book, at=at)
    return sum(line.state == State.SUGGESTED for line in lines)

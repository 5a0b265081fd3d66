"""What may still be said: asked at the moment of saying it, whatever was decided before."""

from collections.abc import Sequence

from dunning import facts, ladder
from dunning.models import Act, Message


def standing(message: Message, acts: Sequence[Act]) -> list[Act]:
    """Return the acts of a message that are still owed, and that nobody has put on hold."""
    found = facts.debtors(
        message.organization,
        on=message.written_on,
        days=ladder.HORIZON_DAYS,
        customer_ids=[message.customer_id],
    )
    known = {part.id: (debtor, part) for debtor in found for part in debtor.instalments}
    return [
        act
        for act in acts
        if act.instalment_id in known
        and ladder.stands(*known[act.instalment_id], kind=act.kind, on=message.written_on)
    ]

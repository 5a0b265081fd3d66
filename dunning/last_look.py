"""What may still be said: asked at the moment of saying it, whatever was decided before."""

from collections.abc import Sequence
from datetime import date

from dunning import facts, ladder
from dunning.models import Act, Message
from organizations.models import Organization


def standing(message: Message, acts: Sequence[Act], *, on: date | None = None) -> list[Act]:
    """Return the acts of a message that are still owed, and that nobody has put on hold.

    Args:
        on: the day of saying it; by default the one on which it was decided.
    """
    return still_standing(message.organization, acts, on=on or message.written_on)


def still_standing(organization: Organization, acts: Sequence[Act], *, on: date) -> list[Act]:
    """Return the acts, of any number of messages, that are owed and free of holds on a day."""
    stopped = stopped_by(organization, acts, on=on)
    return [act for act in acts if not stopped[act.pk]]


def stopped_by(
    organization: Organization, acts: Sequence[Act], *, on: date
) -> dict[int, tuple[str, ...]]:
    """Return what stops each act on a day, by its id: kinds of blocker, "paid" or "not_paid"."""
    found = facts.debtors(
        organization,
        on=on,
        days=ladder.HORIZON_DAYS,
        customer_ids={act.customer_id for act in acts},
    )
    known = {part.id: (debtor, part) for debtor in found for part in debtor.instalments}
    return {
        act.pk: ladder.stopped_by(*known[act.instalment_id], kind=act.kind, on=on)
        if act.instalment_id in known
        else ("paid",)
        for act in acts
    }

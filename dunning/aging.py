"""How long messages have been in hand, so that somebody is told before a debtor notices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, Min, Q
from django.db.models.functions import Coalesce, Greatest

from dunning.models import Channel, Message

State = Message.State

# From when on the oldest of a state is too old. The sweeper looks every half minute.
LATE_AFTER = {
    State.QUEUED: timedelta(minutes=10),
    State.CLAIMED: timedelta(minutes=5),
    State.UNKNOWN: timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Age:
    """How many messages are in a state, and since when the oldest is."""

    state: str
    count: int = 0
    since: datetime | None = None
    is_late: bool = False

    @property
    def label(self) -> str:
        return str(State(self.state).label)

    def document(self) -> dict[str, str | int | bool | None]:
        """Return it as the command prints it."""
        since = self.since.isoformat() if self.since is not None else None
        return {"state": self.state, "count": self.count, "since": since, "late": self.is_late}


def ages(*, at: datetime) -> list[Age]:
    """Return the ages of what is due to leave, is being sent, and may have left.

    Letters wait for a person, and what is to leave later is not due: neither counts.
    """
    since = {
        State.QUEUED: Greatest("created_at", Coalesce("not_before", "created_at")),
        State.CLAIMED: Coalesce("claimed_at", "created_at"),
        State.UNKNOWN: Coalesce("call_started_at", "created_at"),
    }
    due = Q(channel=Channel.EMAIL) & (Q(not_before__isnull=True) | Q(not_before__lte=at))
    kept = {State.QUEUED: Q(state=State.QUEUED) & due}
    asked: dict[str, Aggregate] = {}
    for state, instant in since.items():
        condition = kept.get(state, Q(state=state))
        asked[f"{state}_count"] = Count("pk", filter=condition)
        asked[f"{state}_since"] = Min(instant, filter=condition)
    found = Message.objects.filter(state__in=since).aggregate(**asked)
    return [_age(state, found[f"{state}_count"], found[f"{state}_since"], at=at) for state in since]


def _age(state: State, count: int, since: datetime | None, *, at: datetime) -> Age:
    is_late = since is not None and at - since > LATE_AFTER[state]
    return Age(state, count, since, is_late=is_late)

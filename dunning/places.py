"""Which invoices a plan follows in a month. Pure: facts of all debtors in, the same facts out.

A plan with a limit has so many places a month. An invoice takes one at its first act or match of
the month and keeps it to the end. On the day of a round those that have a place come first; what
is left goes to the invoices that are due that day, the oldest due date first, then by key. The
others wait, by a blocker that ends with the month. So the ladder is told beforehand, and counts
nothing; and since a day's places follow from that day's facts alone, the preview, which goes
through the days of all debtors together, gives what the rounds do (docs/decisions/0022).
"""

import heapq
from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from common.working_days import DAY
from dunning import ladder
from dunning.debtor import THANK_YOU, Blocker, DebtorFacts

Asked = tuple[date, DebtorFacts, tuple[ladder.Act, ...]]


@dataclass(frozen=True, slots=True)
class Quota:
    """The places of one month, and the invoices that have one."""

    limit: int
    followed: frozenset[int] = frozenset()  # ids; a match takes a place beyond the limit too

    @property
    def free(self) -> int:
        return max(self.limit - len(self.followed), 0)


def month_of(on: date) -> tuple[date, date]:
    """Return the first and the last day of a day's month."""
    return on.replace(day=1), on.replace(day=monthrange(on.year, on.month)[1])


def on_a_day(debtors: Sequence[DebtorFacts], quota: Quota, *, on: date) -> list[DebtorFacts]:
    """Return the debtors as the round of a day finds them: what has no place waits.

    Args:
        debtors: among them all that are due an act on that day.
        quota: of the month that the day lies in.
    """
    placed = _placed(debtors, quota, on=on)
    if placed is None:
        return list(debtors)
    return [held(debtor, placed, on=on) for debtor in debtors]


def fold(
    debtors: Sequence[DebtorFacts], quota: Quota, *, start: date, days: int
) -> Iterator[Asked]:
    """Go through the coming days of all debtors together, nothing else happening.

    Give, by day, each debtor that has acts then, as he was before them.

    Args:
        quota: of the month that `start` lies in; the following months begin with every place free.
    """
    coming = _Coming(list(debtors), quota, start)
    end = start + timedelta(days=days)
    while (day := coming.next_day()) is not None and day < end:
        yield from coming.live(day)


def waiting(debtors: Sequence[DebtorFacts], quota: Quota, *, on: date) -> set[int]:
    """Return the invoices that would be asked in the rest of a day's month, but for the limit."""
    days = (month_of(on)[1] - on).days + 1
    followed = set(quota.followed)
    for _day, debtor, acts in fold(debtors, quota, start=on, days=days):
        followed |= _invoices(debtor, acts)
    wanted: set[int] = set()
    for debtor in debtors:
        for _day, acts in ladder.fold(debtor, start=on, days=days):
            wanted |= _invoices(debtor, acts)
    return wanted - followed


def held(debtor: DebtorFacts, placed: Collection[int], *, on: date) -> DebtorFacts:
    """Return a debtor whose invoices without a place wait until the month is over."""
    first, last = month_of(on)
    wait = Blocker("quota", until=last, since=first)
    return replace(
        debtor,
        instalments=tuple(
            part if part.invoice_id in placed else replace(part, holds=(*part.holds, wait))
            for part in debtor.instalments
        ),
    )


class _Coming:
    """The debtors on their way through the days, each with his next day that has an act.

    Whose every invoice waits is not looked at again before the month is over: his day in the
    agenda is then only a hint, the first on which something can be due.
    """

    def __init__(self, debtors: list[DebtorFacts], quota: Quota, start: date) -> None:
        self.debtors, self.quota, self.month = debtors, quota, month_of(start)[0]
        self.agenda: list[tuple[date, int]] = []
        self.hinted: set[int] = set()
        self._look(range(len(debtors)), since=start)

    def next_day(self) -> date | None:
        while self.agenda and self.agenda[0][1] in self.hinted:
            day, place = heapq.heappop(self.agenda)
            self.hinted.remove(place)
            self._add(place, ladder.first_day(self.debtors[place], since=day))
        return self.agenda[0][0] if self.agenda else None

    def live(self, day: date) -> Iterator[Asked]:
        """Do the round of a day, and look when those who were asked are due next."""
        if month_of(day)[0] != self.month:
            self.month, self.quota = month_of(day)[0], Quota(self.quota.limit)
        places = self._due_on(day)
        was_free = self.quota.free
        placed = _placed([self.debtors[place] for place in places], self.quota, on=day)
        for place in places:
            before = self.debtors[place]
            acts = _acts(before, placed, on=day)
            if acts:
                yield day, before, acts
                self.debtors[place] = ladder.after(before, acts, on=day)
                followed = self.quota.followed | _invoices(before, acts)
                self.quota = Quota(self.quota.limit, followed)
        if was_free and not self.quota.free:  # from now on nobody else is asked this month
            self.agenda.clear()
            self.hinted.clear()
            places = list(range(len(self.debtors)))
        self._look(places, since=day + DAY)

    def _due_on(self, day: date) -> list[int]:
        places = []
        while self.agenda and self.agenda[0][0] == day:
            place = heapq.heappop(self.agenda)[1]
            if place in self.hinted:
                self.hinted.remove(place)
                self._add(place, ladder.first_day(self.debtors[place], since=day))
            else:
                places.append(place)
        return places

    def _look(self, places: Iterable[int], *, since: date) -> None:
        full = not self.quota.free and month_of(since)[0] == self.month
        for place in places:
            debtor = self.debtors[place]
            if not full:
                self._add(place, ladder.first_day(debtor, since=since))
            elif all_wait(debtor, self.quota.followed):
                self.hinted.add(place)
                self._add(place, month_of(since)[1] + DAY)
            else:
                waits = held(debtor, self.quota.followed, on=since)
                self._add(place, ladder.first_day(waits, since=since))

    def _add(self, place: int, day: date | None) -> None:
        if day is not None:
            heapq.heappush(self.agenda, (day, place))


def _placed(debtors: Sequence[DebtorFacts], quota: Quota, *, on: date) -> frozenset[int] | None:
    """Return the invoices that have a place on a day; None when there is one for each."""
    placed = quota.followed
    if quota.free:
        asked = sorted(due for debtor in debtors for due in _due(debtor, on=on))
        newcomers = list(dict.fromkeys(id_ for _on, id_ in asked if id_ not in placed))
        if len(newcomers) <= quota.free:
            return None
        placed |= frozenset(newcomers[: quota.free])
    return placed


def _acts(
    debtor: DebtorFacts, placed: frozenset[int] | None, *, on: date
) -> tuple[ladder.Act, ...]:
    """Return the acts of a debtor on a day whose places are given."""
    if placed is None:
        return ladder.acts_on(debtor, on=on)
    if all_wait(debtor, placed):
        return ()
    return ladder.acts_on(held(debtor, placed, on=on), on=on)


def all_wait(debtor: DebtorFacts, placed: Collection[int]) -> bool:
    """Return whether a debtor hears nothing, not even thanks, while others have the places."""
    return all(
        part.balance.minor > 0 and part.invoice_id not in placed for part in debtor.instalments
    )


def _due(debtor: DebtorFacts, *, on: date) -> Iterator[tuple[date, int]]:
    """Give the due date and invoice of each reminder that a day would bring without a limit."""
    parts = {part.id: part for part in debtor.instalments}
    for act in ladder.acts_on(debtor, on=on):
        if act.step.kind != THANK_YOU:
            part = parts[act.instalment_id]
            yield part.due_on, part.invoice_id


def _invoices(debtor: DebtorFacts, acts: Sequence[ladder.Act]) -> set[int]:
    """Return the invoices that acts ask for; thanks ask for none."""
    asked = {act.instalment_id for act in acts if act.step.kind != THANK_YOU}
    return {part.invoice_id for part in debtor.instalments if part.id in asked}

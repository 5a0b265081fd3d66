"""Take debtors through days while money comes in and invoices are written. Pure.

The ladder decides each day, as it does for the round; a plan's limit is told to it as
`places` tells the round. With nothing coming in this is the preview.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from common.money import Money
from common.working_days import DAY
from dunning import ladder, places
from dunning.debtor import THANK_YOU, DebtorFacts, InstalmentFacts
from dunning.places import Asked, Quota, month_of


@dataclass(frozen=True, slots=True)
class Life:
    """A debtor as the first day finds him, and what happens besides what he is asked."""

    debtor: DebtorFacts
    coming: tuple[tuple[date, InstalmentFacts], ...] = ()  # of invoices written later
    paid: Mapping[int, date] = field(default_factory=dict)  # instalment id to day

    @property
    def instalments(self) -> Iterator[InstalmentFacts]:
        """Give all his instalments, those still to come too."""
        yield from self.debtor.instalments
        for _day, part in self.coming:
            yield part


def through(
    lives: Sequence[Life], *, start: date, days: int, quota: Quota | None = None
) -> Iterator[Asked]:
    """Go through the days of all debtors together.

    What is paid on a day is known to that day's round. Give, by day, each debtor that has acts
    then, as he was before them.

    Args:
        quota: of the month that `start` lies in, where the plan has a limit.
    """
    lived = _Lived(lives, start, quota)
    for count in range(days):
        yield from lived.live(start + timedelta(days=count))


class _Lived:
    """Debtors on their way, each with the first day on which something can be due."""

    def __init__(self, lives: Sequence[Life], start: date, quota: Quota | None) -> None:
        self.debtors = [life.debtor for life in lives]
        self.quota, self.month = quota, month_of(start)[0]
        self.written: dict[date, list[tuple[int, InstalmentFacts]]] = defaultdict(list)
        self.paid: dict[date, list[tuple[int, int]]] = defaultdict(list)
        for place, life in enumerate(lives):
            for day, part in life.coming:
                self.written[max(day, start)].append((place, part))
            for id_, day in life.paid.items():
                self.paid[max(day, start)].append((place, id_))
        self.due: dict[int, date] = {}
        self._look(range(len(lives)), since=start)

    def live(self, day: date) -> Iterator[Asked]:
        """Let a day happen, then do its round."""
        if self.quota is not None and month_of(day)[0] != self.month:
            self.month, self.quota = month_of(day)[0], Quota(self.quota.limit)
        self._look(self._happen(day), since=day)
        ready = [place for place, on in sorted(self.due.items()) if on <= day]
        seen = []
        for place, acts in self._asked(ready, on=day):
            seen.append(place)
            before = self.debtors[place]
            if acts:
                yield day, before, acts
                self.debtors[place] = ladder.after(before, acts, on=day)
        self._look(seen, since=day + DAY)  # the others wait for a place, as long as it takes

    def _happen(self, day: date) -> set[int]:
        """Write the invoices of a day, then take its money in; return whom that concerns."""
        concerned = set()
        for place, part in self.written.pop(day, ()):
            debtor = self.debtors[place]
            self.debtors[place] = replace(debtor, instalments=(*debtor.instalments, part))
            concerned.add(place)
        paid: dict[int, set[int]] = defaultdict(set)
        for place, id_ in self.paid.pop(day, ()):
            paid[place].add(id_)
        for place, ids in paid.items():
            self.debtors[place] = _settled(self.debtors[place], ids, on=day)
        return concerned | paid.keys()

    def _asked(
        self, ready: Sequence[int], *, on: date
    ) -> Iterator[tuple[int, tuple[ladder.Act, ...]]]:
        """Give the acts of those who may be due, told beforehand who has a place."""
        if self.quota is None:
            for place in ready:
                yield place, ladder.acts_on(self.debtors[place], on=on)
            return
        if not self.quota.free:
            followed = self.quota.followed
            ready = [p for p in ready if not places.all_wait(self.debtors[p], followed)]
        told = places.on_a_day([self.debtors[place] for place in ready], self.quota, on=on)
        followed = self.quota.followed
        for place, debtor in zip(ready, told, strict=True):
            acts = ladder.acts_on(debtor, on=on)
            followed |= _invoices(debtor, acts)
            yield place, acts
        self.quota = Quota(self.quota.limit, followed)

    def _look(self, concerned: Collection[int], *, since: date) -> None:
        """Look when debtors are due next; a limit only makes that later."""
        for place in concerned:
            day = ladder.first_day(self.debtors[place], since=since)
            if day is None:
                self.due.pop(place, None)
            else:
                self.due[place] = day


def _settled(debtor: DebtorFacts, ids: Collection[int], *, on: date) -> DebtorFacts:
    """Return a debtor who paid some of his instalments; what is long paid is forgotten."""
    remembered = on - timedelta(days=ladder.THANK_YOU_WITHIN_DAYS)
    kept = (
        part
        for part in debtor.instalments
        if part.balance.minor > 0 or (part.settled_on is not None and part.settled_on >= remembered)
    )
    return replace(
        debtor,
        instalments=tuple(
            replace(part, balance=Money(0, part.balance.currency), settled_on=on)
            if part.id in ids
            else part
            for part in kept
        ),
    )


def _invoices(debtor: DebtorFacts, acts: Iterable[ladder.Act]) -> frozenset[int]:
    """Return the invoices that acts ask for; thanks ask for none."""
    asked = {act.instalment_id for act in acts if act.step.kind != THANK_YOU}
    return frozenset(part.invoice_id for part in debtor.instalments if part.id in asked)

"""What a draft would change: computed by the ladder itself, and nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dunning import following, ladder, planning
from dunning.choosing import Choices
from dunning.models import Act
from organizations.models import Organization

DAYS = 30


@dataclass(frozen=True, slots=True)
class Change:
    """An act that would lie elsewhere; without a day it would not be."""

    customer_id: int
    number: str  # of the invoice
    channel: str
    kind: str
    was_on: date | None
    will_be_on: date | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What the coming days would be with a draft, beside what they are without it."""

    invoices: int  # that something changes for
    customers: int
    forward: tuple[Change, ...]
    back: tuple[Change, ...]
    added: tuple[Change, ...]
    taken: tuple[Change, ...]
    twice: int  # asked of one instalment that was asked it already: always 0

    @property
    def is_nothing(self) -> bool:
        return not (self.forward or self.back or self.added or self.taken)


@dataclass(frozen=True, slots=True)
class Coming:
    """An act to come."""

    on: date
    customer_id: int
    act: ladder.Act

    @property
    def same(self) -> tuple[int, str, str]:
        """Return what makes two acts of different steps the same thing to the debtor."""
        return (self.act.instalment_id, self.act.step.channel, self.act.step.kind)


Key = tuple[int, int, int, str]  # instalment, cycle, level, channel: the key of an act


def key_of(act: ladder.Act) -> Key:
    """Return the key of an act to come."""
    return (act.instalment_id, act.cycle, act.step.level, act.step.channel)


def difference(
    organization: Organization, before: Choices, after: Choices, *, on: date, days: int = DAYS
) -> Difference:
    """Return what the rounds of the coming days would do otherwise, nothing else happening.

    Args:
        before: what decides now.
        after: the draft.
        on: the day from which on, the round still to come.
    """
    customer_ids = following.concerned(organization, before, after, on=on)
    was = _acts(organization, before, customer_ids, on=on, days=days)
    will_be = _acts(organization, after, customer_ids, on=on, days=days)
    return between(was, will_be)


def between(was: Mapping[Key, Coming], will_be: Mapping[Key, Coming]) -> Difference:
    """Return what differs between the acts of the same days, in one query."""
    changes = [*_of_kept(was, will_be), *_of_others(was, will_be)]
    changes.sort(key=lambda change: (change.will_be_on or change.was_on, change.number))
    return Difference(
        invoices=len({change.number for change in changes}),
        customers=len({change.customer_id for change in changes}),
        forward=tuple(c for c in changes if c.was_on and c.will_be_on and c.will_be_on < c.was_on),
        back=tuple(c for c in changes if c.was_on and c.will_be_on and c.will_be_on > c.was_on),
        added=tuple(change for change in changes if change.was_on is None),
        taken=tuple(change for change in changes if change.will_be_on is None),
        twice=_asked_already(will_be),
    )


def _acts(
    organization: Organization,
    choices: Choices,
    customer_ids: Collection[int],
    *,
    on: date,
    days: int,
) -> dict[Key, Coming]:
    lives = planning.folds(
        organization, start=on, days=days, customer_ids=customer_ids, choices=choices
    )
    return {
        key_of(act): Coming(day, debtor.customer_id, act)
        for debtor, lived in lives
        for day, acts in lived
        for act in acts
    }


def _of_kept(was: Mapping[Key, Coming], will_be: Mapping[Key, Coming]) -> Iterator[Change]:
    """Give the acts of steps that stay, where their day changes."""
    for key, coming in was.items():
        other = will_be.get(key)
        if other is not None and other.on != coming.on:
            yield _change(coming, other)


def _of_others(was: Mapping[Key, Coming], will_be: Mapping[Key, Coming]) -> Iterator[Change]:
    """Give the acts of steps that go and come; what is the same to the debtor was only moved."""
    coming: dict[tuple[int, str, str], list[Coming]] = defaultdict(list)
    for key, found in sorted(will_be.items(), key=lambda item: item[1].on):
        if key not in was:
            coming[found.same].append(found)
    for key, found in sorted(was.items(), key=lambda item: item[1].on):
        if key in will_be:
            continue
        waiting = coming[found.same]
        other = waiting.pop(0) if waiting else None
        if other is None or other.on != found.on:
            yield _change(found, other)
    for left in coming.values():
        for found in left:
            yield _change(None, found)


def _change(was: Coming | None, will_be: Coming | None) -> Change:
    either = will_be or was
    if either is None:
        raise ValueError("Nothing is no change.")
    return Change(
        customer_id=either.customer_id,
        number=either.act.number,
        channel=either.act.step.channel,
        kind=either.act.step.kind,
        was_on=was.on if was is not None else None,
        will_be_on=will_be.on if will_be is not None else None,
    )


def _asked_already(will_be: Collection[Key]) -> int:
    """Count the acts to come that were asked already: the levels see to it that none was."""
    instalment_ids = {key[0] for key in will_be}
    asked = Act.objects.filter(instalment__in=instalment_ids).order_by()
    return len(set(will_be) & set(asked.values_list("instalment_id", "cycle", "level", "channel")))

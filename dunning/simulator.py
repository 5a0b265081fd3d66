"""What a draft would do, to the book as it is or to the last year: read, lived, never written.

The production ladder lives the days twice, with what is in force and with the draft. It does so
inside `tenancy.read_only`: the database refuses to write, so nothing can leave.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from common.money import Money
from common.tenancy import read_only
from dunning import (
    backlog,
    comparing,
    facts,
    following,
    foreseen,
    living,
    planned,
    planning,
    quota,
)
from dunning.choosing import Choices, hundredths
from dunning.comparing import Coming, Difference, Key
from dunning.debtor import DebtorFacts, InstalmentFacts
from dunning.drafts import StepDraft
from dunning.foreseen import Reached, Run
from dunning.living import Life
from dunning.places import Quota
from dunning.planning import Contacting
from invoices.models import Instalment
from organizations.models import Organization

AS_NOW, DEFAULT, EVERYBODY = "as_now", "default", "everybody"
YEAR_DAYS = 365
# Beyond these, those who owe most are lived, and the page says so: an answer within seconds.
MOST_DEBTORS = 1_000
MOST_REPLAYED = 300
BALANCE = F("amount_minor") - F("settled_minor")


@dataclass(frozen=True, slots=True)
class Simulation:
    """The same days twice: with what is in force, and with the draft."""

    today: Run
    draft: Run
    debtors: int  # who were lived
    of: int  # out of so many
    difference: Difference | None = None  # of the coming days
    reached_today: tuple[Reached, ...] = ()  # of the last year
    reached: tuple[Reached, ...] = ()

    @property
    def is_cut(self) -> bool:
        return self.debtors < self.of


def drafted(
    before: Choices,
    scenario_id: int,
    steps: Iterable[StepDraft],
    *,
    currency: str,
    followed: str = AS_NOW,
    order: Sequence[int] | None = None,
) -> Choices:
    """Return what would decide with a draft.

    Args:
        steps: of the scenario, each with its level.
        followed: by whom: AS_NOW by those who follow it, DEFAULT also by those for whom nothing
            else is said, EVERYBODY whatever rules and choices say.
        order: the places of the rules, from 0, as they would be asked; who is left out is not.
    """
    after = before.with_steps(scenario_id, steps, currency=currency)
    if order is not None:
        after = after.with_rules([before.rules[place] for place in order])
    if followed == AS_NOW:
        return after
    if followed == EVERYBODY:
        after = replace(after, rules=(), of_customers={}, of_invoices={})
    return after.with_default(scenario_id)


def coming(
    organization: Organization,
    before: Choices,
    after: Choices,
    *,
    on: date,
    days: int,
    by_habit: bool = False,
) -> Simulation:
    """Return what the rounds of the coming days would do with a draft, and do without it.

    Args:
        on: the round still to come.
        by_habit: each open instalment is paid on the day its customer's habit says, if he has
            one and the day is not past; else nothing is ever paid.
    """
    with read_only():
        customers, of = _largest(_owed(), most=MOST_DEBTORS)
        month, contested = quota.of(organization, on=on), _contested()
        runs = []
        for choices in (before, after):
            found = facts.debtors(
                organization, on=on, days=days, customer_ids=customers, choices=choices
            )
            lives = [Life(one, paid=_by_habit(one, on=on) if by_habit else {}) for one in found]
            runs.append(_run(lives, start=on, days=days, month=month, contested=contested))
        today, draft = runs
        return Simulation(
            today=today,
            draft=draft,
            debtors=of if customers is None else len(customers),
            of=of,
            difference=comparing.between(_acts(today), _acts(draft)),
        )


def last_year(
    organization: Organization, before: Choices, after: Choices, *, on: date
) -> Simulation:
    """Return the year before a day as it would have been, with a draft and without it.

    Each instalment is written on its invoice's day, due and settled on the days on which it
    really was, and nobody was asked anything before. Not known any more, and left out: holds of
    then, parts paid earlier than the rest, the plan's limit. Contacts, habits and what rules
    ask of customers are today's.
    """
    start = on - timedelta(days=YEAR_DAYS)
    with read_only():
        lived = _lived_since(start, on=on)
        customers, of = _largest(_invoiced(lived), most=MOST_REPLAYED)
        if customers is not None:
            lived = lived.filter(customer__in=customers)
        past = _Past(organization, lived, start=start)
        runs, paths = [], []
        for choices in (before, after):
            lives = past.lives(choices, on=on)
            runs.append(_run(lives, start=start, days=YEAR_DAYS))
            paths.append(tuple(foreseen.reached(lives, runs[-1].heard)))
        return Simulation(
            today=runs[0],
            draft=runs[1],
            debtors=of if customers is None else len(customers),
            of=of,
            reached_today=paths[0],
            reached=paths[1],
        )


def _run(
    lives: Sequence[Life],
    *,
    start: date,
    days: int,
    month: Quota | None = None,
    contested: Mapping[int, int] | None = None,
) -> Run:
    """Live the days.

    Args:
        month: the places of the first month, where the plan has a limit.
        contested: of which instalments how many minor units are not asked for.
    """
    found: list[tuple[Contacting, dict[int, Money]]] = []
    silent = contested or {}
    for day, debtor, acts in living.through(lives, start=start, days=days, quota=month):
        left = {
            part.id: part.balance - Money(silent.get(part.id, 0), part.balance.currency)
            for part in debtor.instalments
        }
        found += [(contact, left) for contact in planning.grouped(debtor, acts, on=day)]
    found.sort(key=lambda pair: planning.order(pair[0]))
    return Run(start, days, tuple(planned.heard(contact, left) for contact, left in found))


def _acts(run: Run) -> dict[Key, Coming]:
    return {
        comparing.key_of(act): Coming(one.on, one.customer_id, act)
        for one in run.heard
        for act in one.acts
    }


def _by_habit(debtor: DebtorFacts, *, on: date) -> dict[int, date]:
    """Return when each open instalment is paid, if the debtor pays as he usually does."""
    if debtor.habit is None:
        return {}
    usual = timedelta(days=debtor.habit.days)
    return {
        part.id: part.due_on + usual
        for part in debtor.instalments
        if part.balance.minor > 0 and part.due_on + usual >= on
    }


def _contested() -> dict[int, int]:
    """Return what customers contest of their instalments, and are not asked for."""
    parts = Instalment.objects.open().filter(contested_minor__gt=0)
    return dict(parts.values_list("pk", "contested_minor"))


def _owed() -> QuerySet[Any]:
    """Return by customer what he owes."""
    return Instalment.objects.open().values("customer").annotate(weight=Sum(BALANCE))


def _invoiced(lived: QuerySet[Instalment]) -> QuerySet[Any]:
    """Return by customer what was invoiced of these instalments."""
    return lived.values("customer").annotate(weight=Sum("amount_minor"))


def _largest(weighed: QuerySet[Any], *, most: int) -> tuple[list[int] | None, int]:
    """Return the largest customers, None when that is all of them, and how many there are."""
    of = weighed.order_by().aggregate(n=Count("customer", distinct=True))["n"]
    if of <= most:
        return None, of
    largest = weighed.order_by("-weight", "customer")[:most]
    return list(largest.values_list("customer", flat=True)), of


def _lived_since(start: date, *, on: date) -> QuerySet[Instalment]:
    """Return the instalments that were open on a day since; what came in settled never was."""
    is_open = Q(settled_minor__lt=F("amount_minor"))
    found: QuerySet[Instalment] = Instalment.objects.filter(is_open | Q(settled_on__gte=start))
    return found.filter(invoice__issued_on__lt=on)


@dataclass(frozen=True, slots=True)
class _Row:
    """An instalment of the year, whatever scenario it follows."""

    part: InstalmentFacts
    issued_on: date
    paid_on: date | None
    invoiced: int  # hundredths


class _Past:
    """The year's instalments and their debtors, read once for both runs."""

    def __init__(
        self, organization: Organization, lived: QuerySet[Instalment], *, start: date
    ) -> None:
        self.organization, self.start = organization, start
        self.customers = lived.values("customer")
        self.rows: dict[int, list[_Row]] = defaultdict(list)
        for customer_id, row in _rows(lived):
            self.rows[customer_id].append(row)
        self.reachable = facts.reachable(list(self.rows))
        self.starts = self._starts()

    def lives(self, choices: Choices, *, on: date) -> list[Life]:
        """Return the debtors as the year's first day would have found them."""
        buyers = following.buyers(choices, self.customers, on=on)
        steps = facts.Steps(choices, buyers)
        calendar = facts.calendar_of(self.organization)
        limits = facts.limits_of(self.organization)
        lives = []
        for customer_id, (code, channels, habit) in sorted(self.reachable.items()):
            rows = self.rows[customer_id]
            parts = [
                replace(
                    row.part,
                    steps=steps.of(
                        row.part.invoice_id,
                        customer_id,
                        invoiced=row.invoiced,
                        left=row.invoiced,
                        after="",
                    ),
                )
                for row in rows
            ]
            both = list(zip(rows, parts, strict=True))
            debtor = DebtorFacts(
                customer_id=customer_id,
                code=code,
                instalments=tuple(part for row, part in both if row.issued_on <= self.start),
                reachable=channels,
                calendar=calendar,
                limits=limits,
                start_on=self.starts.get(customer_id),
                habit=habit,
            )
            later = tuple((r.issued_on, part) for r, part in both if r.issued_on > self.start)
            paid = {r.part.id: max(r.paid_on, r.issued_on) for r in rows if r.paid_on is not None}
            lives.append(Life(debtor, later, {i: d for i, d in paid.items() if d < on}))
        return lives

    def _starts(self) -> Mapping[int, date]:
        """Return a first day for each who was late when the year began, those who owe most first.

        So the year does not begin with two hundred messages either.
        """
        late: dict[int, int] = defaultdict(int)
        for customer_id, rows in self.rows.items():
            for row in rows:
                if row.part.due_on < self.start and row.issued_on <= self.start:
                    late[customer_id] += row.part.balance.minor
        return backlog.start_dates(
            sorted(late, key=lambda id_: (-late[id_], id_)),
            first_on=self.start,
            per_day=self.organization.backlog_per_day,
            taken={},
            calendar=facts.calendar_of(self.organization),
        )


def _rows(lived: QuerySet[Instalment]) -> Iterator[tuple[int, _Row]]:
    rows = lived.order_by("customer_id", "due_on", "id").values_list(
        "id", "customer_id", "invoice_id", "invoice__number", "cycle", "due_on", "amount_minor",
        "settled_minor", "currency", "settled_on", "invoice__issued_on", "invoice__total_minor",
    )  # fmt: skip
    for (
        id_, customer_id, invoice_id, number, cycle, due_on, amount,
        settled, currency, settled_on, issued_on, total,
    ) in rows.iterator(chunk_size=5000):  # fmt: skip
        asked = amount if settled_on is not None else amount - settled
        part = InstalmentFacts(
            id=id_,
            number=number,
            cycle=cycle,
            due_on=due_on,
            balance=Money(asked, currency),
            steps=(),
            invoice_id=invoice_id,
        )
        yield customer_id, _Row(part, issued_on, settled_on, hundredths(total, currency))

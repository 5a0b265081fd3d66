"""Whom a round looks at: for whom something can be due, and of whom something changed.

Of each debtor the first day is kept on which the ladder can have an act, if nothing changes. What
changes is noted by triggers on the tables that the facts are read from, whoever writes them; what
changes for everyone shows in a fingerprint. So a hint may be too early, and is never too late.
"""

import hashlib
import inspect
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from operator import itemgetter
from types import ModuleType

from django.db import connection

from common import phone, working_days
from common.tenancy import current
from common.working_days import DAY
from dunning import choosing, debtor, facts, following, ladder, scenarios, stopping
from dunning.channels import registry
from dunning.choosing import Choices
from dunning.debtor import DebtorFacts
from dunning.models import DebtorLook
from invoices.models import Instalment
from organizations.models import Organization

# Who owes something far ahead is looked at now and then, long before it falls due.
FAR, AT_LEAST_EVERY = timedelta(days=ladder.HORIZON_DAYS // 2), timedelta(days=100)
# What the first day of a debtor follows from, beside his own facts.
RULES: tuple[ModuleType, ...] = (
    ladder,
    debtor,
    facts,
    scenarios,
    working_days,
    phone,
    choosing,
    following,
)


def whom(organization: Organization, *, on: date) -> set[int] | None:
    """Return the customers that a day's round looks at; None when it looks at all.

    What was noted as changed is taken: it is the round's to look at.
    """
    touched = _take_touched()
    if None in touched or organization.looked_with != fingerprint(organization, on=on):
        return None
    due = DebtorLook.objects.filter(look_on__lte=on).values_list("customer_id", flat=True)
    return {customer_id for customer_id in touched if customer_id is not None} | set(due)


def note(organization: Organization, debtors: Iterable[DebtorFacts], *, on: date) -> None:
    """Keep when debtors are to be looked at after a day, as they are once its acts are done.

    Saves nothing of the organization: its fingerprint is set for the caller to save.
    """
    far = _with_far_instalments(on)
    days: dict[int, date | None] = dict.fromkeys(far, on + AT_LEAST_EVERY)
    for one in debtors:
        first = ladder.first_day(_without_bank(one), since=on + DAY)
        last = days.get(one.customer_id)
        days[one.customer_id] = first if last is None else min(first or last, last)
    looks = [
        DebtorLook(organization=organization, customer_id=customer_id, look_on=day)
        for customer_id, day in sorted(days.items())
    ]
    DebtorLook.objects.bulk_create(
        looks,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["organization", "customer"],
        update_fields=["look_on"],
    )
    organization.looked_with = fingerprint(organization, on=on)


def _without_bank(one: DebtorFacts) -> DebtorFacts:
    """Return a debtor as if the bank's data never grew old: the next statement lets firm steps go.

    So he is looked at each day on which they wait, and a statement a day does not mean everybody.
    """
    if all(hold.kind != "bank_data_old" for hold in one.holds):
        return one
    return replace(one, holds=tuple(hold for hold in one.holds if hold.kind != "bank_data_old"))


def fingerprint(organization: Organization, *, on: date) -> str:
    """Return what tells one way of asking everybody from another."""
    pace = (
        organization.country,
        organization.region,
        organization.gap_days,
        organization.cap_count,
        organization.cap_days,
        organization.habit_cap_days,
        organization.backlog_per_day,
        organization.plan,
        stop.since if (stop := stopping.standing(organization)) is not None else None,
        organization.mail_stopped_at,
        registry.sends_sms(),
        *_chosen(scenarios.choices(organization), on=on),
    )
    return hashlib.sha256(f"{_rules()}{pace!r}".encode()).hexdigest()


def _chosen(choices: Choices, *, on: date) -> Iterator[object]:
    """Give what says who follows which steps, in an order that is always the same.

    Where a rule asks how late customers pay, everybody is looked at once a week: that ages.
    """
    yield choices.default_id, choices.rules
    for mapping in (choices.ways, choices.of_customers, choices.of_invoices):
        yield sorted(mapping.items(), key=itemgetter(0))
    if choices.asks_for_habits:
        yield on.isocalendar()[:2]


@cache
def _rules() -> str:
    """Return a hash of the rules themselves: with another version everybody is looked at."""
    sources = "".join(inspect.getsource(module) for module in RULES)
    return hashlib.sha256(sources.encode()).hexdigest()


def _with_far_instalments(on: date) -> list[int]:
    """Return the customers who owe something beyond the days that the facts reach."""
    far = Instalment.objects.open().filter(due_on__gt=on + FAR)
    return list(far.values_list("customer_id", flat=True).distinct())


def _take_touched() -> set[int | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM dunning_touched WHERE organization_id = %s RETURNING customer_id",
            [current().organization_id],
        )
        return {row[0] for row in cursor.fetchall()}

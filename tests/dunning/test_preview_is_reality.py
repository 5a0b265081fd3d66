"""What the preview says of a day is what its round does, whatever happened the day before.

Books are made up and lived through: payments, holds, edits, outages, bounces and the change of the
clocks come at random. Each day is foretold just before its round; and now and then the coming weeks
are lived through without events, to see that each invoice is asked on the day that was named.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from common.money import Money
from dunning import facts, holds, planning
from dunning.models import Hold
from invoices import recording
from invoices.models import Contact, Customer, Invoice
from organizations.models import Organization
from payments import allocation
from tests import make

START = date(2026, 3, 9)  # the clocks change on the 29th, and Easter Monday is the 6th of April
DAYS, AHEAD = 38, 25
ZONES = ("Europe/Paris", "America/Martinique", "Pacific/Auckland")

Event = Callable[[random.Random, Organization, datetime], None]


def at_nine(organization: Organization, on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 9, tzinfo=organization.zone).astimezone(UTC)


def a_book(organization: Organization, chance: random.Random) -> None:
    """Make debtors who can be reached in different ways, with invoices around the first day."""
    for place in range(8):
        customer = make.a_customer(
            organization,
            f"Debtor {place}",
            email=chance.choice([f"d{place}@example.org", ""]),
            phone=chance.choice(["+33140447120", ""]),
            address=chance.choice(["3 rue du Port", ""]),
        )
        customer.habit_days = chance.choice([None, None, 3, 12, 30])
        customer.save(update_fields=["habit_days"])
        for _ in range(chance.randint(1, 3)):
            an_invoice(chance, organization, customer)


def an_invoice(chance: random.Random, organization: Organization, customer: Customer) -> None:
    first = START + timedelta(days=chance.randint(-25, 30))
    parts = {first.isoformat(): chance.randint(1, 90) * 1000}
    if chance.random() < 0.2:
        parts[(first + timedelta(days=20)).isoformat()] = 50_000
    recorded_on = first - timedelta(days=30) if chance.random() < 0.8 else START
    make.invoice(organization, customer=customer, amounts=parts, recorded_on=recorded_on)


def one_invoice(chance: random.Random) -> Invoice | None:
    found = list(Invoice.objects.open().select_related("customer", "organization").order_by("pk"))
    return chance.choice(found) if found else None


def pays(chance: random.Random, organization: Organization, at: datetime) -> None:
    if (invoice := one_invoice(chance)) is not None:
        part = Money(max(1, invoice.balance.minor // chance.choice([1, 1, 3])), invoice.currency)
        payment = make.payment(
            organization, customer=invoice.customer, minor=part.minor, received_on=at.date()
        )
        allocation.allocate(payment, {invoice.pk: part}, at=at)
        if chance.random() < 0.2:
            allocation.undo(payment, at=at)


def is_held(chance: random.Random, organization: Organization, at: datetime) -> None:
    if (invoice := one_invoice(chance)) is None:
        return
    today = at.astimezone(organization.zone).date()
    until = today + timedelta(days=chance.randint(0, 15))
    calendar = facts.calendar_of(organization)
    part = next(part for part in invoice.instalments.order_by("due_on") if part.balance)
    ways: list[Callable[[], Hold]] = [
        lambda: holds.pause_invoice(invoice, until=until, reason="", at=at),
        lambda: holds.pause_invoice(invoice, instalment=part, until=until, reason="", at=at),
        lambda: holds.pause_customer(invoice.customer, until=until, reason="", at=at),
        lambda: holds.promise(invoice, invoice.balance, until, at=at, calendar=calendar),
        lambda: holds.dispute(invoice, category="price", reason="", at=at),
        lambda: holds.says_paid(invoice, category="transfer", reason="", at=at, calendar=calendar),
    ]
    chance.choice(ways)()


def is_free_again(chance: random.Random, organization: Organization, at: datetime) -> None:
    standing = list(Hold.objects.filter(ended_at__isnull=True).order_by("pk"))
    if standing:
        holds.end(chance.choice(standing), at=at)


def settings_change(chance: random.Random, organization: Organization, at: datetime) -> None:
    organization.gap_days, organization.cap_count = chance.randint(0, 4), chance.randint(1, 4)
    organization.habit_cap_days = chance.choice([0, 5, 10])
    organization.approval_until = chance.choice([None, at.date() + timedelta(days=3)])
    organization.save()


def mail_comes_back(chance: random.Random, organization: Organization, at: datetime) -> None:
    reachable = list(Contact.objects.exclude(email="").filter(email_failed_at=None).order_by("pk"))
    if reachable:
        recording.email_failed(chance.choice(reachable), at=at)


def another_invoice(chance: random.Random, organization: Organization, at: datetime) -> None:
    an_invoice(chance, organization, chance.choice(list(Customer.objects.order_by("pk"))))


def sending_stops_or_goes_on(
    chance: random.Random, organization: Organization, at: datetime
) -> None:
    organization.stopped_at = None if organization.stopped_at or chance.random() < 0.5 else at
    organization.save()


EVENTS: tuple[Event, ...] = (
    pays, pays, is_held, is_held, is_free_again, settings_change, mail_comes_back, another_invoice,
    sending_stops_or_goes_on,
)  # fmt: skip


def documents(contacts: Iterator[planning.Contacting] | list[planning.Contacting]) -> list[Any]:
    return [contact.document() for contact in contacts]


@contextmanager
def undone() -> Iterator[None]:
    """Do what is inside, and take it back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def named(organization: Organization, on: date) -> dict[str, tuple[str, str, int, str]]:
    """Return the act that is named for each invoice within the coming weeks, by number."""
    last = (on + timedelta(days=AHEAD)).isoformat()
    found = {}
    for invoice in organization.invoices.prefetch_related("instalments").order_by("pk"):
        said = planning.next_document(invoice, on=on)
        if said["date"] is not None and said["date"] < last:
            found[invoice.number] = (said["date"], said["channel"], said["level"], said["rule"])
    return found


def lived(organization_id: int, on: date) -> dict[str, tuple[str, str, int, str]]:
    """Do the rounds of the coming weeks, nothing else happening, and return the first acts."""
    found: dict[str, tuple[str, str, int, str]] = {}
    with undone():
        for day in (on + timedelta(days=passed) for passed in range(AHEAD)):
            organization = Organization.objects.get(pk=organization_id)
            done = planning.follow_up(organization, on=day, at=at_nine(organization, day))
            for contact in done.contacts:
                for act in sorted(contact.acts, key=lambda act: act.step.level):
                    said = (day.isoformat(), act.step.channel, act.step.level, act.rule)
                    found.setdefault(act.number, said)
    return found


@pytest.mark.parametrize(
    "seed", [2, 5, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(6, 40))]
)
def test_each_day_brings_what_was_foretold(inside_acme: Organization, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a book to try out
    Organization.objects.filter(pk=inside_acme.pk).update(timezone=chance.choice(ZONES))
    a_book(Organization.objects.get(pk=inside_acme.pk), chance)
    asked = 0

    for day in (START + timedelta(days=passed) for passed in range(DAYS)):
        organization = Organization.objects.get(pk=inside_acme.pk)
        at = at_nine(organization, day)
        for _ in range(chance.choice([0, 0, 1, 2])):
            chance.choice(EVENTS)(chance, organization, at)
        if chance.random() < 0.1:
            continue  # an outage: no round today
        if day.day % 11 == 0:
            assert lived(organization.pk, day) == named(organization, day)
        foretold = documents(planning.preview(organization, start=day, days=1))

        done = documents(planning.follow_up(organization, on=day, at=at).contacts)

        assert done == foretold
        asked += len(done)
    assert asked > 10

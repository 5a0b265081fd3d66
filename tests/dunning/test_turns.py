"""A message leaves in its hours, and no faster than its provider takes it."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from common.tenancy import tenant_transaction
from dunning import delivery, hours, planning
from dunning.models import Message
from organizations.models import Organization
from tests import make
from tests.dunning import providers
from tests.dunning.providers import AT, MOBILE, ON, again, deliver

State = Message.State


def paris(text: str) -> datetime:
    """Return an hour in Paris; in winter it is one before UTC, in summer two."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-02-13 08:59", "2026-02-13 09:00"),
        ("2026-02-13 09:00", "2026-02-13 09:00"),
        ("2026-02-13 19:59", "2026-02-13 19:59"),
        ("2026-02-13 20:00", "2026-02-16 09:00"),  # a Friday evening: Monday
        ("2026-02-14 10:00", "2026-02-16 09:00"),
        ("2026-04-30 21:00", "2026-05-04 09:00"),  # the First of May is a Friday
        ("2026-03-27 23:30", "2026-03-30 09:00"),  # over the night in which summer time begins
        ("2026-10-23 23:30", "2026-10-26 09:00"),
    ],
)
def test_a_phone_rings_on_working_days_from_the_hour_of_rounds_to_the_evening(
    at: str, opens: str
) -> None:
    acme = Organization(name="Acme", country="FR", timezone="Europe/Paris", sending_hour=9)

    assert hours.opens_at(acme, at=paris(at)) == paris(opens)


def test_an_organization_of_the_evening_sends_for_an_hour() -> None:
    acme = Organization(name="Acme", country="FR", timezone="Europe/Paris", sending_hour=22)

    found = [hours.opens_at(acme, at=paris(f"2026-02-12 {hour}")) for hour in ("22:30", "23:00")]

    assert found == [paris("2026-02-12 22:30"), paris("2026-02-13 22:00")]


def test_an_sms_that_is_approved_at_night_leaves_in_the_morning(
    acme: Organization, settings: Any
) -> None:
    night = datetime(2026, 2, 12, 22, tzinfo=UTC)  # eleven in Paris, on a Thursday
    with providers.phones(settings) as stand_in:
        message = providers.an_sms(acme)

        turn = delivery.deliver(message.pk, organization_id=acme.pk, clock=lambda: night)
        asleep = (again(message).state, len(stand_in.calls))
        sent = deliver(message, at=turn or AT)

    assert turn == datetime(2026, 2, 13, 8, tzinfo=UTC)
    assert asleep == (State.QUEUED, 0)
    assert (sent.state, len(stand_in.taken)) == (State.SENT, 1)


def test_what_leaves_faster_than_the_rate_waits_each_for_its_own_place(
    acme: Organization, settings: Any
) -> None:
    with providers.phones(settings, per_minute=30, name=secrets.token_hex()) as stand_in:
        with tenant_transaction(acme.pk):
            providers.by_sms(acme)
            for number in range(4):
                customer = make.a_customer(acme, phone=f"06 12 34 56 7{number}")
                make.invoice(acme, customer=customer)
            ids = planning.follow_up(acme, on=ON, at=AT).message_ids

        turns = [delivery.deliver(one, organization_id=acme.pk, clock=lambda: AT) for one in ids]
        at_once = len(stand_in.taken)
        for seconds in range(1, 7):
            at = AT + timedelta(seconds=seconds)
            with tenant_transaction(acme.pk):
                due = delivery.sweep(at=at + timedelta(minutes=2)).to_ring
            assert set(due) <= set(ids)
            for one in ids:
                delivery.deliver(one, organization_id=acme.pk, clock=lambda at=at: at)  # type: ignore[misc]
            assert len(stand_in.taken) == 1 + seconds // 2

    assert turns == [None, *(AT + timedelta(seconds=wait) for wait in (2, 4, 6))]
    assert at_once == 1
    with tenant_transaction(acme.pk):
        assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_place_that_was_slept_through_is_taken_anew(acme: Organization, settings: Any) -> None:
    with providers.phones(settings, per_minute=1, name=secrets.token_hex()) as stand_in:
        with tenant_transaction(acme.pk):
            providers.by_sms(acme)
            for number in range(3):
                customer = make.a_customer(acme, phone=f"{MOBILE[:-1]}{number}")
                make.invoice(acme, customer=customer)
            ids = planning.follow_up(acme, on=ON, at=AT).message_ids
        for one in ids:
            delivery.deliver(one, organization_id=acme.pk, clock=lambda: AT)

        later = AT + timedelta(hours=2)  # the workers were down
        turns = [delivery.deliver(one, organization_id=acme.pk, clock=lambda: later) for one in ids]

    assert len(stand_in.taken) == 2
    assert turns == [None, None, later + timedelta(minutes=1)]

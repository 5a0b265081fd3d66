"""Whose round it is, and that it is done once however many clocks tick."""

from datetime import UTC, date, datetime

import pytest

from organizations import fan_out
from organizations.models import Organization, ScheduleRun
from tests.concurrency import at_once

# 9 o'clock in Paris is 8 UTC in February, and the 13th is a Friday.
BEFORE = datetime(2026, 2, 13, 7, 59, tzinfo=UTC)
AFTER = datetime(2026, 2, 13, 8, 0, tzinfo=UTC)
DAY = date(2026, 2, 13)


def due(at: datetime) -> list[tuple[int, date]]:
    return list(fan_out.rounds_due(at=at))


def test_a_round_is_due_from_the_sending_hour_on_in_the_organizations_own_time(
    acme: Organization, other: Organization
) -> None:
    other.timezone = "America/Guadeloupe"
    other.save()

    assert due(BEFORE) == []
    assert due(AFTER) == [(acme.pk, DAY)]
    assert due(datetime(2026, 2, 13, 13, 0, tzinfo=UTC))[-1] == (other.pk, DAY)


def test_a_round_that_was_done_is_not_due(acme: Organization) -> None:
    acme.last_round_on = DAY
    acme.save()

    assert due(AFTER) == []


def test_a_bell_that_nobody_heard_is_rung_again_ten_minutes_later(acme: Organization) -> None:
    first = due(AFTER)
    at_once_again = due(AFTER.replace(minute=9))
    later = due(AFTER.replace(minute=10))

    assert (first, at_once_again, later) == ([(acme.pk, DAY)], [], [(acme.pk, DAY)])


def test_a_stopped_organization_has_no_round(acme: Organization) -> None:
    acme.stopped_at = BEFORE
    acme.save()

    assert due(AFTER) == []


@pytest.mark.django_db(transaction=True)
def test_of_many_clocks_one_takes_a_period() -> None:
    taken: list[bool] = []

    at_once(*[lambda: taken.append(fan_out.take("round", "2026-02-13"))] * 4)

    assert sorted(taken) == [False, False, False, True]
    assert ScheduleRun.objects.count() == 1

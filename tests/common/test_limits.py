"""Limits are counted in Redis, for all processes together."""

import logging
import secrets
import threading
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from common import limits


@pytest.fixture(autouse=True)
def counted(settings: Settings) -> None:
    settings.API_RATE_LIMITS = True


def test_no_more_than_the_limit_comes_through_and_the_wait_is_told() -> None:
    name = secrets.token_hex()

    taken = [limits.take(name, limit=3) for _ in range(4)]

    assert [one and (one.is_left, one.remaining) for one in taken] == [
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
    ]
    assert all(one and 59 <= one.seconds <= 60 for one in taken)


def test_looking_takes_nothing() -> None:
    name = secrets.token_hex()

    for _ in range(5):
        limits.look(name, limit=1)

    taken = limits.take(name, limit=1)
    assert taken is not None
    assert taken.is_left


def test_of_many_at_once_exactly_the_limit_comes_through() -> None:
    name = secrets.token_hex()
    passed: list[limits.Allowance] = []
    start = threading.Barrier(8)

    def hurry() -> None:
        start.wait()
        passed.extend(
            one for _ in range(20) if (one := limits.take(name, limit=50)) and one.is_left
        )

    threads = [threading.Thread(target=hurry) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.remaining for one in passed) == list(range(50))


def test_without_redis_nothing_is_limited_and_the_log_says_so_once(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(limits, "_outage", limits._Outage())
    monkeypatch.setattr(limits, "REST_SECONDS", 0)

    with caplog.at_level(logging.WARNING, logger="common.limits"):
        answers = [limits.take("x", limit=1) for _ in range(5)]

    assert answers == [None] * 5
    assert len(caplog.records) == 1


# --- Places in a stream

NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)


def test_places_are_an_interval_apart_and_each_its_own() -> None:
    name = secrets.token_hex()

    waits = [limits.place(name, per_minute=30, at=NOON) for _ in range(4)]

    assert waits == [0, 2, 4, 6]


def test_a_stream_that_rested_gives_its_burst_and_no_more() -> None:
    name = secrets.token_hex()

    first = [limits.place(name, per_minute=60, at=NOON, burst=3) for _ in range(5)]
    later = NOON + timedelta(seconds=60)
    rested = [limits.place(name, per_minute=60, at=later, burst=3) for _ in range(5)]

    assert first == rested == [0, 0, 0, 1, 2]


def test_of_many_at_once_no_two_have_the_same_place() -> None:
    name = secrets.token_hex()
    waits: list[float] = []
    start = threading.Barrier(4)

    def hurry() -> None:
        start.wait()
        waits.extend(limits.place(name, per_minute=60, at=NOON) for _ in range(10))

    threads = [threading.Thread(target=hurry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waits) == list(range(40))

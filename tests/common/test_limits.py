"""Limits are counted in Redis, for all processes together."""

import logging
import secrets
import threading

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

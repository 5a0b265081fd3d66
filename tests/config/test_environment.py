"""What is read from the environment."""

import pytest

from config import environment


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis://redis:6379/0", "redis://redis:6379/1"),
        ("redis://redis:6379", "redis://redis:6379/1"),
        ("rediss://:secret@redis:6380/4", "rediss://:secret@redis:6380/5"),
        ("redis://redis:6379?db=2", "redis://redis:6379/3"),
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock?db=1"),
        ("unix:///run/valkey.sock?db=2", "unix:///run/valkey.sock?db=3"),
    ],
)
def test_the_cache_has_the_database_after_the_brokers(broker: str, cache: str) -> None:
    assert environment.cache(broker) == cache


def test_a_named_cache_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", "redis://elsewhere:6379/9")

    assert environment.cache("redis://redis:6379/0") == "redis://elsewhere:6379/9"

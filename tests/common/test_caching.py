"""The cache, and what happens without it."""

from uuid import uuid4

import pytest
from django.conf import settings

from common.caching import PatientRedisCache


def at(address: str) -> PatientRedisCache:
    return PatientRedisCache(address, {"KEY_PREFIX": f"test-{uuid4()}"})


def test_what_is_kept_is_found_again_and_forgotten_when_asked() -> None:
    cache = at(str(settings.CACHES["default"]["LOCATION"]))

    first, second = cache.add("tries", [1], 60), cache.add("tries", [2], 60)
    kept = cache.get("tries")
    cache.delete("tries")

    assert (first, second, kept, cache.get("tries", [])) == (True, False, [1], [])


def test_without_redis_it_is_empty_and_nobody_is_kept_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache = at("redis://127.0.0.1:9/1")

    cache.set("tries", [1])

    assert cache.add("tries", [1]) is True
    assert cache.get("tries", "nothing") == "nothing"
    assert cache.delete("tries") is False
    assert "does not answer" in caplog.text

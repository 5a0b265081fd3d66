"""How often something may happen in a minute, counted in Redis for all processes together.

A window begins with the first act and lasts a minute. Looking and counting are one script, so
that of two processes at once never more come through. Without Redis nothing is limited: whoever
asks is answered, and the log says so.
"""

import functools
import logging
import math
import time
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.25  # to wait for Redis before going on without it
REST_SECONDS = 1  # in which a Redis that did not answer is not asked again
QUIET_SECONDS = 60  # between two lines of the log about it

SCRIPT = """
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local taken = tonumber(redis.call('GET', KEYS[1]) or '0')
if taken >= limit then return {0, 0, redis.call('PTTL', KEYS[1])} end
if cost > 0 then
  taken = redis.call('INCRBY', KEYS[1], cost)
  if taken == cost then redis.call('PEXPIRE', KEYS[1], window) end
end
local left = redis.call('PTTL', KEYS[1])
return {1, limit - taken, left < 0 and window or left}
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit.

    Attributes:
        limit: acts in a window.
        remaining: acts left in this one.
        seconds: until the next window, at least 1.
    """

    is_left: bool
    limit: int
    remaining: int
    seconds: int


@dataclass(slots=True)
class _Outage:
    """Since when Redis is silent, by the monotonic clock."""

    rests_until: float = 0.0
    said_at: float = -math.inf


_outage = _Outage()


def take(name: str, *, limit: int) -> Allowance | None:
    """Count one act against a limit, unless it is reached; None when Redis does not answer."""
    return _ask(name, limit=limit, cost=1)


def look(name: str, *, limit: int) -> Allowance | None:
    """Return what is left of a limit without counting; None when Redis does not answer."""
    return _ask(name, limit=limit, cost=0)


def _ask(name: str, *, limit: int, cost: int) -> Allowance | None:
    if not settings.API_RATE_LIMITS or time.monotonic() < _outage.rests_until:
        return None
    try:
        is_left, remaining, wait = _script(settings.REDIS_URL)(
            keys=[f"limit:{name}"], args=[limit, WINDOW_SECONDS * 1000, cost]
        )
    except redis.RedisError as error:
        _note(error)
        return None
    return Allowance(bool(is_left), limit, remaining, max(1, math.ceil(wait / 1000)))


@functools.cache
def _script(url: str) -> Any:
    client = redis.Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return client.register_script(SCRIPT)


def _note(error: redis.RedisError) -> None:
    now = time.monotonic()
    _outage.rests_until = now + REST_SECONDS
    if now - _outage.said_at >= QUIET_SECONDS:
        _outage.said_at = now
        logger.warning("Nothing is limited, for Redis does not answer: %s", error)

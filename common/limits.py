"""How often something may happen, counted in Redis for all processes together.

A limit is of a window, which begins with the first act and lasts a minute. A stream has places
that are taken one after the other, as many in a minute as it bears. Looking and counting are one
script, so that of two processes at once never more come through. Without Redis nothing is limited:
whoever asks is answered, and the log says so.
"""

import functools
import logging
import math
import time
from dataclasses import dataclass
from datetime import datetime
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

# Each act takes the next free place; places are an interval apart, and some may be taken at once.
PLACES = """
local now, interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
redis.call('SET', KEYS[1], free + interval, 'PX', free + interval - now + 60000)
return math.max(free - (burst - 1) * interval - now, 0)
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


def place(name: str, *, per_minute: int, at: datetime, burst: int = 1) -> float:
    """Take the next free place of a stream, and return in how many seconds it is; 0 is now.

    The place is the caller's, whether he comes or not: of a thousand who ask at once each is given
    his own moment, and nobody has to ask again. Without Redis every place is now.

    Args:
        per_minute: places in a minute.
        at: now, by the caller's clock.
        burst: how many places may be taken at once after a rest.
    """
    if time.monotonic() < _outage.rests_until:
        return 0
    interval = max(1, round(WINDOW_SECONDS * 1000 / per_minute))
    try:
        wait = _script(settings.REDIS_URL, PLACES)(
            keys=[f"place:{name}"], args=[round(at.timestamp() * 1000), interval, burst]
        )
    except redis.RedisError as error:
        _note(error)
        return 0
    return float(wait) / 1000


def _ask(name: str, *, limit: int, cost: int) -> Allowance | None:
    if not settings.API_RATE_LIMITS or time.monotonic() < _outage.rests_until:
        return None
    try:
        is_left, remaining, wait = _script(settings.REDIS_URL, SCRIPT)(
            keys=[f"limit:{name}"], args=[limit, WINDOW_SECONDS * 1000, cost]
        )
    except redis.RedisError as error:
        _note(error)
        return None
    return Allowance(bool(is_left), limit, remaining, max(1, math.ceil(wait / 1000)))


@functools.cache
def _script(url: str, script: str) -> Any:
    client = redis.Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return client.register_script(script)


def _note(error: redis.RedisError) -> None:
    now = time.monotonic()
    _outage.rests_until = now + REST_SECONDS
    if now - _outage.said_at >= QUIET_SECONDS:
        _outage.said_at = now
        logger.warning("Nothing is limited, for Redis does not answer: %s", error)

"""The cache holds what may be forgotten: when Redis does not answer, pages work without it."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class PatientRedisCache(RedisCache):
    """Answer as an empty cache would while Redis is away.

    Tries to sign in are not counted for that long; the alternative is that nobody signs in.
    """

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return _or(True, lambda: super(PatientRedisCache, self).add(*args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _or(default, lambda: super(PatientRedisCache, self).get(key, default, version))

    def set(self, *args: Any, **kwargs: Any) -> None:
        _or(None, lambda: super(PatientRedisCache, self).set(*args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_or(False, lambda: super(PatientRedisCache, self).delete(*args, **kwargs)))


def _or(otherwise: Any, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except RedisError:
        logger.warning("The cache does not answer.", exc_info=True)
        return otherwise

"""The cache holds what may be forgotten: when Redis does not answer, pages work without it."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class PatientRedisCache(RedisCache):
    """Answer as an empty cache would while Redis is away.

    Tries to sign in are not counted for that long; the alternative is that nobody signs in.
    """

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return _patiently(partial(super().add, *args, **kwargs), empty=True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return _patiently(partial(super().get, key, default, version), empty=default)

    def set(self, *args: Any, **kwargs: Any) -> None:
        _patiently(partial(super().set, *args, **kwargs), empty=None)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(_patiently(partial(super().delete, *args, **kwargs), empty=False))


def _patiently(ask: Callable[[], Any], *, empty: Any) -> Any:
    try:
        return ask()
    except RedisError:
        logger.warning("The cache does not answer.", exc_info=True)
        return empty

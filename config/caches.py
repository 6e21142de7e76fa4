"""A Redis cache that may go away: then nothing is remembered, and every page is still served.

What only lives in the cache may be forgotten at any time (computed lists); sessions are in the
database as well. Counts of rate limits go on in each process meanwhile, so that nobody may guess
passwords without end for as long as Redis is away. The log says so once a minute, not once a
request.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
SAY_EVERY = 60.0
COUNTS = ("allauth:rl:", "throttle_", "risk-failed-")
"""Keys under which attempts are counted: allauth's, the API's, risk's."""
away = LocMemCache("counts-while-redis-is-away", {"OPTIONS": {"MAX_ENTRIES": 20_000}})
_LOST = object()


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, whose every answer is "not there" while Redis does not answer."""

    said_at = -SAY_EVERY

    def get(self, key, default=None, version=None):
        found = _try(_LOST, super().get, key, default, version)
        if found is not _LOST:
            return found
        return away.get(key, default, version) if key.startswith(COUNTS) else default

    def get_many(self, keys, version=None):
        return _try({}, super().get_many, keys, version)

    def set(self, key, value, *args, **kwargs):
        stored = _try(_LOST, super().set, key, value, *args, **kwargs)
        if stored is _LOST and key.startswith(COUNTS):
            away.set(key, value, *args, **kwargs)

    def set_many(self, data, *args, **kwargs):
        return _try(list(data), super().set_many, data, *args, **kwargs)

    def add(self, key, value, *args, **kwargs):
        return _try(True, super().add, key, value, *args, **kwargs)

    def touch(self, key, *args, **kwargs):
        return _try(False, super().touch, key, *args, **kwargs)

    def delete(self, key, version=None):
        return _try(False, super().delete, key, version)

    def delete_many(self, keys, version=None):
        return _try(None, super().delete_many, keys, version)

    def has_key(self, key, version=None):
        return _try(False, super().has_key, key, version)

    def incr(self, key, delta=1, version=None):
        """Return the new number; ``delta`` while nothing is remembered."""
        return _try(delta, super().incr, key, delta, version)


def _try(otherwise: Any, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return ask(*args, **kwargs)
    except RedisError as error:
        if time.monotonic() - ForgivingRedisCache.said_at >= SAY_EVERY:
            ForgivingRedisCache.said_at = time.monotonic()
            log.error("the cache does not answer (%s); working without it", type(error).__name__)
        return otherwise

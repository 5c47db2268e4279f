"""A Redis cache that tolerates outages: while Redis is down, every lookup is a miss."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)

# Nobody waits for it again and again while it is away.
LEFT_ALONE_SECONDS = 2.0


class PatientRedisCache(RedisCache):
    """Answers like an empty cache while Redis is away."""

    _away_until = 0.0

    def _tried(self, ask: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < PatientRedisCache._away_until:
            return otherwise
        try:
            return ask()
        except redis.RedisError as error:
            logger.warning("Redis is away, the cache is passed over: %s", error)
            PatientRedisCache._away_until = time.monotonic() + LEFT_ALONE_SECONDS
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """Keep it if nothing was kept; True also where nothing can be kept."""
        return self._tried(lambda: super(PatientRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Give what was kept."""
        return self._tried(
            lambda: super(PatientRedisCache, self).get(key, default, version), default
        )

    def set(self, *args: Any, **kwargs: Any) -> Any:
        """Keep it."""
        return self._tried(lambda: super(PatientRedisCache, self).set(*args, **kwargs), None)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        """Keep it longer."""
        return self._tried(lambda: super(PatientRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Forget it."""
        return self._tried(lambda: super(PatientRedisCache, self).delete(*args, **kwargs), False)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        """Give what was kept of many."""
        return self._tried(lambda: super(PatientRedisCache, self).get_many(*args, **kwargs), {})

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        """Keep many; gives those that could not be kept."""
        return self._tried(lambda: super(PatientRedisCache, self).set_many(*args, **kwargs), [])

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        """Forget many."""
        return self._tried(
            lambda: super(PatientRedisCache, self).delete_many(*args, **kwargs), None
        )

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        """Whether something was kept."""
        return self._tried(lambda: super(PatientRedisCache, self).has_key(*args, **kwargs), False)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        """Increment a counter; a missing counter starts from zero."""
        return self._tried(lambda: super(PatientRedisCache, self).incr(*args, **kwargs), 1)

    def clear(self) -> Any:
        """Forget everything."""
        return self._tried(super().clear, True)

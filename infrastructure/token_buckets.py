"""Token buckets that every process sees: a small file for each on one node, Redis where there are many.

A bucket holds `capacity` tokens and is filled with `fill_rate` of them a second; each request takes
one. A bucket that nobody has touched is full, so forgetting one is never wrong for long.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import logging
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

TELL_EVERY = 10.0
# While Redis is away, not every request waits for it.
LEFT_ALONE_SECONDS = 2.0
FORGOTTEN_AFTER = 3600

_away_until = 0.0

# Tokens, when they were counted, refusals that nobody was told of, when somebody was told last.
_STATE = struct.Struct("<ddQd")

_IN_REDIS = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'refused', 'told')
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = tonumber(state[1]) or capacity
tokens = math.min(capacity, tokens + math.max(0, now - (tonumber(state[2]) or now)) * rate)
local refused, told, taken, tell = tonumber(state[3]) or 0, tonumber(state[4]) or 0, 0, 0
if tokens >= 1 then tokens, taken = tokens - 1, 1 else refused = refused + 1 end
if refused > 0 and now - told >= tonumber(ARGV[3]) then tell, refused, told = refused, 0, now end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now),
           'refused', refused, 'told', tostring(told))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {taken, tostring(tokens), tell}
"""


@dataclass(frozen=True)
class BucketDecision:
    """What came of a request: `untold` refusals are to be written down now, 0 most of the time."""

    is_allowed: bool
    tokens: float
    untold: int


def take(name: str, *, capacity: int, fill_rate: int) -> BucketDecision:
    """Take one token out of the bucket of this name."""
    global _away_until
    key = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    if settings.REDIS_URL and time.monotonic() >= _away_until:
        try:
            return _take_from_redis(key, capacity, fill_rate)
        except redis.RedisError as error:
            # Nobody is let through for it: each node counts for itself meanwhile.
            logger.warning("Redis is away, requests are counted here: %s", error)
            _away_until = time.monotonic() + LEFT_ALONE_SECONDS
    return _take_from_file(_folder() / key, capacity, fill_rate)


def sweep() -> None:
    """Remove the files of buckets that are full again by now."""
    oldest = time.time() - FORGOTTEN_AFTER
    for path in _folder().glob("*"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            continue


def _take_from_redis(key: str, capacity: int, fill_rate: int) -> BucketDecision:
    taken, tokens, untold = _script()(
        keys=[f"bucket:{key}"], args=[capacity, fill_rate, TELL_EVERY, FORGOTTEN_AFTER]
    )
    return BucketDecision(bool(taken), float(tokens), int(untold))


def _take_from_file(path: Path, capacity: int, fill_rate: int) -> BucketDecision:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        now = time.time()
        state = os.pread(descriptor, _STATE.size, 0)
        tokens, at, refused, told = (
            _STATE.unpack(state) if len(state) == _STATE.size else (float(capacity), now, 0, 0.0)
        )
        tokens = min(capacity, tokens + max(0.0, now - at) * fill_rate)
        is_allowed = tokens >= 1
        untold = 0
        if is_allowed:
            tokens -= 1
        else:
            refused += 1
        if refused and now - told >= TELL_EVERY:
            untold, refused, told = refused, 0, now
        os.pwrite(descriptor, _STATE.pack(tokens, now, refused, told), 0)
        return BucketDecision(is_allowed, tokens, untold)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    folder: Path = settings.CACHE_DIR / "buckets"
    return folder


@functools.cache
def _script() -> redis.commands.core.Script:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1
    ).register_script(_IN_REDIS)

"""Caches which passwords were found right or wrong, so that only new ones are hashed.

A password is cached under a keyed HMAC of name and password, and bound to the hash stored for the
user: when the password changes, what was cached is void. With Redis the entries are shared by all
nodes and the key is derived from SECRET_KEY. Without it they are files of this machine and the key
lives in memory only, made when the server starts: no file or backup makes guessing cheap.
"""

from __future__ import annotations

import enum
import hmac
import secrets
from hashlib import sha256

from django.conf import settings
from django.core.cache import caches

RIGHT_SECONDS = 12 * 3600
WRONG_SECONDS = 3600

# Made before the web workers are forked, so they share it.
_key_of_this_start = secrets.token_bytes(32)


class CachedVerdict(enum.Enum):
    """What is known of a password without hashing it."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


def look_up(name: str, password: str, stored_hash: str) -> CachedVerdict:
    """Return the cached result; `stored_hash` is the user's, empty for an unknown user."""
    entry = _digest(name.lower(), password)
    bound_to = _digest(stored_hash)
    if _is_cached("right_passwords", entry, bound_to):
        return CachedVerdict.RIGHT
    if _is_cached("wrong_passwords", entry, bound_to):
        return CachedVerdict.WRONG
    return CachedVerdict.UNKNOWN


def store(name: str, password: str, stored_hash: str, *, is_right: bool) -> None:
    """Keep what hashing found: a right password for hours, a wrong one for one hour."""
    entry = _digest(name.lower(), password)
    alias, seconds = (
        ("right_passwords", RIGHT_SECONDS) if is_right else ("wrong_passwords", WRONG_SECONDS)
    )
    bound_to = _digest(stored_hash)
    caches["memory"].set(f"{alias}:{entry}", bound_to, seconds)
    caches[alias].set(entry, bound_to, seconds)


def _is_cached(alias: str, entry: str, bound_to: str) -> bool:
    # This process's own memory first: it is faster, and there while Redis is away.
    for cache, key in ((caches["memory"], f"{alias}:{entry}"), (caches[alias], entry)):
        found = cache.get(key)
        if isinstance(found, str) and hmac.compare_digest(found, bound_to):
            return True
    return False


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return hmac.new(_key(), text, sha256).hexdigest()


def _key() -> bytes:
    if not settings.REDIS_URL:
        return _key_of_this_start
    return sha256(b"accounts.password_cache\0" + settings.SECRET_KEY.encode()).digest()

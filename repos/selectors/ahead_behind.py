"""How far branches are from a base: counted once for each pair of commits, then remembered."""

from __future__ import annotations

from collections.abc import Collection

from django.core.cache import cache

from gitengine import branching
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

# Two commits are as far apart as they ever were.
REMEMBERED = 30 * 24 * 3600


def between(
    git: GitRepository, tips: Collection[ObjectId], base: ObjectId
) -> dict[ObjectId, tuple[int, int]]:
    """Give, for each tip, how many commits it is ahead of the base, and behind it."""
    keys = {tip: f"distance:{tip}:{base}" for tip in tips}
    known = cache.get_many(keys.values())
    found = {tip: known[key] for tip, key in keys.items() if key in known}
    missing = set(keys) - set(found)
    if missing:
        counted = branching.distances(git, missing, base)
        cache.set_many({keys[tip]: value for tip, value in counted.items()}, REMEMBERED)
        found |= counted
    return {tip: (ahead, behind) for tip, (ahead, behind) in found.items()}

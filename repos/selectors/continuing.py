"""Lists that go on as they began: a push between two pages neither repeats nor hides what is listed.

Pages are asked for by number, so whoever asks for a later page means the list whose first page they
saw. What that list began with is remembered for a while, for the same actor: to what commit a name
led, in what order refs stood.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches

from accounts.actor import Actor
from core.paging import PageRequest
from repos.models import Repository

REMEMBERED_SECONDS = 600

# For what is read as a whole, and never goes on.
WHOLE = PageRequest()


def begun(actor: Actor, repository: Repository, *listing: object) -> Any:
    """Give what this actor's list began with; None where nothing is remembered."""
    return _cache().get(_key(actor, repository, *listing))


def begin(actor: Actor, repository: Repository, *listing: object, value: Any) -> None:
    """Remember what a list begins with."""
    _cache().set(_key(actor, repository, *listing), value, REMEMBERED_SECONDS)


def names(
    actor: Actor,
    repository: Repository,
    *listing: object,
    wanted: PageRequest,
    make: Callable[[], list[str]],
) -> list[str]:
    """Give the names of a list in their order, on later pages as they stood on the first."""
    kept: list[str] | None = begun(actor, repository, *listing) if wanted.start > 0 else None
    if kept is not None:
        return kept
    made = make()
    if wanted.start == 0 and len(made) > wanted.limit:
        begin(actor, repository, *listing, value=made)
    return made


def _key(actor: Actor, repository: Repository, *listing: object) -> str:
    who = actor.user.pk if actor.user else f"{actor.grants.access_key} {actor.origin.address}"
    text = "\0".join(map(str, (who, repository.pk, *listing)))
    return f"listing:{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _cache() -> BaseCache:
    """What all processes see: Redis where there is one, else files."""
    return caches["default" if settings.REDIS_URL else "pages"]

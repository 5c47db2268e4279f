"""Lists that go on as they began: a push between two pages neither repeats nor hides what is listed.

Pages are asked for by number, so whoever asks for a later page means the list whose first page they
saw. What that list began with is remembered for a while, for the same actor: to what commit a name
led, in what order refs stood.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches

from accounts.actor import Actor
from core.paging import Page, PageRequest, page_from, page_of
from repos.models import Repository

REMEMBERED_SECONDS = 600
CHUNK = 2000

# For what is read as a whole, and never goes on.
WHOLE = PageRequest()


def begun(actor: Actor, repository: Repository, *listing: object) -> Any:
    """Give what this actor's list began with; None where nothing is remembered."""
    return _cache().get(_key(actor, repository, *listing))


def begin(actor: Actor, repository: Repository, *listing: object, value: Any) -> None:
    """Remember what a list begins with."""
    _cache().set(_key(actor, repository, *listing), value, REMEMBERED_SECONDS)


def page(
    actor: Actor,
    repository: Repository,
    *listing: object,
    wanted: PageRequest,
    make: Callable[[], Iterable[str]],
) -> Page[str]:
    """Give a page of names in their order, on later pages as they stood on the first.

    `make` gives the names as they stand now. They are kept in chunks, each when somebody comes to
    it: it holds what stands now and in no chunk before, so whoever reads all pages meets each name
    once, and the first page of a long list costs no more than that of a short one.
    """
    names = _Names(actor, repository, listing, make)
    if wanted.start == 0:
        names.begin()
    if not names.has_begun:
        return page_of(make(), wanted)
    found: list[str] = []
    end = wanted.start + wanted.limit + 1
    first = wanted.start // CHUNK
    for number in range(first, (end - 1) // CHUNK + 1):
        chunk = names.chunk(number)
        found += chunk
        if len(chunk) < CHUNK:
            break
    skipped = wanted.start - first * CHUNK
    return page_from(found[skipped : skipped + wanted.limit + 1], wanted)


class _Names:
    """The chunks of one list of one actor, in the cache."""

    def __init__(
        self,
        actor: Actor,
        repository: Repository,
        listing: tuple[object, ...],
        make: Callable[[], Iterable[str]],
    ):
        self._actor, self._repository, self._listing = actor, repository, listing
        self._make = make
        # Tells this reading of the list from earlier ones.
        kept: tuple[str, str] = self._read() or ("", "")
        self._token, self._first = kept

    @property
    def has_begun(self) -> bool:
        """Whether the first page was asked for lately."""
        return bool(self._token)

    def begin(self) -> None:
        """Start again with the current names."""
        self._token = secrets.token_hex(8)
        self._first = "\0".join(islice(self._make(), CHUNK))
        self._write((self._token, self._first))

    def chunk(self, number: int) -> list[str]:
        """Give a chunk as it was kept; else what follows on the chunks before it."""
        text = self._kept(number)
        if text is not None:
            return _split(text)
        before: set[str] = set()
        names: list[str] = []
        for earlier in range(number + 1):
            text = self._kept(earlier)
            if text is None:
                text = "\0".join(islice((n for n in self._make() if n not in before), CHUNK))
                self._write(text, self._token, earlier)
            names = _split(text)
            if len(names) < CHUNK:
                # The list ends here, however far behind its end somebody asks.
                return names if earlier == number else []
            before.update(names)
        return names

    def _kept(self, number: int) -> str | None:
        if number == 0:
            return self._first
        kept: str | None = self._read(self._token, number)
        return kept

    def _read(self, *more: object) -> Any:
        return begun(self._actor, self._repository, *self._listing, *more)

    def _write(self, value: Any, *more: object) -> None:
        begin(self._actor, self._repository, *self._listing, *more, value=value)


def _split(text: str | None) -> list[str]:
    # One text: a list of names takes the cache ten times as long to write.
    return text.split("\0") if text else []


def _key(actor: Actor, repository: Repository, *listing: object) -> str:
    who = actor.user.pk if actor.user else f"{actor.grants.access_key} {actor.origin.address}"
    text = "\0".join(map(str, (who, repository.pk, *listing)))
    return f"listing:{sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _cache() -> BaseCache:
    """What all processes see: Redis where there is one, else files."""
    return caches["default" if settings.REDIS_URL else "pages"]

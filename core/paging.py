"""Bitbucket's pages: start, limit, isLastPage, nextPageStart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

from core.errors import Invalid

T = TypeVar("T")
U = TypeVar("U")
M = TypeVar("M", bound=Model)

DEFAULT_LIMIT = 25
MAX_LIMIT = 1000
MAX_START = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Where a page begins and how many values it may hold."""

    start: int = 0
    limit: int = DEFAULT_LIMIT

    @classmethod
    def read(
        cls,
        query: Mapping[str, str],
        *,
        default: int = DEFAULT_LIMIT,
        most: int = MAX_LIMIT,
    ) -> PageRequest:
        """Read `start` and `limit` from a query; too large a limit is lowered to `most`, nonsense is Invalid."""
        start = _whole_number(query, "start", 0, least=0)
        limit = _whole_number(query, "limit", default, least=1)
        return cls(min(start, MAX_START), min(limit, most))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `next_start` is None on the last page."""

    values: list[T]
    start: int
    limit: int
    next_start: int | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_last(self) -> bool:
        """Whether nothing follows."""
        return self.next_start is None

    @property
    def previous_start(self) -> int:
        """Where the page before this one begins."""
        return max(0, self.start - self.limit)

    def map(self, represent: Callable[[T], U]) -> Page[U]:
        """Give the same page of other values."""
        return Page(
            [represent(value) for value in self.values],
            self.start,
            self.limit,
            self.next_start,
            self.extra,
        )

    def as_json(self) -> dict[str, Any]:
        """Give Bitbucket's page object; `nextPageStart` is null on the last page, as clients index it."""
        return {
            "size": len(self.values),
            "limit": self.limit,
            "isLastPage": self.is_last,
            "values": self.values,
            "start": self.start,
            "nextPageStart": self.next_start,
            **self.extra,
        }


def page_of_rows(rows: QuerySet[M], wanted: PageRequest) -> Page[M]:
    """Read one page of a query with one row more, to know whether another page follows."""
    found = list(rows[wanted.start : wanted.start + wanted.limit + 1])
    return _cut(found, wanted)


def page_of(values: Iterable[T], wanted: PageRequest) -> Page[T]:
    """Take one page of any iterable, reading no further than needed."""
    return _cut(list(islice(values, wanted.start, wanted.start + wanted.limit + 1)), wanted)


def page_from(values: list[T], wanted: PageRequest) -> Page[T]:
    """Make a page of values that were read from `wanted.start` on, with at most one too many."""
    return _cut(values, wanted)


def _cut(found: list[T], wanted: PageRequest) -> Page[T]:
    more = len(found) > wanted.limit
    return Page(
        found[: wanted.limit],
        wanted.start,
        wanted.limit,
        wanted.start + wanted.limit if more else None,
    )


def _whole_number(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = query.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()):
        raise Invalid(f"The {name} must be a whole number.", context=name)
    # Digits without end are a number too large for anything, not one to compute.
    number = int(text) if len(text) <= 10 else MAX_START
    if number < least:
        raise Invalid(f"The {name} must be at least {least}.", context=name)
    return number

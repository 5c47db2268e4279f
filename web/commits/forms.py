"""Which commits a reader wants to see, as the query of the page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.http import QueryDict

from core.errors import Invalid
from gitengine.history import CommitSelection

MERGES = {"": None, "only": True, "exclude": False}


@dataclass(frozen=True)
class CommitFilters:
    """What was typed, and what it means."""

    path: str = ""
    follow_renames: bool = False
    author: str = ""
    since: date | None = None
    until: date | None = None
    merges: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> CommitFilters:
        """Read the filters of a page; Invalid for dates that are none."""
        merges = query.get("merges", "")
        if merges not in MERGES:
            raise Invalid("The merges must be only or exclude.", context="merges")
        return cls(
            path=query.get("path", "").strip("/"),
            follow_renames=query.get("followRenames", "") in {"true", "1", "on"},
            author=query.get("author", "").strip(),
            since=_day(query, "from"),
            until=_day(query, "to"),
            merges=merges,
        )

    @property
    def narrowed(self) -> CommitSelection:
        """What the history is narrowed to; days begin and end by UTC."""
        return CommitSelection(
            path=self.path,
            follow_renames=self.follow_renames and bool(self.path),
            merges=MERGES[self.merges],
            author=self.author,
            after=_seconds(self.since, time.min),
            before=_seconds(self.until, time.max),
        )

    @property
    def is_plain_file_history(self) -> bool:
        """Whether nothing but a file with its former names is asked for."""
        return bool(self.path) and self.follow_renames and not self.narrows_further

    @property
    def narrows_further(self) -> bool:
        """Whether there is more than a path."""
        return bool(self.author or self.since or self.until or self.merges)

    @property
    def narrows(self) -> bool:
        """Whether commits are left out, so that parents may be missing."""
        return bool(self.path) or self.narrows_further


def _day(query: QueryDict, name: str) -> date | None:
    text = query.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f'"{text[:20]}" is not a day such as 2024-12-31.', context=name) from None


def _seconds(day: date | None, at: time) -> int | None:
    return int(datetime.combine(day, at, UTC).timestamp()) if day else None

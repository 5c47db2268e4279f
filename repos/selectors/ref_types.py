"""Branches, tags and revisions as the selectors give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitengine import refs
from gitengine.types import Commit, ObjectId


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch by its full name; `ahead` and `behind` count against the base that was asked for."""

    name: str
    commit_id: ObjectId
    is_default: bool
    commit: Commit | None = None
    ahead: int | None = None
    behind: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def display_id(self) -> str:
        """The name as people write it."""
        return self.name.removeprefix(refs.BRANCHES)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag by its full name; `tag_id` is None for a lightweight one."""

    name: str
    commit_id: ObjectId
    tag_id: ObjectId | None
    commit: Commit | None = None

    @property
    def display_id(self) -> str:
        """The name as people write it."""
        return self.name.removeprefix(refs.TAGS)


@dataclass(frozen=True, slots=True)
class Revision:
    """What an `at` means: a commit, and the ref by which it was named, if it was."""

    commit_id: ObjectId
    ref: str | None

    @property
    def id(self) -> str:
        """The ref, else the commit: what links use to say the same again."""
        return self.ref or self.commit_id

    @property
    def display_id(self) -> str:
        """What people call it."""
        if self.ref is None:
            return self.commit_id[:11]
        return self.ref.split("/", 2)[2]

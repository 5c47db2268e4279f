"""The frozen values that leave the engine, with text decoded once, at its edge.

Ref names and paths are `str` decoded as UTF-8 with `surrogateescape`, so that every name
that Git allows survives the way out and back in. Messages and people are always clean text.
Times are whole seconds since 1970.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

ObjectId = str
ZERO_ID: ObjectId = "0" * 40
EMPTY_TREE: ObjectId = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True, slots=True)
class Person:
    """Who a commit or tag names."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `message` is whole, its trailing newline removed."""

    id: ObjectId
    tree: ObjectId
    parents: tuple[ObjectId, ...]
    author: Person
    author_time: int
    committer: Person
    committer_time: int
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]

    @property
    def body(self) -> str:
        """What follows the first line."""
        return self.message.partition("\n")[2].strip("\n")


@dataclass(frozen=True, slots=True)
class Ref:
    """A ref by its full name; `peeled` is the commit behind an annotated tag, else equals `target`."""

    name: str
    target: ObjectId
    peeled: ObjectId

    @property
    def is_annotated(self) -> bool:
        """Whether the ref points at a tag object."""
        return self.target != self.peeled


@dataclass(frozen=True, slots=True)
class Annotation:
    """The tagger, time and message of an annotated tag; the time is 0 if it has none."""

    tagger: Person
    time: int
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]


class EntryKind(enum.Enum):
    """What a tree entry is; a symbolic link is a FILE whose `mode` is 0o120000."""

    FILE = "FILE"
    DIRECTORY = "DIRECTORY"
    SUBMODULE = "SUBMODULE"


SYMLINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000
EXECUTABLE_MODE = 0o100755


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory; `path` is from the root; `size` in bytes, None unless a file."""

    name: str
    path: str
    kind: EntryKind
    mode: int
    id: ObjectId
    size: int | None = None


class ChangeKind(enum.Enum):
    """What happened to a path, in Bitbucket's words."""

    ADD = "ADD"
    MODIFY = "MODIFY"
    DELETE = "DELETE"
    MOVE = "MOVE"
    COPY = "COPY"


@dataclass(frozen=True, slots=True)
class Change:
    """A path that differs between two trees; `similarity` in percent for MOVE and COPY."""

    kind: ChangeKind
    path: str
    source_path: str | None
    old_id: ObjectId | None
    new_id: ObjectId | None
    old_mode: int | None
    new_mode: int | None
    similarity: int | None = None

    @property
    def is_submodule(self) -> bool:
        """Whether the path is or was a submodule."""
        return (self.new_mode or self.old_mode) == SUBMODULE_MODE


@dataclass(frozen=True, slots=True)
class DiffStats:
    """How much differs; lines of binary files are not counted."""

    files: int
    added: int
    removed: int


class LineKind(enum.Enum):
    """Which side of a diff a line belongs to."""

    CONTEXT = "CONTEXT"
    ADDED = "ADDED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a hunk, numbered from 1; on the side without the line, the number of the next one.

    `raw` is the line byte for byte with its newline, `text` what people read, without it; a carriage
    return is kept in both. Both are cut where `truncated`. `newline` is False for the last line of a
    file that ends without one.
    """

    kind: LineKind
    text: str
    old_number: int
    new_number: int
    truncated: bool = False
    raw: bytes = b""
    newline: bool = True


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of lines with their context."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    lines: tuple[Line, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The hunks of one changed path; binary files have none."""

    change: Change
    hunks: tuple[Hunk, ...]
    is_binary: bool = False
    truncated: bool = False


class RefChangeKind(enum.Enum):
    """What a command does to its ref, in Bitbucket's words."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class RefCommand:
    """One line of a push: move this ref from old to new; `refusal` is the sentence the client reads."""

    name: str
    old: ObjectId
    new: ObjectId
    refusal: str | None = None

    @property
    def kind(self) -> RefChangeKind:
        """Whether the ref is made, moved or removed."""
        if self.old == ZERO_ID:
            return RefChangeKind.ADD
        return RefChangeKind.DELETE if self.new == ZERO_ID else RefChangeKind.UPDATE

    def refused(self, sentence: str | None) -> RefCommand:
        """Give the same command with this refusal, unless it already has one."""
        return self if self.refusal or not sentence else replace(self, refusal=sentence)

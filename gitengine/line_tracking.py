"""Track lines of a file from one commit to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gitengine import diff
from gitengine.diff import DiffLimits, DiffSelection
from gitengine.repository import GitRepository
from gitengine.types import Change, ChangeKind, Hunk, ObjectId

# Of one file at a time; what is beyond is not followed.
LIMITS = DiffLimits(
    files=1, lines_of_a_file=200_000, lines=200_000, line_length=200, bytes=64 * 1024 * 1024
)


@dataclass
class LineTracker:
    """How the files of one commit became those of another; each file is compared once, and only if it is asked for."""

    git: GitRepository
    old: ObjectId
    new: ObjectId
    _changes: dict[str, Change] | None = None
    _hunks: dict[str, tuple[Hunk, ...] | None] = field(default_factory=dict)

    def path(self, path: str) -> str | None:
        """What a file is called now; None if it is gone."""
        change = self._changed().get(path)
        if change is None:
            return path
        return None if change.kind is ChangeKind.DELETE else change.path

    def line(self, path: str, line: int) -> int | None:
        """Return the current number of a line; None if it was changed or removed."""
        change = self._changed().get(path)
        if change is None:
            return line
        if change.kind is ChangeKind.DELETE:
            return None
        hunks = self._hunks_of(path, change)
        return None if hunks is None else moved(hunks, line)

    def _changed(self) -> dict[str, Change]:
        if self._changes is None:
            self._changes = {}
            for change in diff.changes(self.git, self.old, self.new):
                if change.kind is ChangeKind.MOVE:
                    self._changes[change.source_path or change.path] = change
                elif change.kind in (ChangeKind.MODIFY, ChangeKind.DELETE):
                    self._changes.setdefault(change.path, change)
        return self._changes

    def _hunks_of(self, path: str, change: Change) -> tuple[Hunk, ...] | None:
        """What changed in a file; None where that is too much to say."""
        if path not in self._hunks:
            source = path if change.path != path else ""
            selected = DiffSelection(path=change.path, source_path=source, context=0)
            found = list(diff.file_diffs(self.git, self.old, self.new, selected, limits=LIMITS))
            whole = [one for one in found if one.change.path == change.path]
            is_known = bool(whole) and not whole[0].truncated and not whole[0].is_binary
            same = change.old_id == change.new_id
            self._hunks[path] = () if same else whole[0].hunks if is_known else None
        return self._hunks[path]


def moved(hunks: Iterable[Hunk], line: int) -> int | None:
    """Return the new number of a line after these hunks without context; None if it was removed."""
    offset = 0
    for hunk in hunks:
        if hunk.old_count == 0:
            # Lines came after this one.
            if line > hunk.old_start:
                offset += hunk.new_count
            continue
        if line < hunk.old_start:
            break
        if line < hunk.old_start + hunk.old_count:
            return None
        offset += hunk.new_count - hunk.old_count
    return line + offset

"""What a line is in the diff of one file: added, removed, or context, which is every other line of the file."""

from __future__ import annotations

import enum

from gitengine import diff, trees
from gitengine.diff import DiffSelection
from gitengine.errors import NoSuchPath
from gitengine.line_tracking import LIMITS
from gitengine.repository import GitRepository
from gitengine.types import EntryKind, FileDiff, ObjectId

MOST_BYTES = 64 * 1024 * 1024


class LineKind(enum.Enum):
    """How a line differs between two commits."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CONTEXT = "CONTEXT"


def of_line(
    git: GitRepository,
    old: ObjectId | None,
    new: ObjectId,
    path: str,
    source_path: str,
    line: int,
    *,
    is_old_side: bool,
) -> LineKind | None:
    """Say what a line of the old or new file is, counted from 1; None where there is no such line.

    What is too large or binary cannot be told apart: then each of its lines is what the side suggests.
    """
    commit, name = (old, source_path or path) if is_old_side else (new, path)
    changed = LineKind.REMOVED if is_old_side else LineKind.ADDED
    lines = _count(git, commit, name)
    if lines is not None and not 1 <= line <= lines:
        return None
    found = _diff(git, old, new, path, source_path)
    if found is None:
        return LineKind.CONTEXT
    if lines is None or found.is_binary or found.truncated:
        return changed
    for hunk in found.hunks:
        start, count = (
            (hunk.old_start, hunk.old_count) if is_old_side else (hunk.new_start, hunk.new_count)
        )
        if start <= line < start + count:
            return changed
    return LineKind.CONTEXT


def _count(git: GitRepository, commit: ObjectId | None, path: str) -> int | None:
    """How many lines a file has; 0 where there is no file, None where it is too large to count."""
    if not commit:
        return 0
    try:
        entry = trees.entry(git, commit, path)
    except NoSuchPath:
        return 0
    if entry.kind is not EntryKind.FILE:
        return 1
    data = trees.read_blob(git, entry.id, most_bytes=MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return None
    return data.count(b"\n") + (0 if data.endswith(b"\n") or not data else 1)


def _diff(
    git: GitRepository, old: ObjectId | None, new: ObjectId, path: str, source_path: str
) -> FileDiff | None:
    selected = DiffSelection(path=path, source_path=source_path, context=0)
    found = diff.file_diffs(git, old or None, new, selected, limits=LIMITS)
    return next((one for one in found if one.change.path == path), None)

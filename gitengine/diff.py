"""What differs between two commits: changed paths, and hunks of lines, within limits.

libgit2 compares; drivers, filters and text conversion of the repository's own .gitattributes never
run, since nothing is checked out and no program is called.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pygit2
from pygit2.enums import DeltaStatus, DiffFind, DiffOption

from gitengine import objects
from gitengine.repository import GitRepository
from gitengine.types import (
    ZERO_ID,
    Change,
    ChangeKind,
    FileDiff,
    Hunk,
    Line,
    LineKind,
    ObjectId,
)

RENAME_LIMIT = 400
MOST_COMPARED_FOR_RENAMES = 4 * 1024 * 1024

_KINDS = {
    DeltaStatus.ADDED: ChangeKind.ADD,
    DeltaStatus.DELETED: ChangeKind.DELETE,
    DeltaStatus.MODIFIED: ChangeKind.MODIFY,
    DeltaStatus.TYPECHANGE: ChangeKind.MODIFY,
    DeltaStatus.RENAMED: ChangeKind.MOVE,
    DeltaStatus.COPIED: ChangeKind.COPY,
}
_LINE_KINDS = {" ": LineKind.CONTEXT, "+": LineKind.ADDED, "-": LineKind.REMOVED}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a diff is read; what lies beyond is marked as truncated."""

    files: int = 1000
    lines_of_a_file: int = 5000
    lines: int = 20_000
    line_length: int = 5000
    bytes_of_a_file: int = 512 * 1024
    bytes: int = 3 * 1024 * 1024


USUAL = Limits()


def changes(
    git: GitRepository, old: ObjectId | None, new: ObjectId, *, path: str = ""
) -> list[Change]:
    """Give the paths that differ between two commits, renames found; `old` None is the empty tree."""
    compared = _compare(git, old, new, context=0)
    listed = [_change(delta) for delta in compared.deltas]
    if path:
        start = path + "/"
        listed = [one for one in listed if one.path == path or one.path.startswith(start)]
    return listed


def file_diffs(
    git: GitRepository,
    old: ObjectId | None,
    new: ObjectId,
    *,
    context: int = 3,
    ignore_whitespace: bool = False,
    limits: Limits = USUAL,
) -> Iterator[FileDiff]:
    """Give the changed files with their hunks, one at a time, until a limit is reached."""
    opened = git.libgit2()
    compared = _compare(git, old, new, context=context, ignore_whitespace=ignore_whitespace)
    lines_left, bytes_left = limits.lines, limits.bytes
    for number, delta in enumerate(compared.deltas):
        if number >= limits.files:
            return
        size = _size(opened, delta)
        if size > limits.bytes_of_a_file or size > bytes_left or lines_left <= 0:
            # Comparing it would cost the time of everybody else: libgit2 holds the interpreter.
            yield FileDiff(_change(delta), (), truncated=True)
            continue
        bytes_left -= size
        patch = compared[number]
        if patch is None or patch.delta.is_binary:
            yield FileDiff(_change(delta), (), is_binary=True)
            continue
        most = min(limits.lines_of_a_file, lines_left)
        hunks, used, truncated = _hunks(patch, most, limits.line_length)
        lines_left -= used
        yield FileDiff(_change(delta), hunks, truncated=truncated)


def _compare(
    git: GitRepository,
    old: ObjectId | None,
    new: ObjectId,
    *,
    context: int,
    ignore_whitespace: bool = False,
) -> pygit2.Diff:
    opened = git.libgit2()
    flags = DiffOption.INCLUDE_TYPECHANGE
    if ignore_whitespace:
        flags |= DiffOption.IGNORE_WHITESPACE
    new_tree = objects.tree_of(opened, new)
    if old is None:
        compared = new_tree.diff_to_tree(flags=flags, context_lines=context, swap=True)
    else:
        compared = objects.tree_of(opened, old).diff_to_tree(
            new_tree, flags=flags, context_lines=context
        )
    # Files that differ a little are recognised only where there is little to compare.
    sizes = sum(
        _size(opened, delta)
        for delta in compared.deltas
        if delta.status in {DeltaStatus.ADDED, DeltaStatus.DELETED}
    )
    find = DiffFind.FIND_RENAMES
    if sizes > MOST_COMPARED_FOR_RENAMES:
        find |= DiffFind.FIND_EXACT_MATCH_ONLY
    compared.find_similar(flags=find, rename_limit=RENAME_LIMIT)
    return compared


def _size(opened: pygit2.Repository, delta: pygit2.DiffDelta) -> int:
    """Give the bytes of both sides, from their headers."""
    total = 0
    for file in (delta.old_file, delta.new_file):
        if _id_or_none(file) is not None and opened.odb.exists(file.id):
            total += int(opened.odb.read_header(file.id)[1])
    return total


def _change(delta: pygit2.DiffDelta) -> Change:
    kind = _KINDS.get(delta.status, ChangeKind.MODIFY)
    old, new = delta.old_file, delta.new_file
    moved = kind in {ChangeKind.MOVE, ChangeKind.COPY}
    return Change(
        kind=kind,
        path=_path(old if kind is ChangeKind.DELETE else new),
        source_path=_path(old) if moved else None,
        old_id=_id_or_none(old),
        new_id=_id_or_none(new),
        old_mode=int(old.mode) or None,
        new_mode=int(new.mode) or None,
        similarity=delta.similarity if moved else None,
    )


def _path(file: pygit2.DiffFile) -> str:
    return os.fsdecode(file.raw_path)


def _id_or_none(file: pygit2.DiffFile) -> ObjectId | None:
    object_id = str(file.id)
    return None if object_id == ZERO_ID else object_id


def _hunks(patch: pygit2.Patch, most: int, longest: int) -> tuple[tuple[Hunk, ...], int, bool]:
    hunks: list[Hunk] = []
    used = 0
    for hunk in patch.hunks:
        if used >= most:
            return tuple(hunks), used, True
        taken = [line for line in hunk.lines if line.origin in _LINE_KINDS]
        cut = len(taken) > most - used
        taken = taken[: most - used]
        used += len(taken)
        hunks.append(
            Hunk(
                old_start=hunk.old_start,
                old_count=hunk.old_lines,
                new_start=hunk.new_start,
                new_count=hunk.new_lines,
                heading=hunk.header.split("@@", 2)[-1].strip(),
                lines=tuple(_line(line, longest) for line in taken),
                truncated=cut,
            )
        )
    return tuple(hunks), used, False


def _line(line: pygit2.DiffLine, longest: int) -> Line:
    raw = line.raw_content.removesuffix(b"\n")
    return Line(
        kind=_LINE_KINDS[line.origin],
        text=raw[:longest].decode("utf-8", "replace"),
        old_number=line.old_lineno,
        new_number=line.new_lineno,
        truncated=len(raw) > longest,
    )

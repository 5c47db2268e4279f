"""What differs between two commits or trees: changed paths, hunks of lines, sums, and git's own text.

The git program compares, outside the interpreter's lock, and is stopped when its time is up. Renames
and copies are found as `git diff-tree -M -C` finds them: half of a file must be the same; beyond
RENAME_LIMIT candidates only what is wholly the same is found; a copy is found only where its source
changed too, or was named. Drivers, filters and text conversion that .gitattributes may ask for never
run, and its word on what is binary is not heard either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pygit2
from pygit2.enums import DiffOption

from gitengine import encodings, objects, patches, path_counts, processes
from gitengine.errors import GitError, TookTooLong
from gitengine.patches import FilePatch, OutputReader, PatchReader
from gitengine.processes import Child
from gitengine.repository import GitRepository
from gitengine.types import (
    EMPTY_TREE,
    Change,
    ChangeKind,
    DiffStats,
    FileDiff,
    Hunk,
    Line,
    LineKind,
    ObjectId,
)

RENAME_LIMIT = 400
MOST_CONTEXT = 10_000
TIMEOUT = 20.0
STREAM_TIMEOUT = 3600.0
# Beyond this a file is not compared, however it is asked for.
LARGEST_COMPARED = 32 * 1024 * 1024
LARGEST_WIDE = 512 * 1024

_SUMS = {
    "files": re.compile(rb"(\d+) files? changed"),
    "added": re.compile(rb"(\d+) insertions?\(\+\)"),
    "removed": re.compile(rb"(\d+) deletions?\(-\)"),
}
_LINE_KINDS = {" ": LineKind.CONTEXT, "+": LineKind.ADDED, "-": LineKind.REMOVED}


@dataclass(frozen=True, slots=True)
class DiffLimits:
    """Limits of a diff; what is beyond them is marked as truncated."""

    files: int = 1000
    lines_of_a_file: int = 5000
    lines: int = 20_000
    line_length: int = 5000
    bytes_of_a_file: int = LARGEST_COMPARED
    bytes: int = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiffSelection:
    """What of a difference is looked at: a path, and the one it had before, and how lines are compared."""

    path: str = ""
    source_path: str = ""
    context: int = 3
    ignore_whitespace: bool = False

    @property
    def paths(self) -> list[str]:
        """The paths that git is to look at; none means all."""
        return [path for path in (self.path, self.source_path) if path]

    def holds(self, change: Change) -> bool:
        """Whether a change is one of what was asked for, and not merely the file it came from."""
        if not self.path:
            return True
        return change.path == self.path or change.path.startswith(f"{self.path}/")


USUAL = DiffLimits()
ALL = DiffSelection()


def changes(
    git: GitRepository, old: ObjectId | None, new: ObjectId, selected: DiffSelection = ALL
) -> Iterator[Change]:
    """Give the paths that differ, as they are found; `old` None is the empty tree."""
    path_counts.require_few_differences(git, old, new, selected.path)
    args = _compared(["--raw", "-z"], old, new, selected)
    with processes.started(args, git_dir=git.path, env=_environment(git), timeout=TIMEOUT) as child:
        for change in patches.read_changes(OutputReader(child)):
            if selected.holds(change):
                yield change
        child.finish()


def source_of(git: GitRepository, old: ObjectId | None, new: ObjectId, path: str) -> str:
    """Find the path that a file had before, if it was moved or copied; else nothing."""
    if not any(
        change.kind is ChangeKind.ADD for change in changes(git, old, new, DiffSelection(path))
    ):
        return ""
    for change in changes(git, old, new):
        if change.path == path:
            return change.source_path or ""
    return ""


class FileDiffs:
    """The changed files with their hunks, one at a time; once all were given, `left_out` counts the rest."""

    def __init__(
        self,
        git: GitRepository,
        old: ObjectId | None,
        new: ObjectId,
        selected: DiffSelection,
        limits: DiffLimits,
    ):
        self.left_out = 0
        self._git = git
        self._args = _compared(["--raw", "-p", "-z"], old, new, selected)
        self._old, self._new = old, new
        self._selected = selected
        self._limits = limits

    def __iter__(self) -> Iterator[FileDiff]:
        """Compare, and give each file when its lines have come."""
        limits, self.left_out = self._limits, 0
        path_counts.require_few_differences(self._git, self._old, self._new, self._selected.path)
        environment = _environment(self._git, limits.bytes_of_a_file)
        listed: list[Change] = []
        given = 0
        try:
            with processes.started(
                self._args, git_dir=self._git.path, env=environment, timeout=TIMEOUT
            ) as child:
                reader = OutputReader(child)
                for change in patches.read_changes(reader):
                    if len(listed) < limits.files:
                        listed.append(change)
                    elif self._selected.holds(change):
                        self.left_out += 1
                lines = PatchReader(reader, longest=limits.line_length)
                for one in self._read(child, lines, listed):
                    given += 1
                    if self._selected.holds(one.change):
                        yield one
                if lines.ended:
                    child.finish()
        except TookTooLong:
            if not listed:
                raise
            # What was found in time is told; of the rest only that it changed.
            for change in listed[given:]:
                if self._selected.holds(change):
                    yield FileDiff(change, (), truncated=True)

    def _read(
        self, child: Child, reader: PatchReader, listed: Sequence[Change]
    ) -> Iterator[FileDiff]:
        limits = self._limits
        lines_left, bytes_left = limits.lines, limits.bytes
        for change in listed:
            if lines_left <= 0 or bytes_left <= 0:
                yield FileDiff(change, (), truncated=True)
                continue
            most = min(limits.lines_of_a_file, lines_left)
            patch = reader.read(change, most_lines=most, most_bytes=bytes_left)
            if reader.ended:
                # There is no more to tell, or there was no time left to tell it.
                child.finish()
            if patch is None:
                yield FileDiff(change, ())
                continue
            if patch.is_binary:
                patch = self._unlike_text(change, most)
            lines_left -= patch.lines
            bytes_left -= patch.bytes
            yield FileDiff(
                change,
                tuple(patch.hunks),
                is_binary=patch.is_binary,
                truncated=patch.truncated,
            )

    def _unlike_text(self, change: Change, most: int) -> FilePatch:
        """Tell why git compared no lines: too large, binary, or UTF-16, which is compared here."""
        opened = self._git.libgit2()
        ids = [one for one in (change.old_id, change.new_id) if one is not None]
        largest = max(int(opened.odb.read_header(one)[1]) for one in ids)
        if largest > self._limits.bytes_of_a_file:
            return FilePatch(truncated=True)
        if largest <= LARGEST_WIDE:
            found = _compare_wide(opened, change, self._selected, most, self._limits.line_length)
            if found is not None:
                return found
        return FilePatch(is_binary=True)


def file_diffs(
    git: GitRepository,
    old: ObjectId | None,
    new: ObjectId,
    selected: DiffSelection = ALL,
    *,
    limits: DiffLimits = USUAL,
) -> FileDiffs:
    """Give the changed files with their hunks, within limits; `old` None is the empty tree."""
    return FileDiffs(git, old, new, selected, limits)


def stats(
    git: GitRepository, old: ObjectId | None, new: ObjectId, selected: DiffSelection = ALL
) -> DiffStats:
    """Count the files that differ, and their lines."""
    path_counts.require_few_differences(git, old, new, selected.path)
    args = _compared(["--shortstat"], old, new, selected)
    answer = processes.run(args, git_dir=git.path, env=_environment(git), timeout=TIMEOUT)
    found = {name: pattern.search(answer) for name, pattern in _SUMS.items()}
    return DiffStats(**{name: int(match[1]) if match else 0 for name, match in found.items()})


def raw(
    git: GitRepository, old: ObjectId | None, new: ObjectId, selected: DiffSelection = ALL
) -> Iterator[bytes]:
    """Give the whole difference as unified text, piece by piece; closing the generator ends the child."""
    path_counts.require_few_differences(git, old, new, selected.path)
    return processes.stream(
        _compared(["-p", "--full-index"], old, new, selected),
        git_dir=git.path,
        env=_environment(git),
        timeout=STREAM_TIMEOUT,
    )


def mailbox(
    git: GitRepository, until: ObjectId, *, since: ObjectId | None = None, ancestors: bool = False
) -> Iterator[bytes]:
    """Give commits as mails that git-am(1) takes, oldest first, piece by piece.

    Those that `until` reaches and `since` does not, without merges; all of them with `ancestors`; else
    `until` alone, against its first parent.
    """
    args = ["log", "--format=email", "--stat", "-p", "--binary", "--full-index", "--no-color"]
    args += ["--no-ext-diff", "--no-textconv", "-M", f"-l{RENAME_LIMIT}", "--root", "--no-notes"]
    args.append("--no-mailmap")
    if since is None and not ancestors:
        parents = objects.read_commit(git.libgit2(), until).parents
        path_counts.require_few_differences(git, parents[0] if parents else None, until)
        args += ["--max-count=1", "--diff-merges=first-parent", "--end-of-options", until]
    else:
        path_counts.require_few(git, until)
        args += ["--no-merges", "--topo-order", "--reverse", "--end-of-options", until]
        args += [f"^{since}"] if since is not None and not ancestors else []
    return processes.stream(
        [*args, "--"], git_dir=git.path, env=_environment(git), timeout=STREAM_TIMEOUT
    )


def _compared(
    form: Sequence[str], old: ObjectId | None, new: ObjectId, selected: DiffSelection
) -> list[str]:
    args = ["diff-tree", "-r", *form, "--no-color", "--no-ext-diff", "--no-textconv"]
    args += ["-M50%", "-C50%", f"-l{RENAME_LIMIT}"]
    if "-p" in form:
        args.append(f"-U{min(selected.context, MOST_CONTEXT)}")
    if selected.source_path:
        # Among two named paths a copy of what did not change is cheap to find.
        args.append("--find-copies-harder")
    if selected.ignore_whitespace:
        args.append("--ignore-all-space")
    return [*args, "--end-of-options", old or EMPTY_TREE, new, "--", *selected.paths]


def _environment(git: GitRepository, largest: int = LARGEST_COMPARED) -> dict[str, str]:
    return git.environment | {
        # What is larger counts as binary, and is not read.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bigFileThreshold",
        "GIT_CONFIG_VALUE_0": str(largest),
        "GIT_ATTR_SOURCE": EMPTY_TREE,
    }


def _compare_wide(
    opened: pygit2.Repository, change: Change, selected: DiffSelection, most: int, longest: int
) -> FilePatch | None:
    """Compare files of UTF-16, which git takes for binary; None unless both sides are whole and alike."""
    sides = [bytes(_blob(opened, one)) if one else b"" for one in (change.old_id, change.new_id)]
    kinds = {encodings.wide(side) for side in sides if side}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None:
        return None
    try:
        old, new = (side.decode(kind).encode() for side in sides)
    except UnicodeError:
        return None
    flags = DiffOption.IGNORE_WHITESPACE if selected.ignore_whitespace else DiffOption.FORCE_TEXT
    compared = pygit2.Patch.create_from(
        old, new, flag=flags, context_lines=min(selected.context, MOST_CONTEXT)
    )
    patch = FilePatch()
    for hunk in compared.hunks:
        lines = [line for line in hunk.lines if line.origin in _LINE_KINDS]
        taken = lines[: max(0, most - patch.lines)]
        patch.truncated = patch.truncated or len(taken) < len(lines)
        made = tuple(_wide_lines(taken, hunk.old_start, hunk.new_start, kind, longest))
        patch.lines += len(made)
        patch.bytes += sum(len(line.raw) for line in made)
        if made:
            patch.hunks.append(
                Hunk(
                    old_start=hunk.old_start,
                    old_count=hunk.old_lines,
                    new_start=hunk.new_start,
                    new_count=hunk.new_lines,
                    heading="",
                    lines=made,
                    truncated=len(taken) < len(lines),
                )
            )
    return patch


def _wide_lines(
    taken: Sequence[pygit2.DiffLine], old_number: int, new_number: int, kind: str, longest: int
) -> Iterator[Line]:
    for line in taken:
        text = line.raw_content.decode("utf-8")
        made = Line(
            kind=_LINE_KINDS[line.origin],
            text=text.removesuffix("\n")[:longest].replace("\0", "\ufffd"),
            old_number=old_number,
            new_number=new_number,
            truncated=len(text) > longest + 1,
            raw=text[: longest + 1].encode(kind),
            newline=text.endswith("\n"),
        )
        old_number += made.kind is not LineKind.ADDED
        new_number += made.kind is not LineKind.REMOVED
        yield made


def _blob(opened: pygit2.Repository, object_id: ObjectId) -> memoryview:
    found = opened[object_id]
    if not isinstance(found, pygit2.Blob):
        raise GitError(f"{object_id} is no file")
    return memoryview(found)

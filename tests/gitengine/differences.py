"""Hold the engine's differences against git's own, on any repository.

By hand: `python -m tests.gitengine.differences /path/to/a/repository.git --commits 200`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import time
from pathlib import Path

from gitengine import diff, encodings, history, trees
from gitengine.repository import GitRepository
from gitengine.types import Change, FileDiff, LineKind

WHOLE = diff.DiffLimits(
    files=10**6, lines_of_a_file=10**9, lines=10**9, line_length=10**9, bytes=10**12
)
LETTERS = {"ADD": "A", "DELETE": "D", "MOVE": "R", "COPY": "C"}


def applied(old: bytes, file: FileDiff) -> bytes:
    """The new file, made of the old one and the hunks alone."""
    lines = _lines(old)
    made: list[bytes] = []
    at = 0
    for hunk in file.hunks:
        # Where one kind of thing takes the place of another, all of it goes and then all of it comes.
        start = max(at, hunk.old_start - 1 if hunk.old_count else hunk.old_start)
        made += lines[at:start]
        at = start
        for line in hunk.lines:
            if line.kind is not LineKind.ADDED:
                assert lines[at] == line.raw, f"{file.change.path}: line {at + 1} is another"
                at += 1
            if line.kind is not LineKind.REMOVED:
                made.append(line.raw)
    return b"".join(made + lines[at:])


def _lines(data: bytes) -> list[bytes]:
    kind = encodings.wide(data)
    if kind is not None and b"\0" in data:
        return [line.encode(kind) for line in data.decode(kind).splitlines(keepends=True)]
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def assert_as_git_says(repository: GitRepository, old: str | None, new: str) -> tuple[int, int]:
    """Changes and hunks between two commits are git's; gives how many files were compared, and lines."""
    found = list(diff.changes(repository, old, new))
    assert [_as_git_writes(change) for change in found] == _asked_of_git(repository, old, new)
    files = list(diff.file_diffs(repository, old, new, limits=WHOLE))
    assert [file.change for file in files] == found
    compared = lines = 0
    for file in files:
        change = file.change
        if file.is_binary or change.is_submodule or _is_submodule(change.old_mode):
            continue
        assert not file.truncated
        before = trees.read_blob(repository, change.old_id) if change.old_id else b""
        after = trees.read_blob(repository, change.new_id) if change.new_id else b""
        assert applied(before, file) == after, change.path
        for hunk in file.hunks:
            kinds = [line.kind for line in hunk.lines]
            assert kinds.count(LineKind.REMOVED) + kinds.count(LineKind.CONTEXT) == hunk.old_count
            assert kinds.count(LineKind.ADDED) + kinds.count(LineKind.CONTEXT) == hunk.new_count
            lines += len(kinds)
        compared += 1
    return compared, lines


def _is_submodule(mode: int | None) -> bool:
    return mode == 0o160000


def _as_git_writes(change: Change) -> str:
    letter = LETTERS.get(change.kind.value, "M")
    score = f"{change.similarity:03d}" if change.similarity is not None else ""
    modes = f":{change.old_mode or 0:06o} {change.new_mode or 0:06o}"
    ids = f"{change.old_id or '0' * 40} {change.new_id or '0' * 40}"
    paths = [path for path in (change.source_path, change.path) if path is not None]
    return "\0".join([f"{modes} {ids} {letter}{score}", *paths])


def _asked_of_git(repository: GitRepository, old: str | None, new: str) -> list[str]:
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    done = subprocess.run(
        ["git", "diff-tree", "-r", "-z", "--raw", "-M", "-C", "-l400", old or empty, new],
        cwd=repository.path, capture_output=True, check=True,
    )  # fmt: skip
    fields = os.fsdecode(done.stdout).split("\0")[:-1]
    answer = []
    while fields:
        head = fields.pop(0)
        # A change of type is a change for Bitbucket.
        head = head[:-1] + "M" if head.endswith("T") else head
        count = 2 if head.split(" ")[-1][0] in "RC" else 1
        answer.append("\0".join([head, *(fields.pop(0) for _ in range(count))]))
    return answer


def main() -> None:
    """Compare sampled commits with their first parents, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, default=200)
    options = parser.parse_args()
    repository = GitRepository.open(options.repository)
    listed = subprocess.run(["git", "rev-list", "--all"], cwd=options.repository, capture_output=True, check=True)  # fmt: skip
    every = listed.stdout.decode().split()
    sampled = random.Random(4).sample(every, min(options.commits, len(every)))
    files = lines = 0
    started = time.monotonic()
    for commit_id in sampled:
        parents = history.commit(repository, commit_id).parents
        more = assert_as_git_says(repository, parents[0] if parents else None, commit_id)
        files, lines = files + more[0], lines + more[1]
    seconds = time.monotonic() - started
    print(f"{len(sampled)} commits of {len(every)}: {files} files, {lines} lines, {seconds:.1f} s")


if __name__ == "__main__":
    main()

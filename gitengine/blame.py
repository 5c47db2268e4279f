"""Who wrote each line: git's own blame, as runs of lines that came with one commit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gitengine import processes, trees
from gitengine.errors import GitFailed, NoSuchPath
from gitengine.repository import GitRepository
from gitengine.types import EntryKind, ObjectId

TIMEOUT = 60.0

_RUN = re.compile(rb"([0-9a-f]{40}) (\d+) (\d+) (\d+)")
_ESCAPE = re.compile(rb"\\([abfnrtv\"\\]|[0-3][0-7]{2})")
_ESCAPED = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


@dataclass(frozen=True, slots=True)
class BlameRange:
    """Lines `line` to `line + count - 1` (counted from 1) that a commit brought.

    There they stood in `path` from `source_line` on. `previous_id` and `previous_path` name the file
    as it was before that commit, None where the commit made it.
    """

    commit_id: ObjectId
    path: str
    line: int
    source_line: int
    count: int
    previous_id: ObjectId | None = None
    previous_path: str | None = None


def blame(
    git: GitRepository,
    commit_id: ObjectId,
    path: str,
    *,
    first: int = 1,
    count: int | None = None,
) -> list[BlameRange]:
    """Give the runs of a file's lines from `first` (counted from 1), in order; NoSuchPath, TookTooLong.

    `git blame` knows no `--end-of-options`: it is given a whole id and, after `--`, the path.
    """
    if trees.entry(git, commit_id, path).kind is not EntryKind.FILE:
        raise NoSuchPath(path, commit_id)
    args = ["blame", "--incremental"]
    if first > 1 or count is not None:
        args.append(f"-L{first},{'' if count is None else f'+{count}'}")
    try:
        output = processes.run([*args, commit_id, "--", path], git_dir=git.path, timeout=TIMEOUT)
    except GitFailed as error:
        if "has only" in error.stderr:  # fewer lines than asked for
            return []
        raise
    return sorted(_runs(output), key=lambda run: run.line)


def _runs(output: bytes) -> Iterator[BlameRange]:
    """Read what gitformat calls incremental: a run, what is new about its commit, its file name."""
    previous: dict[ObjectId, tuple[ObjectId, str]] = {}
    begun: re.Match[bytes] | None = None
    for line in output.split(b"\n"):
        if begun is None:
            begun = _RUN.fullmatch(line)
            continue
        keyword, _, value = line.partition(b" ")
        commit_id = begun[1].decode()
        if keyword == b"previous":
            before, _, path = value.partition(b" ")
            previous[commit_id] = before.decode(), _unquoted(path)
        elif keyword == b"filename":
            before_id, before_path = previous.get(commit_id, (None, None))
            yield BlameRange(
                commit_id=commit_id,
                path=_unquoted(value),
                line=int(begun[3]),
                source_line=int(begun[2]),
                count=int(begun[4]),
                previous_id=before_id,
                previous_path=before_path,
            )
            begun = None


def _unquoted(path: bytes) -> str:
    """Unquote a path that git has C-quoted."""
    if path.startswith(b'"') and path.endswith(b'"'):
        path = _ESCAPE.sub(_meant, path[1:-1])
    return path.decode("utf-8", "surrogateescape")


def _meant(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8)]) if len(sign) == 3 else _ESCAPED.get(sign, sign)

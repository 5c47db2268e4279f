"""The commit that last changed each path: an index beside the objects, brought up to date after pushes.

Without it, a folder with one old file is a walk back to the beginning. The index speaks of one tip;
what another commit has beyond that tip, and the tip beyond it, is walked, which is little where
branches are young. Losing the file loses nothing: it is made anew.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from gitengine import history, path_counts, processes
from gitengine.budgets import Kind
from gitengine.errors import GitFailed, LimitReached, TookTooLong
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, Commit, ObjectId

INDEX_FILE = "last-changes.sqlite"
UNFINISHED = ".new-"
LARGEST_INDEX = 2 * 1024**3
MOST_WALKED = 20_000
WALK_TIMEOUT = 30.0
INDEX_TIMEOUT = 3600.0
BATCH = 500
FEW = 20

Touched = tuple[ObjectId, list[str]]


def find(
    git: GitRepository,
    commit_id: ObjectId,
    folder: str,
    names: Collection[str],
    *,
    within: int = MOST_WALKED,
) -> dict[str, Commit]:
    """Find, for each of these entries of a folder, the commit that last changed it as seen from a commit.

    Where the index does not help, at most `within` commits are walked; what is older is left out.
    """
    found: dict[str, ObjectId] = {}
    if path_counts.of_commit(git, commit_id) > path_counts.most_paths():
        return {}  # each commit's changes would be listed path by path
    with closing(_opened(git)) as index:
        tip = index.tip()
        if tip is None:
            found = _walked(git, commit_id, (), folder, names, within)
        elif tip == commit_id:
            found = index.of(folder, names)
        else:
            found = _beside(git, index, tip, commit_id, folder, names, within)
    read = {one.id: one for one in history.commits(git, set(found.values()))}
    return {name: read[object_id] for name, object_id in found.items()}


def update(git: GitRepository, tip: ObjectId) -> None:
    """Let the index speak of `tip`: by what is new since it was made, or from the beginning.

    TooManyPaths for a tip of too many; LimitReached where its history holds such commits.
    """
    _remove_unfinished(git)
    path_counts.require_few(git, tip)
    with closing(_opened(git)) as index:
        before = index.tip()
    if before == tip:
        return
    if before is not None and _is_ancestor(git, before, tip):
        _add(git, tip, before)
    else:
        _make(git, tip)


def _beside(
    git: GitRepository,
    index: Index,
    tip: ObjectId,
    commit_id: ObjectId,
    folder: str,
    names: Collection[str],
    within: int,
) -> dict[str, ObjectId]:
    """Ask an index that speaks of another tip: what neither side changed since they parted is the same."""
    found = _walked(git, commit_id, (tip,), folder, names, within)
    left = set(names) - set(found)
    beyond = _walked(git, tip, (commit_id,), folder, left, within)
    found |= index.of(folder, left - set(beyond))
    return found | _walked(git, commit_id, (), folder, set(beyond), within)


def _walked(
    git: GitRepository,
    commit_id: ObjectId,
    without: Sequence[ObjectId],
    folder: str,
    names: Collection[str],
    within: int,
) -> dict[str, ObjectId]:
    left = set(names)
    found: dict[str, ObjectId] = {}
    if not left:
        return found
    start = f"{folder}/" if folder else ""
    # Few names are looked for by themselves: git then compares nothing else of the folder.
    paths_wanted = [start + name for name in left] if len(left) <= FEW else [folder] * bool(folder)
    walk = _touched(git, commit_id, without, paths_wanted, within, WALK_TIMEOUT)
    try:
        for object_id, paths in walk:
            for path in paths:
                name = path.removeprefix(start).split("/", 1)[0]
                if name in left:
                    left.discard(name)
                    found[name] = object_id
            if not left:
                break
    except (TookTooLong, LimitReached):
        pass  # what was found so far is true
    finally:
        walk.close()
    return found


def _touched(
    git: GitRepository,
    commit_id: ObjectId,
    without: Sequence[ObjectId],
    wanted: Sequence[str],
    most: int | None,
    timeout: float,
) -> Generator[Touched, None, None]:
    """Give commits, newest first, each with the paths that it changed; a merge with what no parent had."""
    args = ["log", "-z", "--format=%x01%H", "--name-only", "--no-renames", "-c"]
    if most is not None:
        args.append(f"--max-count={most}")
    args += ["--end-of-options", commit_id, *(f"^{one}" for one in without), "--"]
    # The whole history is a job's work; else somebody waits for it.
    kind = Kind.MAINTAINING if most is None else Kind.READING
    output = processes.stream([*args, *wanted], git_dir=git.path, timeout=timeout, kind=kind)
    current = ""
    paths: list[str] = []
    try:
        for text in history.fields(output):
            if text.startswith("\x01"):
                if paths:
                    yield current, paths
                current, paths = text[1:41], []
            elif name := text.lstrip("\n"):
                paths.append(name)
        if paths:
            yield current, paths
    finally:
        output.close()


def _remove_unfinished(git: GitRepository) -> None:
    """Remove what a killed update left: one at a time is made, by a job."""
    for file in git.path.glob(f"{UNFINISHED}*{INDEX_FILE}*"):
        file.unlink(missing_ok=True)


def _is_ancestor(git: GitRepository, older: ObjectId, newer: ObjectId) -> bool:
    try:
        args = ["merge-base", "--is-ancestor", older, newer]
        processes.run(args, git_dir=git.path, timeout=WALK_TIMEOUT)
    except GitFailed:
        return False
    return True


def _make(git: GitRepository, tip: ObjectId) -> None:
    descriptor, name = tempfile.mkstemp(dir=git.path, prefix=UNFINISHED, suffix=INDEX_FILE)
    os.close(descriptor)
    try:
        with closing(Index(Path(name), writes=True)) as index:
            index.write(_rows(_touched(git, tip, (), (), None, INDEX_TIMEOUT)), tip)
        os.rename(name, git.path / INDEX_FILE)
    finally:
        Path(name).unlink(missing_ok=True)


def _add(git: GitRepository, tip: ObjectId, before: ObjectId) -> None:
    newer = _rows(_touched(git, tip, (before,), (), None, INDEX_TIMEOUT))
    try:
        with closing(Index(git.path / INDEX_FILE, writes=True)) as index:
            index.write(newer, tip)
    except sqlite3.DatabaseError:
        _make(git, tip)


def _rows(touched: Iterable[Touched]) -> Iterator[tuple[bytes, bytes]]:
    """Give each path, and each folder above it, with the commit."""
    for object_id, paths in touched:
        whole = set(paths)
        for path in paths:
            while path := path.rpartition("/")[0]:
                if path in whole:
                    break
                whole.add(path)
        number = bytes.fromhex(object_id)
        for path in whole:
            yield path.encode("utf-8", "surrogateescape"), number


def _opened(git: GitRepository) -> Index:
    return Index(git.path / INDEX_FILE)


class Index:
    """The file: a path, and the commit that last changed it; one more row tells the tip it speaks of."""

    def __init__(self, file: Path, *, writes: bool = False):
        self._connection: sqlite3.Connection | None = None
        if writes:
            self._connection = sqlite3.connect(file, timeout=30)
            page = int(self._connection.execute("PRAGMA page_size").fetchone()[0])
            self._connection.execute(f"PRAGMA max_page_count = {LARGEST_INDEX // page}")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS last (path BLOB PRIMARY KEY, id BLOB) WITHOUT ROWID"
            )
        elif file.is_file():
            self._connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=5)

    def tip(self) -> ObjectId | None:
        """The commit that it speaks of; None where there is no index, or none that can be read."""
        found = self._ids([b""]).get(b"")
        return None if found in {None, ZERO_ID} else found

    def of(self, folder: str, names: Iterable[str]) -> dict[str, ObjectId]:
        """What it says of these entries of a folder."""
        start = f"{folder}/" if folder else ""
        keys = {(start + name).encode("utf-8", "surrogateescape"): name for name in names}
        return {keys[key]: object_id for key, object_id in self._ids(list(keys)).items()}

    def write(self, newest_first: Iterable[tuple[bytes, bytes]], tip: ObjectId) -> None:
        """Add newer commits to the index, in one transaction."""
        assert self._connection is not None
        with self._connection as transaction:
            transaction.execute("CREATE TEMP TABLE newer (path BLOB PRIMARY KEY, id BLOB)")
            # Newest first, so the first word about a path is the last change of it.
            transaction.executemany("INSERT OR IGNORE INTO newer VALUES (?, ?)", newest_first)
            transaction.execute("INSERT OR REPLACE INTO last SELECT path, id FROM newer")
            row = (b"", bytes.fromhex(tip))
            transaction.execute("INSERT OR REPLACE INTO last VALUES (?, ?)", row)

    def close(self) -> None:
        """Give the file back."""
        if self._connection is not None:
            self._connection.close()

    def _ids(self, paths: Sequence[bytes]) -> dict[bytes, ObjectId]:
        if self._connection is None:
            return {}
        found: dict[bytes, ObjectId] = {}
        try:
            for start in range(0, len(paths), BATCH):
                some = paths[start : start + BATCH]
                marks = ",".join("?" * len(some))
                rows = self._connection.execute(
                    f"SELECT path, id FROM last WHERE path IN ({marks})", some
                )
                found |= {bytes(path): bytes(object_id).hex() for path, object_id in rows}
        except sqlite3.DatabaseError:
            return {}  # a file that cannot be read is as good as none; the next push makes it anew
        return found

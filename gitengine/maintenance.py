"""Keep a repository quick: fewer packs with bitmaps, a commit-graph, packed refs, nothing left over.

One maintainer at a time for each repository: the caller sees to that. Nothing here removes an
object that a reader or a push could still need.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from gitengine import processes, quarantine
from gitengine.repository import GitRepository

TIMEOUT = 4 * 3600.0
MOST_LOOSE_REFS = 50
FORGOTTEN_AFTER = 6 * 3600.0

_LOCK_FILE = "maintenance.lock"
_STALE = (
    "pack/multi-pack-index.lock",
    "pack/.tmp-*-pack-*",
    "pack/tmp_*",
    "info/commit-graph.lock",
    "info/commit-graphs/*.lock",
    "info/commit-graphs/tmp_*",
)


def tidy(git: GitRepository) -> bool:
    """Do what is due after pushes; False when somebody else is at it already."""
    with _only_one(git) as lock:
        if lock is None:
            return False
        _remove_stale_locks(git)
        quarantine.sweep(git, older_than=FORGOTTEN_AFTER)
        if _has_objects(git):
            _repack(git, lock)
            _write_commit_graph(git, lock)
        if _count_loose_refs(git) > MOST_LOOSE_REFS:
            _pack_refs(git)
        return True


def _repack(git: GitRepository, lock: int) -> None:
    """Join small packs so that each is at least twice the next (git-repack(1), --geometric)."""
    args = ["repack", "-d", "-l", "-q", "--geometric=2", "--write-midx", "--write-bitmap-index"]
    processes.run(args, git_dir=git.path, timeout=TIMEOUT, pass_fds=[lock])


def _write_commit_graph(git: GitRepository, lock: int) -> None:
    args = ["commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress"]
    processes.run(args, git_dir=git.path, timeout=TIMEOUT, pass_fds=[lock])


def _pack_refs(git: GitRepository) -> None:
    with git.exclusive() as held:
        assert held.lock_fd is not None
        processes.run(["pack-refs", "--all", "--prune"], git_dir=git.path, pass_fds=[held.lock_fd])


def _has_objects(git: GitRepository) -> bool:
    return any(git.objects.glob("pack/*.pack")) or any(git.objects.glob("[0-9a-f][0-9a-f]/*"))


def _count_loose_refs(git: GitRepository) -> int:
    return sum(len(files) for _, _, files in os.walk(git.path / "refs"))


def _remove_stale_locks(git: GitRepository) -> None:
    """Remove what a killed maintainer left: the children inherit our lock, so none of them is alive."""
    for pattern in _STALE:
        for file in git.objects.glob(pattern):
            file.unlink(missing_ok=True)


@contextmanager
def _only_one(git: GitRepository) -> Iterator[int | None]:
    """Give the descriptor of the maintainer's lock, None when somebody else holds it."""
    descriptor = os.open(git.path / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield descriptor
    finally:
        os.close(descriptor)

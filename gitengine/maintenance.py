"""Keep a repository quick: fewer packs with bitmaps, a commit-graph, packed refs, nothing left over.

One maintainer at a time for each repository: the caller sees to that. Nothing here removes an
object that a reader or a push could still need.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gitengine import pools, processes, quarantine
from gitengine.repository import GitRepository, replace_file
from gitengine.types import ObjectId

TIMEOUT = 4 * 3600.0
MOST_LOOSE_REFS = 50
FORGOTTEN_AFTER = 6 * 3600.0

# Without -l, so that what is borrowed comes along (git-repack(1)).
_ALL_INTO_ONE = ["repack", "-a", "-d", "-q"]
_LOCK_FILE = "maintenance.lock"
_STALE = (
    "pack/multi-pack-index.lock",
    "pack/.tmp-*-pack-*",
    "pack/tmp_*",
    "info/commit-graph.lock",
    "info/commit-graphs/*.lock",
    "info/commit-graphs/tmp_*",
)


def tidy(git: GitRepository, pool: GitRepository | None = None) -> bool:
    """Run the maintenance that is due after pushes; False if another process is running it.

    A member of a fork network moves its objects into the network's `pool`, and packs nothing itself.
    """
    with _only_one(git) as lock:
        if lock is None:
            return False
        _remove_stale_locks(git)
        quarantine.sweep(git, older_than=FORGOTTEN_AFTER)
        if pool is not None:
            pools.give(git, pool)
        elif not git.is_borrowing:
            if _has_objects(git):
                _repack(git, lock)
                _write_commit_graph(git, lock)
        elif pools.borrowing_since(git) < time.time() - FORGOTTEN_AFTER:
            # Nobody forks for that long: the server was killed when the first fork was made.
            processes.run(_ALL_INTO_ONE, git_dir=git.path, timeout=TIMEOUT, pass_fds=[lock])
            pools.leave(git)
        if _count_loose_refs(git) > MOST_LOOSE_REFS:
            _pack_refs(git)
        return True


def tidy_pool(pool: GitRepository, tips: Iterable[ObjectId]) -> bool:
    """Repack a pool and keep every object; False if another process is running it.

    `tips` are where the members' refs stand: they decide what is quick to clone, not what stays.
    """
    with _only_one(pool) as lock:
        if lock is None:
            return False
        _remove_stale_locks(pool)
        if _has_objects(pool):
            args = ["repack", "-d", "-l", "-q", "--geometric=2", "--no-write-bitmap-index"]
            processes.run(args, git_dir=pool.path, timeout=TIMEOUT, pass_fds=[lock])
            commits = _commits_among(pool, tips)
            _write_pool_graph(pool, commits, lock)
            _write_pool_bitmap(pool, commits, lock)
        return True


def _commits_among(pool: GitRepository, tips: Iterable[ObjectId]) -> bytes:
    """Give those tips that are commits and have come into the pool, one a line."""
    answer = processes.run(
        ["cat-file", "--batch-check=%(objectname) %(objecttype)"],
        git_dir=pool.path,
        stdin="".join(f"{tip}\n" for tip in sorted(set(tips))).encode(),
        timeout=TIMEOUT,
    )
    lines = (line.split(b" ") for line in answer.splitlines())
    return b"".join(one + b"\n" for one, kind in lines if kind == b"commit")


def _write_pool_graph(pool: GitRepository, commits: bytes, lock: int) -> None:
    args = ["commit-graph", "write", "--stdin-commits", "--changed-paths", "--split"]
    if commits:
        processes.run(
            [*args, "--no-progress"],
            git_dir=pool.path,
            stdin=commits,
            timeout=TIMEOUT,
            pass_fds=[lock],
        )


def _write_pool_bitmap(pool: GitRepository, commits: bytes, lock: int) -> None:
    """Write one index of all packs, and a bitmap for the tips (git-multi-pack-index(1))."""
    packs = sorted(pool.objects.glob("pack/pack-*.pack"), key=lambda pack: pack.stat().st_size)
    args = ["multi-pack-index", "write", "--no-progress"]
    if commits and packs:
        tips = pool.path / "tips"
        replace_file(tips, commits)
        args += ["--bitmap", f"--refs-snapshot={tips}", f"--preferred-pack={packs[-1].name}"]
    processes.run(args, git_dir=pool.path, timeout=TIMEOUT, pass_fds=[lock])


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
    """Return the descriptor of the maintenance lock; None if another process has it."""
    descriptor = os.open(git.path / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield descriptor
    finally:
        os.close(descriptor)

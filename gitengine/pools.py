"""Object pools: what all forks of a repository share, each borrowing through `objects/info/alternates`.

A pool is a bare repository without refs, so nothing of it is ever told to a client. Objects come in
as hard links and never go out: no member knows what the others still need. Every step may be cut
off, for an object leaves a member only after it stands in the pool. Which objects a member may
hand out is not settled here but by its own refs (`reachability`, `quarantine`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from gitengine import packed_refs
from gitengine.errors import GitError
from gitengine.repository import GitRepository, replace_file
from gitengine.types import Ref

MOST_LISTINGS = 20

# The index comes last: with it a pack begins to exist. It goes first for the same reason.
_PARTS = (".pack", ".rev", ".idx")
_LOOSE_FOLDERS = "[0-9a-f][0-9a-f]"


def borrow(git: GitRepository, pool: GitRepository) -> None:
    """Let the repository find the pool's objects as if they were its own."""
    path = _alternates(git)
    path.parent.mkdir(exist_ok=True)
    replace_file(path, git.alternates_line(pool.objects))


def borrowing_since(git: GitRepository) -> float:
    """When a repository that borrows began to, in seconds since the epoch."""
    return _alternates(git).stat().st_mtime


def leave(git: GitRepository) -> None:
    """Detach the repository from its pool; it must have all its objects."""
    _alternates(git).unlink(missing_ok=True)


def _alternates(git: GitRepository) -> Path:
    return git.objects / "info" / "alternates"


def fork(
    path: Path, pool: GitRepository, origin_refs: Iterable[Ref], default_branch: str
) -> GitRepository:
    """Make a repository of refs alone, whose objects are all in the pool."""
    return GitRepository.create(
        path, default_branch, borrowing=pool.objects, packed_refs=packed_refs.as_text(origin_refs)
    )


def lend(git: GitRepository, pool: GitRepository) -> list[Path]:
    """Hard-link all current objects into the pool; returns the files that are in both.

    Nobody is kept out meanwhile. A maintainer of the repository may join packs while they are
    linked, so they are listed until a listing brings nothing new; loose objects come first, since
    packing makes packs of them and never the other way round.
    """
    both = _lend_loose(git, pool)
    both += _lend_packs(git, pool)
    _sync(pool.objects)
    return both


def give(git: GitRepository, pool: GitRepository) -> None:
    """Move every object into the pool: linked there and synced, then removed here under the lock.

    Under the lock, because a push brings its pack in under it: half of one is never removed. The
    caller is the repository's only maintainer.
    """
    if not git.is_borrowing:
        raise GitError("only a repository that borrows from a pool may give its objects away")
    both = lend(git, pool)
    with git.exclusive():
        packs = git.objects / "pack"
        for file in packs.glob("multi-pack-index*"):
            file.unlink(missing_ok=True)
        for file in both:
            file.unlink(missing_ok=True)
        # Without its index a pack is none: these, and what a kill left at this place before.
        for file in packs.glob("pack-*"):
            if not file.with_suffix(".idx").exists():
                file.unlink(missing_ok=True)
        # What this says of commits, the pool's own graph says too.
        shutil.rmtree(git.objects / "info" / "commit-graphs", ignore_errors=True)


def _lend_loose(git: GitRepository, pool: GitRepository) -> list[Path]:
    both = []
    for folder in git.objects.glob(_LOOSE_FOLDERS):
        target = pool.objects / folder.name
        target.mkdir(exist_ok=True)
        for file in folder.iterdir():
            if len(file.name) == 38 and _link(file, target / file.name):
                both.append(file)
        _sync(target)
    return both


def _lend_packs(git: GitRepository, pool: GitRepository) -> list[Path]:
    source, target = git.objects / "pack", pool.objects / "pack"
    both: dict[str, Path] = {}
    for _ in range(MOST_LISTINGS):
        listed = {file.name: file for file in source.glob("pack-*.idx")}
        left = sorted(listed.keys() - both.keys())
        if not left:
            _sync(target)
            return list(both.values())
        for name in left:
            if _link_pack(listed[name], target):
                both[name] = listed[name]
    raise GitError("the repository's packs do not stand still; try again in a moment")


def _link_pack(index: Path, target: Path) -> bool:
    """Link a pack part by part; False, and nothing of it left, when it was joined with others meanwhile."""
    made = []
    for suffix in _PARTS:
        part = index.with_suffix(suffix)
        link = target / part.name
        was_there = link.exists()
        if _link(part, link):
            if not was_there:
                made.append(link)
        elif suffix != ".rev":
            for link in made:
                link.unlink(missing_ok=True)
            return False
    return True


def _link(file: Path, link: Path) -> bool:
    """Hard-link a file; False if it is gone."""
    try:
        os.link(file, link)
    except FileExistsError:
        pass  # the same object, or a pack of the same content: both are named by what they hold
    except FileNotFoundError:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

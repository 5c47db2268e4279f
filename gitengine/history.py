"""Commits: read them, list them, count them, and find where histories meet.

The git program walks (it knows the commit-graph and its changed paths), libgit2 reads the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gitengine import objects, processes
from gitengine.errors import GitFailed, NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import Commit, ObjectId

TIMEOUT = 30.0


def commit(git: GitRepository, object_id: ObjectId) -> Commit:
    """Read one commit by its whole id; NoSuchRevision if there is none."""
    return next(commits(git, [object_id]))


def commits(git: GitRepository, ids: Iterable[ObjectId]) -> Iterator[Commit]:
    """Read commits by their whole ids, in the order given."""
    opened = git.libgit2()
    for object_id in ids:
        yield objects.read_commit(opened, object_id)


def log(
    git: GitRepository,
    until: Sequence[ObjectId],
    *,
    since: Sequence[ObjectId] = (),
    path: str = "",
    follow_renames: bool = False,
    merges: bool | None = None,
    skip: int = 0,
    limit: int,
) -> list[Commit]:
    """Give the commits that `until` reaches and `since` does not, newest first.

    `merges` True gives only merges, False none. With a `path` only commits that changed it.
    """
    args = ["log", "--format=%H", f"--skip={skip}", f"--max-count={limit}"]
    if merges is not None:
        args.append("--merges" if merges else "--no-merges")
    if follow_renames and path:
        args.append("--follow")
    args += ["--end-of-options", *until, *(f"^{object_id}" for object_id in since), "--"]
    if path:
        args.append(path)
    output = _git(git, args)
    return list(commits(git, output.decode("ascii").split()))


def count(git: GitRepository, until: Sequence[ObjectId], since: Sequence[ObjectId] = ()) -> int:
    """Count the commits that `until` reaches and `since` does not."""
    excluded = [f"^{object_id}" for object_id in since]
    return int(_git(git, ["rev-list", "--count", "--end-of-options", *until, *excluded, "--"]))


def count_authors(
    git: GitRepository, until: Sequence[ObjectId], since: Sequence[ObjectId] = ()
) -> int:
    """Count the different addresses of authors among those commits."""
    excluded = [f"^{object_id}" for object_id in since]
    args = ["log", "-z", "--format=%ae", "--end-of-options", *until, *excluded, "--"]
    return len(
        set(_fields(processes.stream(args, git_dir=git.path, env=git.environment, timeout=TIMEOUT)))
    )


def ahead_behind(git: GitRepository, tip: ObjectId, base: ObjectId) -> tuple[int, int]:
    """Count what the tip has beyond the base, and the base beyond the tip."""
    if tip == base:
        return 0, 0
    spread = ["rev-list", "--count", "--left-right", "--end-of-options", f"{tip}...{base}", "--"]
    ahead, behind = _git(git, spread).split()
    return int(ahead), int(behind)


def merge_base(git: GitRepository, one: ObjectId, other: ObjectId) -> ObjectId | None:
    """Find the best common ancestor of two commits; of several one, None if they share nothing."""
    args = ["merge-base", "--end-of-options", one, other]
    found = _git(git, args, ok_statuses=(0, 1)).decode("ascii").strip()
    return found or None


def last_changes(
    git: GitRepository, tip: ObjectId, folder: str, names: Sequence[str], *, within: int = 20_000
) -> dict[str, Commit]:
    """Find, for each of these entries of a folder, the commit that last changed it.

    Walks back until all are found, at most `within` commits; what is older is left out.
    """
    left = set(names)
    found: dict[str, ObjectId] = {}
    start = f"{folder}/" if folder else ""
    args = ["log", "-z", "--format=%x01%H", "--name-only", "--no-renames", f"--max-count={within}"]
    args += ["--end-of-options", tip, "--", *([folder] if folder else [])]
    output = processes.stream(args, git_dir=git.path, env=git.environment, timeout=TIMEOUT)
    current = ""
    for text in _fields(output):
        if text.startswith("\x01"):
            current = text[1:41]
            continue
        name = text.lstrip("\n").removeprefix(start).split("/", 1)[0]
        if name in left:
            left.discard(name)
            found[name] = current
            if not left:
                break
    output.close()
    read = {one.id: one for one in commits(git, set(found.values()))}
    return {name: read[object_id] for name, object_id in found.items()}


def commit_times(git: GitRepository, ids: Iterable[ObjectId]) -> dict[ObjectId, int]:
    """Give when each of these commits was made; 0 for what is no commit."""
    opened = git.libgit2()
    times = {}
    for object_id in ids:
        try:
            times[object_id] = max(1, objects.read_commit(opened, object_id).committer_time)
        except NoSuchRevision:
            times[object_id] = 0
    return times


def _fields(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0")
        for text in whole:
            yield text.decode("utf-8", "surrogateescape")
    if rest:
        yield rest.decode("utf-8", "surrogateescape")


def _git(git: GitRepository, args: list[str], *, ok_statuses: Sequence[int] = (0,)) -> bytes:
    try:
        return processes.run(
            args,
            git_dir=git.path,
            env=git.environment,
            timeout=TIMEOUT,
            ok_statuses=ok_statuses,
        )
    except GitFailed as error:
        if "bad object" in error.stderr or "bad revision" in error.stderr:
            raise NoSuchRevision(error.stderr.rsplit(" ", 1)[-1].strip("'")) from None
        raise

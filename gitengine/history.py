"""Commits: read them, list them, count them, and find where histories meet.

The git program walks (it knows the commit-graph and its changed paths), libgit2 reads the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitengine import objects, processes
from gitengine.errors import GitFailed, InvalidName, NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import Annotation, Commit, ObjectId

TIMEOUT = 30.0
# How git says, each command in its own words, that an id leads to nothing.
_NOT_THERE = ("bad object", "bad revision", "Not a valid commit name")


def commit(git: GitRepository, object_id: ObjectId) -> Commit:
    """Read one commit by its whole id; NoSuchRevision if there is none."""
    return next(commits(git, [object_id]))


def commits(git: GitRepository, ids: Iterable[ObjectId]) -> Iterator[Commit]:
    """Read commits by their whole ids, in the order given."""
    opened = git.libgit2()
    for object_id in ids:
        yield objects.read_commit(opened, object_id)


@dataclass(frozen=True, slots=True)
class CommitSelection:
    """Which commits of a history are wanted.

    `merges` True gives only merges, False none; `author` is a part of a name or address, in any case;
    `after` and `before` are seconds since 1970, by the committer's clock. With a `path` only commits
    that changed it, under its former names too with `follow_renames`.
    """

    path: str = ""
    follow_renames: bool = False
    merges: bool | None = None
    author: str = ""
    after: int | None = None
    before: int | None = None

    def options(self) -> list[str]:
        """Return the arguments for git, before the revisions."""
        options = []
        if self.merges is not None:
            options.append("--merges" if self.merges else "--no-merges")
        if self.author:
            if "\0" in self.author or "\n" in self.author:
                raise InvalidName("An author's name must not contain a line break or NUL.")
            options += ["--fixed-strings", "--regexp-ignore-case", f"--author={self.author}"]
        if self.after is not None:
            options.append(f"--since=@{self.after}")
        if self.before is not None:
            options.append(f"--until=@{self.before}")
        if self.follow_renames and self.path:
            options.append("--follow")
        return options


EVERYTHING = CommitSelection()


def log(
    git: GitRepository,
    until: Sequence[ObjectId],
    *,
    since: Sequence[ObjectId] = (),
    narrowed: CommitSelection = EVERYTHING,
    skip: int = 0,
    limit: int,
) -> list[Commit]:
    """Give the commits that `until` reaches and `since` does not, newest first; TookTooLong."""
    # git follows a name by looking at each commit, and does not look at those that it skips.
    passed = skip if narrowed.follow_renames else 0
    args = ["log", "--format=%H", f"--skip={skip - passed}", f"--max-count={limit + passed}"]
    args += narrowed.options()
    args += ["--end-of-options", *until, *(f"^{object_id}" for object_id in since), "--"]
    if narrowed.path:
        args.append(narrowed.path)
    output = _git(git, args)
    return list(commits(git, output.decode("ascii").split()[passed:]))


def file_history(
    git: GitRepository, until: ObjectId, path: str, *, skip: int = 0, limit: int
) -> list[tuple[Commit, str]]:
    """Give the commits that changed a file, newest first, each with the name it then had.

    Renames are followed as `git log --follow` does, which knows one file and no folder.
    """
    args = ["log", "-z", "--follow", "--name-only", "--format=%x01%H"]
    args += [f"--max-count={skip + limit}", "--end-of-options", until, "--", path]
    found: list[tuple[ObjectId, str]] = []
    for text in fields([_git(git, args)]):
        if text.startswith("\x01"):
            found.append((text[1:41], path))
        elif found and text.strip("\n"):
            found[-1] = (found[-1][0], text.lstrip("\n"))
    # Skipped here: git follows a name by looking at each commit, and not at those that it skips.
    wanted = found[skip:]
    read = commits(git, [object_id for object_id, _ in wanted])
    return [(one, name) for one, (_, name) in zip(read, wanted, strict=True)]


def ids(
    git: GitRepository, until: Sequence[ObjectId], since: Sequence[ObjectId], *, limit: int
) -> list[ObjectId]:
    """Give the ids of the commits that `until` reaches and `since` does not, newest first."""
    excluded = [f"^{object_id}" for object_id in since]
    args = ["rev-list", f"--max-count={limit}", "--end-of-options", *until, *excluded, "--"]
    return _git(git, args).decode("ascii").split()


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
        set(fields(processes.stream(args, git_dir=git.path, env=git.environment, timeout=TIMEOUT)))
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


def is_ancestor(git: GitRepository, old: ObjectId, new: ObjectId) -> bool:
    """Whether `new` has `old` in its history, or is it."""
    if old == new:
        return True
    args = ["merge-base", "--is-ancestor", "--end-of-options", old, new]
    try:
        _git(git, args)
    except GitFailed as error:
        if error.status == 1:
            return False
        raise
    return True


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


def annotations_of(git: GitRepository, ids: Iterable[ObjectId]) -> dict[ObjectId, Annotation]:
    """Read what these tag objects say; what is none is left out."""
    opened = git.libgit2()
    read = {object_id: objects.read_annotation(opened, object_id) for object_id in ids}
    return {object_id: found for object_id, found in read.items() if found is not None}


def fields(chunks: Iterable[bytes]) -> Iterator[str]:
    """Cut what git prints with `-z` into its fields."""
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
        if any(words in error.stderr for words in _NOT_THERE):
            raise NoSuchRevision(error.stderr.rsplit(" ", 1)[-1].strip("'")) from None
        raise

"""What differs: of a commit against its parent, of two revisions, of two branches of two repositories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from accounts.actor import Actor
from core.errors import Invalid
from core.paging import Page, PageRequest, page_from, page_of
from gitengine import diff, history, trees
from gitengine.diff import ALL, USUAL, DiffLimits, DiffSelection
from gitengine.errors import NoSuchPath
from gitengine.repository import GitRepository
from gitengine.types import Change, Commit, DiffStats, FileDiff, ObjectId
from repos import storage
from repos.models import Repository
from repos.selectors import ahead_behind, refs, repositories
from repos.selectors.stable_paging import WHOLE

MOST_COMMITS = 100


@dataclass(frozen=True)
class Comparison:
    """Two commits, the older one None where there is nothing to compare with.

    `other` is the repository in which the newer one was found, where that is another one.
    """

    repository: Repository
    old: ObjectId | None
    new: ObjectId
    other: Repository | None = None


@dataclass(frozen=True)
class CompareEnds:
    """What is compared by a person: a source, which has what is new, and a target; empty means the default."""

    source: str = ""
    target: str = ""
    source_repository: Repository | None = None


@dataclass(frozen=True)
class ComparisonDiff:
    """Changed files with their lines, and of how many more it is only known that they changed."""

    files: list[FileDiff]
    left_out: int

    @property
    def is_truncated(self) -> bool:
        """Whether anything was left out."""
        return self.left_out > 0 or any(file.truncated for file in self.files)


def of_commit(
    actor: Actor,
    repository: Repository,
    revision: str,
    *,
    since: str = "",
    wanted: PageRequest = WHOLE,
) -> Comparison:
    """A commit against another one, else against its first parent; NoSuchCommit."""
    with storage.opened(repository) as git:
        new = refs.resolve_for_page(actor, repository, git, revision, wanted).commit_id
        if since:
            old = refs.resolve_for_page(actor, repository, git, since, wanted).commit_id
            return Comparison(repository, old, new)
        return of_ids(repository, history.commit(git, new))


def of_ids(repository: Repository, shown: Commit) -> Comparison:
    """A commit that is known already against its first parent."""
    return Comparison(repository, shown.parents[0] if shown.parents else None, shown.id)


def between(
    actor: Actor, repository: Repository, ends: CompareEnds, *, wanted: PageRequest = WHOLE
) -> Comparison:
    """What the source has brought since it left the target; NoSuchCommit."""
    old, new = _tips(actor, repository, ends, wanted)
    return effective(actor, Comparison(repository, old, new, ends.source_repository))


def effective(actor: Actor, compared: Comparison) -> Comparison:
    """The same from where the two commits parted, so that only what the newer one brought is seen.

    As it is where they share nothing. For commits that the caller found by what their repositories show.
    """
    if compared.old is None:
        return compared
    with _opened(compared) as git:
        base = history.merge_base(git, compared.old, compared.new)
    return replace(compared, old=base or compared.old)


def repository_named(actor: Actor, text: str) -> Repository:
    """The repository that a query names by its number or as `KEY/slug`."""
    key, slash, slug = text.partition("/")
    if slash and key and slug and "/" not in slug:
        return repositories.get_current(actor, key, slug)
    if text.isascii() and text.isdigit() and len(text) < 20:
        return repositories.get_by_id(actor, int(text))
    raise Invalid("Name the repository by its id or as KEY/slug.", context="fromRepo")


def commits(
    actor: Actor, repository: Repository, ends: CompareEnds, wanted: PageRequest
) -> Page[Commit]:
    """The commits that the source has and the target has not, newest first."""
    old, new = _tips(actor, repository, ends, wanted)
    with _opened(Comparison(repository, old, new, ends.source_repository)) as git:
        found = history.log(git, [new], since=[old], skip=wanted.start, limit=wanted.limit + 1)
    return page_from(found, wanted)


def apart(actor: Actor, repository: Repository, ends: CompareEnds) -> tuple[int, int]:
    """How many commits the source has that the target has not, and the other way round."""
    old, new = _tips(actor, repository, ends, WHOLE)
    with _opened(Comparison(repository, old, new, ends.source_repository)) as git:
        return ahead_behind.between(git, [new], old)[new]


def merge_base(actor: Actor, repository: Repository, one: str, other: str) -> Commit | None:
    """The best common ancestor of two revisions; None if they share nothing."""
    with storage.opened(repository) as git:
        left, right = refs.resolve(git, one).commit_id, refs.resolve(git, other).commit_id
        found = history.merge_base(git, left, right)
        return history.commit(git, found) if found else None


def source_path(actor: Actor, compared: Comparison, path: str) -> str:
    """The path that a file had before, if it was moved or copied; else nothing."""
    with _opened(compared) as git:
        return diff.source_of(git, compared.old, compared.new, path)


def changes(
    actor: Actor, compared: Comparison, wanted: PageRequest, selected: DiffSelection = ALL
) -> Page[Change]:
    """The paths that differ."""
    with _opened(compared) as git:
        _check(git, compared, selected)
        return page_of(diff.changes(git, compared.old, compared.new, selected), wanted)


def all_changes(actor: Actor, compared: Comparison) -> list[Change]:
    """All paths that differ, for a page that shows them in one list."""
    with _opened(compared) as git:
        return list(diff.changes(git, compared.old, compared.new))


def file_diffs(
    actor: Actor,
    compared: Comparison,
    selected: DiffSelection = ALL,
    *,
    limits: DiffLimits = USUAL,
    text: str = "",
) -> ComparisonDiff:
    """The files that differ, line by line, within limits; with `text` those that speak of it."""
    with _opened(compared) as git:
        _check(git, compared, selected)
        found = diff.file_diffs(git, compared.old, compared.new, selected, limits=limits)
        files = [one for one in found if not text or _speaks_of(one, text.lower())]
        return ComparisonDiff(files, found.left_out)


def stats(actor: Actor, compared: Comparison, selected: DiffSelection = ALL) -> DiffStats:
    """How many files differ, and how many lines came and went."""
    with _opened(compared) as git:
        _check(git, compared, selected)
        return diff.stats(git, compared.old, compared.new, selected)


def raw(actor: Actor, compared: Comparison, selected: DiffSelection = ALL) -> Iterator[bytes]:
    """The whole difference as git writes it, streamed."""
    with _opened(compared) as git:
        _check(git, compared, selected)
        return diff.raw(git, compared.old, compared.new, selected)


def mailbox(
    actor: Actor,
    repository: Repository,
    until: str,
    *,
    since: str = "",
    ancestors: bool = False,
) -> Iterator[bytes]:
    """Commits as mails for `git am`, streamed: one, those since another, or all that led to it."""
    with storage.opened(repository) as git:
        start = refs.resolve(git, since).commit_id if since and not ancestors else None
        last = refs.resolve(git, until).commit_id
        return diff.mailbox(git, last, since=start, ancestors=ancestors)


@contextmanager
def _opened(compared: Comparison) -> Iterator[GitRepository]:
    """Open the repository so that it finds both commits."""
    with storage.opened(compared.repository) as git:
        other = compared.other
        yield git if other is None else git.reading(storage.git_of(other))


def _tips(
    actor: Actor, repository: Repository, ends: CompareEnds, wanted: PageRequest
) -> tuple[ObjectId, ObjectId]:
    """Find the target's and the source's commit, each in its own repository, by what that one shows."""
    there = ends.source_repository or repository
    with storage.opened(repository) as git:
        target = refs.resolve_for_page(actor, repository, git, ends.target, wanted).commit_id
    with storage.opened(there) as git:
        source = refs.resolve_for_page(actor, there, git, ends.source, wanted).commit_id
    return target, source


def _check(git: GitRepository, compared: Comparison, selected: DiffSelection) -> None:
    """Raise for invalid paths and for a path that is on neither side."""
    for path in selected.paths:
        trees.check_path(path, compared.new)
    if selected.path and not any(
        _stands(git, commit_id, selected.path) for commit_id in (compared.new, compared.old)
    ):
        raise NoSuchPath(selected.path, compared.new)


def _stands(git: GitRepository, commit_id: ObjectId | None, path: str) -> bool:
    try:
        return commit_id is not None and bool(trees.entry(git, commit_id, path))
    except NoSuchPath:
        return False


def _speaks_of(file: FileDiff, text: str) -> bool:
    return text in file.change.path.lower() or any(
        text in line.text.lower() for hunk in file.hunks for line in hunk.lines
    )

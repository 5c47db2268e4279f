"""How a repository came to be what it is: commits, who wrote each line, what last changed each entry."""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.actor import Actor
from core.errors import Invalid
from core.paging import Page, PageRequest, page_from
from gitengine import blame as engine
from gitengine import encodings, history, trees
from gitengine import last_changes as index
from gitengine.blame import BlameRange
from gitengine.errors import NoSuchRevision
from gitengine.history import CommitSelection
from gitengine.repository import GitRepository
from gitengine.types import Commit, EntryKind, ObjectId
from infrastructure.result_cache import cached
from repos import storage
from repos.errors import NotADirectory
from repos.models import Repository
from repos.selectors import contents, refs
from repos.selectors.contents import FileLocation

MOST_COMMITS = 100
MOST_BLAMED_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class CommitFilter:
    """Which commits are listed: those that `since` does not reach, and that are not narrowed away."""

    since: str = ""
    ignore_missing: bool = False
    narrowed: CommitSelection = field(default_factory=CommitSelection)


@dataclass(frozen=True)
class BlameResult:
    """A run of lines with the commit that brought it."""

    run: BlameRange
    commit: Commit


@dataclass(frozen=True)
class LastChanges:
    """What last changed a folder, and each of its entries, by name."""

    entries: dict[str, Commit]
    folder: Commit | None


def commits(
    actor: Actor,
    repository: Repository,
    wanted: PageRequest,
    *,
    until: str = "",
    chosen: CommitFilter = CommitFilter(),
) -> Page[Commit]:
    """The history of a revision, newest first; NoSuchCommit, NoDefaultBranch."""
    _check(chosen.narrowed, until)
    with storage.opened(repository) as git:

        def commit_or_none(at: str) -> ObjectId | None:
            try:
                return refs.resolve_for_page(actor, repository, git, at, wanted).commit_id
            except NoSuchRevision:
                if chosen.ignore_missing:
                    return None
                raise

        start = commit_or_none(until)
        if start is None:
            return page_from([], wanted)
        left_out = commit_or_none(chosen.since) if chosen.since else None
        found = history.log(
            git,
            [start],
            since=[left_out] if left_out else [],
            narrowed=chosen.narrowed,
            skip=wanted.start,
            limit=wanted.limit + 1,
        )
    return page_from(found, wanted)


def counts(
    actor: Actor, repository: Repository, *, until: str = "", since: str = ""
) -> tuple[int, int]:
    """How many authors, and how many commits, a history has."""
    with storage.opened(repository) as git:
        start = [refs.resolve(git, until).commit_id]
        left_out = [refs.resolve(git, since).commit_id] if since else []
        return (
            history.count_authors(git, start, left_out),
            history.count(git, start, left_out),
        )


def of_file(
    actor: Actor, repository: Repository, wanted: PageRequest, path: str, *, until: str = ""
) -> Page[tuple[Commit, str]]:
    """The history of a file through its renames: each commit with the name that the file then had."""
    _check(CommitSelection(path=path), until)
    with storage.opened(repository) as git:
        start = refs.resolve_for_page(actor, repository, git, until, wanted).commit_id
        found = history.file_history(git, start, path, skip=wanted.start, limit=wanted.limit + 1)
    return page_from(found, wanted)


def blame(
    actor: Actor,
    repository: Repository,
    where: FileLocation,
    *,
    start: int = 0,
    limit: int | None = None,
) -> list[BlameResult]:
    """Who wrote the lines of a text file from `start` on, counted from 0; none for a binary file."""
    entry, commit_id = where.entry, where.revision.commit_id
    if entry.kind is not EntryKind.FILE:
        raise Invalid(f'The path "{entry.path}" is not a file.', context="path")
    if (entry.size or 0) > MOST_BLAMED_BYTES:
        raise Invalid(f'The file "{entry.path}" is too large to be blamed.', context="blame")
    with storage.opened(repository) as git:
        if encodings.is_binary(trees.head_of_blob(git, entry.id)):
            return []
        runs = cached(
            "blame",
            repository.pk,
            commit_id,
            entry.path,
            start,
            limit,
            make=lambda: engine.blame(git, commit_id, entry.path, first=start + 1, count=limit),
        )
        read = {one.id: one for one in history.commits(git, {run.commit_id for run in runs})}
    return [BlameResult(run, read[run.commit_id]) for run in runs]


def last_changes(actor: Actor, repository: Repository, where: FileLocation) -> LastChanges:
    """The commits that last changed a folder and each of its entries; NotADirectory."""
    if not where.is_directory:
        raise NotADirectory(f'The path "{where.entry.path}" is not a directory.')
    path, commit_id = where.entry.path, where.revision.commit_id
    names = [entry.name for entry in contents.children(actor, repository, where)]

    def look(git: GitRepository) -> LastChanges:
        found = index.find(git, commit_id, path, names)
        latest = history.log(git, [commit_id], narrowed=CommitSelection(path=path), limit=1)
        return LastChanges(found, latest[0] if latest else None)

    with storage.opened(repository) as git:
        return cached("last-changes", repository.pk, commit_id, path, make=lambda: look(git))


def last_change(actor: Actor, repository: Repository, where: FileLocation) -> Commit | None:
    """Return the commit that last changed a path, or None if unknown."""
    path, name = where.parent, where.entry.name
    commit_id = where.revision.commit_id
    with storage.opened(repository) as git:
        found = cached(
            "last-change",
            repository.pk,
            commit_id,
            where.entry.path,
            make=lambda: index.find(git, commit_id, path, [name]),
        )
    return found.get(name)


def _check(narrowed: CommitSelection, until: str) -> None:
    if narrowed.path:
        trees.check_path(narrowed.path, until)
    if any(ord(sign) < 32 for sign in narrowed.author):
        raise Invalid("The author contains control characters.", context="author")

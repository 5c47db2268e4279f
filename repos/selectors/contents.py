"""Commits, folders and files of one repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.actor import Actor
from core.errors import Invalid
from core.paging import Page, PageRequest, page_of
from gitengine import edit, encodings, history, trees
from gitengine.types import Commit, Entry, EntryKind
from repos import storage
from repos.errors import NoSuchPath, NotADirectory
from repos.models import Repository
from repos.selectors import refs
from repos.selectors.ref_types import Revision

LONGEST_LINE = 20_000


@dataclass(frozen=True)
class FileLocation:
    """A file or folder at a path of a revision."""

    revision: Revision
    entry: Entry

    @property
    def is_directory(self) -> bool:
        """Whether it is a folder."""
        return self.entry.kind is EntryKind.DIRECTORY

    @property
    def parent(self) -> str:
        """The path of its folder."""
        return self.entry.path.rpartition("/")[0]


@dataclass(frozen=True)
class TextFile:
    """Some lines of a file; None in `lines` for a binary one."""

    lines: tuple[str, ...] | None
    start: int
    is_last: bool


def commit(actor: Actor, repository: Repository, revision: str) -> Commit:
    """One commit by its id, whole or short, or by the name of a branch or tag; NoSuchCommit."""
    with storage.opened(repository) as git:
        return history.commit(git, refs.resolve(git, revision or "HEAD").commit_id)


def place(actor: Actor, repository: Repository, path: str, at: str = "") -> FileLocation:
    """Return what is at a path; raises NoSuchPath, NoSuchCommit or NoDefaultBranch."""
    with storage.opened(repository) as git:
        revision = refs.resolve(git, at)
        return FileLocation(revision, trees.entry(git, revision.commit_id, path))


def children(actor: Actor, repository: Repository, where: FileLocation) -> list[Entry]:
    """The entries of a folder, folders first; NotADirectory."""
    if not where.is_directory:
        raise NotADirectory(f'The path "{where.entry.path}" is not a directory.')
    with storage.opened(repository) as git:
        return trees.list_directory(git, where.revision.commit_id, where.entry.path)


def files(
    actor: Actor, repository: Repository, path: str, wanted: PageRequest, at: str = ""
) -> Page[str]:
    """The paths of all files below a folder, relative to it; NotADirectory."""
    with storage.opened(repository) as git:
        commit_id = refs.resolve_for_page(actor, repository, git, at, wanted).commit_id
        if trees.entry(git, commit_id, path).kind is not EntryKind.DIRECTORY:
            raise NotADirectory(f'The path "{path}" is not a directory.')
        return page_of(trees.walk_files(git, commit_id, path), wanted)


def text(actor: Actor, repository: Repository, entry: Entry, *, start: int, limit: int) -> TextFile:
    """Lines of a file from `start` on, counted from 0."""
    with storage.opened(repository) as git:
        if encodings.is_binary(trees.head_of_blob(git, entry.id)):
            return TextFile(None, 0, True)
        found = trees.read_lines(git, entry.id, start=start, limit=limit, longest=LONGEST_LINE)
        return TextFile(found.lines, found.start, found.is_last)


def whole_text(
    actor: Actor, repository: Repository, entry: Entry, *, most_bytes: int
) -> str | None:
    """A text file as a whole; None if it is binary or larger than `most_bytes`."""
    if entry.size is None or entry.size > most_bytes:
        return None
    with storage.opened(repository) as git:
        data = trees.read_blob(git, entry.id)
    return None if encodings.is_binary(data) else encodings.decode(data)


def nearest_folder(actor: Actor, repository: Repository, path: str, at: str) -> str:
    """Return the path if it is a folder, else its nearest parent folder; the root is empty."""
    with storage.opened(repository) as git:
        commit_id = refs.resolve(git, at).commit_id
        while path:
            found = edit.entry_at(git, commit_id, path)
            if found is not None and found.kind is EntryKind.DIRECTORY:
                break
            path = path.rpartition("/")[0]
    return path


@dataclass(frozen=True)
class RawFile:
    """A file to be sent: its first bytes tell what it is, `chunks` is all of it."""

    entry: Entry
    start: bytes
    chunks: Iterator[bytes]

    @property
    def is_binary(self) -> bool:
        """Whether it is no text."""
        return encodings.is_binary(self.start)


def raw(actor: Actor, repository: Repository, path: str, at: str = "") -> RawFile:
    """A file byte for byte, streamed; of a symbolic link the text of the link."""
    where = place(actor, repository, path, at)
    if where.entry.kind is not EntryKind.FILE:
        raise Invalid(f'The path "{path}" is not a file.', context="path")
    with storage.opened(repository) as git:
        start = trees.head_of_blob(git, where.entry.id)
        return RawFile(where.entry, start, trees.stream_blob(git, where.entry.id))


def well_known_file(actor: Actor, repository: Repository, name: str, at: str = "") -> RawFile:
    """The README, LICENSE or CONTRIBUTING at the root, with an ending `md` or `txt` or none; NoSuchPath."""
    where = place(actor, repository, "", at)
    files = {
        entry.name.lower(): entry
        for entry in children(actor, repository, where)
        if entry.kind is EntryKind.FILE
    }
    stem = name.lower()
    found = next((files[one] for one in (f"{stem}.md", f"{stem}.txt", stem) if one in files), None)
    if found is None:
        raise NoSuchPath(f'There is no {name} at revision "{where.revision.id}".')
    return raw(actor, repository, found.path, where.revision.commit_id)

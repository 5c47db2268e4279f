"""Folders and files of a commit: find an entry, list a folder, read a file, all paths below a folder."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pygit2
from pygit2.enums import ObjectType

from gitengine import encodings, objects, path_counts, processes
from gitengine.errors import NoSuchPath, NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import SYMLINK_MODE, Entry, EntryKind, ObjectId

TREE_MODE = 0o040000
TIMEOUT = 30.0
STREAM_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class LinePage:
    """Some lines of a text file: `is_last` when the file ends with them."""

    lines: tuple[str, ...]
    start: int
    is_last: bool


def entry(git: GitRepository, commit_id: ObjectId, path: str) -> Entry:
    """Return the entry at a path; the empty path is the root. Raises NoSuchPath."""
    opened = git.libgit2()
    tree = _root(opened, commit_id)
    if not path:
        return Entry("", "", EntryKind.DIRECTORY, TREE_MODE, str(tree.id))
    check_path(path, commit_id)
    try:
        found = tree[path]
    except (KeyError, ValueError):
        raise NoSuchPath(path, commit_id) from None
    return _entry(opened, found, path)


def list_directory(git: GitRepository, commit_id: ObjectId, path: str) -> list[Entry]:
    """Give the entries of a folder: folders first, then the rest, each by name. NoSuchPath."""
    opened = git.libgit2()
    folder = entry(git, commit_id, path)
    if folder.kind is not EntryKind.DIRECTORY:
        raise NoSuchPath(path, commit_id)
    start = f"{path}/" if path else ""
    listed = []
    tree = opened[folder.id]
    assert isinstance(tree, pygit2.Tree)
    for child in tree:
        listed.append(_entry(opened, child, start + _name(child)))
    return sorted(listed, key=lambda one: (one.kind is not EntryKind.DIRECTORY, one.name))


def walk_files(git: GitRepository, commit_id: ObjectId, path: str) -> Iterator[str]:
    """Give the path of every file below a folder, relative to it, as git orders them; read no further than asked."""
    folder = entry(git, commit_id, path)
    if folder.kind is not EntryKind.DIRECTORY:
        raise NoSuchPath(path, commit_id)
    path_counts.require_few(git, folder.id)
    args = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", folder.id]
    return _names(processes.stream(args, git_dir=git.path, timeout=TIMEOUT))


def size(git: GitRepository, blob_id: ObjectId) -> int:
    """Give the size of a blob in bytes, without reading it."""
    return int(git.libgit2().odb.read_header(blob_id)[1])


def read_blob(git: GitRepository, blob_id: ObjectId, *, most_bytes: int | None = None) -> bytes:
    """Read a blob, at most its first `most_bytes`; only for blobs whose size is known to be fair."""
    blob = git.libgit2()[blob_id]
    assert isinstance(blob, pygit2.Blob)
    return bytes(memoryview(blob)[:most_bytes])


def stream_blob(git: GitRepository, blob_id: ObjectId) -> Iterator[bytes]:
    """Give a blob piece by piece, however large; closing the generator ends the child."""
    return processes.stream(
        ["cat-file", "blob", blob_id],
        git_dir=git.path,
        env=processes.LARGE_IN_PIECES,
        timeout=STREAM_TIMEOUT,
    )


def head_of_blob(git: GitRepository, blob_id: ObjectId) -> bytes:
    """Give the first bytes of a blob, enough to tell text from binary."""
    if size(git, blob_id) <= 1024 * 1024:
        return read_blob(git, blob_id, most_bytes=encodings.SNIFFED)
    chunks = stream_blob(git, blob_id)
    try:
        return next(iter(chunks), b"")[: encodings.SNIFFED]
    finally:
        chunks.close()  # type: ignore[attr-defined]


def read_lines(
    git: GitRepository, blob_id: ObjectId, *, start: int, limit: int, longest: int = 20_000
) -> LinePage:
    """Give lines from `start` (counted from 0), read as a stream; what is longer than `longest` is cut."""
    encoding = encodings.of_file(head_of_blob(git, blob_id))
    decoder = codecs.getincrementaldecoder(encoding)(encodings.ERRORS)
    taken: list[str] = []
    more = False
    chunks = stream_blob(git, blob_id)
    # Newlines of two or four bytes are found in the text alone.
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    wanted, skipped = (chunks, start) if is_wide else (_from_line(chunks, start), 0)
    for number, line in enumerate(_lines(_decoded(wanted, decoder), longest)):
        if number < skipped:
            continue
        if len(taken) == limit:
            more = True
            break
        taken.append(line)
    chunks.close()  # type: ignore[attr-defined]
    return LinePage(tuple(taken), start, not more)


def _from_line(chunks: Iterable[bytes], start: int) -> Iterator[bytes]:
    """Give what comes after so many newlines, which are counted without looking at the lines."""
    left = start
    for chunk in chunks:
        if left:
            count = chunk.count(b"\n")
            if count < left:
                left -= count
                continue
            at = 0
            for _ in range(left):
                at = chunk.index(b"\n", at) + 1
            chunk, left = chunk[at:], 0
        yield chunk


def _decoded(chunks: Iterable[bytes], decoder: codecs.IncrementalDecoder) -> Iterator[str]:
    for chunk in chunks:
        yield decoder.decode(chunk)
    yield decoder.decode(b"", True)


def check_path(path: str, revision: str) -> None:
    """Refuse a path that no tree can hold: empty parts, `.` and `..`, NUL."""
    if "\0" in path or len(path) > 8192 or any(p in {"", ".", ".."} for p in path.split("/")):
        raise NoSuchPath(path.replace("\0", "\ufffd")[:200], revision)


def is_symlink(found: Entry) -> bool:
    """Whether the entry is a symbolic link; its content is the text of the link, never what it names."""
    return found.mode == SYMLINK_MODE


def _root(opened: pygit2.Repository, commit_id: ObjectId) -> pygit2.Tree:
    try:
        return objects.tree_of(opened, commit_id)
    except NoSuchRevision:
        raise NoSuchPath("", commit_id) from None


def _entry(opened: pygit2.Repository, found: pygit2.Object, path: str) -> Entry:
    name = _name(found)
    mode = int(found.filemode)
    if found.type == ObjectType.TREE:
        return Entry(name, path, EntryKind.DIRECTORY, mode, str(found.id))
    if found.type == ObjectType.COMMIT:
        return Entry(name, path, EntryKind.SUBMODULE, mode, str(found.id))
    return Entry(name, path, EntryKind.FILE, mode, str(found.id), _size(opened, found))


def _name(found: pygit2.Object) -> str:
    return os.fsdecode(found.raw_name or b"")


def _size(opened: pygit2.Repository, found: pygit2.Object) -> int:
    # From the object's header: a large blob is not read to know its size.
    return int(opened.odb.read_header(found.id)[1])


def _names(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(os.fsdecode, whole)


def _lines(chunks: Iterable[str], longest: int) -> Iterator[str]:
    """Cut a text at its newlines; of a line beyond `longest` characters the rest is passed over."""
    rest = ""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split("\n")
        for line in whole:
            yield line.removesuffix("\r")[:longest]
        if len(rest) > longest:
            rest = rest[: longest + 1]
    if rest:
        yield rest[:longest]

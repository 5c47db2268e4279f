"""A tree as tar or zip, and git-upload-archive(1), by which `git archive --remote` asks for one.

Names are resolved to ids here; git is given ids alone, so no name is ever read as an option.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from gitengine import path_counts, pktlines, processes, reachability, refs
from gitengine.errors import (
    GitError,
    GitFailed,
    InvalidName,
    NoSuchRevision,
    ProtocolError,
)
from gitengine.pktlines import FLUSH_PACKET, ControlPacket, PktLineReader, RequestBody, line
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from gitengine.work_slots import WorkSlots

FORMATS = ("tar", "zip", "tgz", "tar.gz")
TIMEOUT = 3600.0
MOST_REQUEST_BYTES = 1024 * 1024
MOST_ARGUMENTS = 64
WAIT_FOR_A_SLOT = 20.0

# An archive is compressed for one client alone: so many at once, the others wait.
_slots = WorkSlots(2 * (os.cpu_count() or 1), wait=WAIT_FOR_A_SLOT, kind="archive")


@dataclass(frozen=True)
class ArchiveRequest:
    """The requested archive; `tree` can be a commit, whose time its files get."""

    tree: ObjectId
    format: str = "tar"
    prefix: str = ""
    level: int | None = None
    paths: Sequence[str] = ()


def stream(git: GitRepository, wanted: ArchiveRequest) -> Iterator[bytes]:
    """Give the archive piece by piece; it has begun when this returns.

    GitFailed for a path that is not there, Busy when no slot was free in time. Closing the generator ends
    the child.
    """
    if wanted.format not in FORMATS:
        raise ProtocolError("unknown archive format")
    if any("\0" in text for text in (wanted.prefix, *wanted.paths)):
        raise ProtocolError("a NUL character in a name")
    if not wanted.paths:
        path_counts.require_few(git, wanted.tree)
    options = [f"--format={wanted.format}", f"--prefix={wanted.prefix}"]
    if wanted.level is not None:
        options.append(f"-{wanted.level}")
    return _begun(_made(git, ["archive", *options, wanted.tree, "--", *wanted.paths]))


def _made(git: GitRepository, args: list[str]) -> Generator[bytes, None, None]:
    with _slots.one() as slot:
        pieces = processes.stream(
            args, git_dir=git.path, env=processes.LARGE_IN_PIECES, timeout=TIMEOUT
        )
        yield from slot.watch(pieces)


def _begun(pieces: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Make the first piece now, so that what is refused is refused before an answer begins."""
    try:
        first = next(pieces, b"")
    except GitFailed as error:
        if "invalid path" in error.stderr:
            # Such as `.gitmodules` as a symbolic link: old histories may hold it, and git unpacks it nowhere.
            raise InvalidName("A path in this folder may not be in an archive.") from error
        raise

    def rest() -> Generator[bytes, None, None]:
        try:
            yield first
            yield from pieces
        finally:
            pieces.close()

    return rest()


def serve(
    git: GitRepository, body: RequestBody, *, visible: refs.Visible = refs.everything
) -> Iterator[bytes]:
    """Serve git-upload-archive; refusals are sent in the protocol."""
    try:
        wanted = _read(git, PktLineReader(body, most_bytes=MOST_REQUEST_BYTES), visible)
    except (ProtocolError, NoSuchRevision) as error:
        yield line(f"NACK {error}") + FLUSH_PACKET
        return
    yield line("ACK") + FLUSH_PACKET
    try:
        for piece in stream(git, wanted):
            yield from pktlines.sideband(1, piece)
    except GitError:
        yield from pktlines.sideband(3, b"archiving failed: is there such a path?\n")
    yield FLUSH_PACKET


def _read(git: GitRepository, lines: PktLineReader, visible: refs.Visible) -> ArchiveRequest:
    arguments: list[str] = []
    for text in lines.until(ControlPacket.FLUSH):
        keyword, _, value = text.partition(b" ")
        if keyword != b"argument" or len(arguments) >= MOST_ARGUMENTS:
            raise ProtocolError("expected arguments, and not so many")
        arguments.append(os.fsdecode(value))
    chosen = "tar"
    prefix = ""
    level = None
    while arguments and arguments[0].startswith("-"):
        option, _, given = arguments.pop(0).partition("=")
        if option == "--":
            break
        if option == "--format":
            chosen = given
        elif option == "--prefix":
            prefix = given
        elif re.fullmatch(r"-[0-9]", option):
            level = int(option[1:])
        elif option not in {"-v", "--verbose"}:
            raise ProtocolError(f"the option {option} is not served")
    if not arguments:
        raise ProtocolError("name a branch, a tag or a commit")
    name, *paths = arguments
    if paths[:1] == ["--"]:
        paths = paths[1:]
    if chosen not in FORMATS:
        raise ProtocolError("unknown archive format")
    return ArchiveRequest(_judged(git, name, visible), chosen, prefix, level, paths)


def _judged(git: GitRepository, name: str, visible: refs.Visible) -> ObjectId:
    found, ref_name = refs.resolve(git, name, visible)
    if ref_name is None and reachability.unreachable(git, [found], visible):
        raise NoSuchRevision(name)
    return found

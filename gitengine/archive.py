"""A tree as tar or zip, and git-upload-archive(1), by which `git archive --remote` asks for one.

Names are resolved to ids here; git is given ids alone, so no name is ever read as an option.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitengine import pktlines, processes, reachability, refs
from gitengine.errors import GitError, NoSuchRevision, ProtocolError
from gitengine.pktlines import FLUSH_PACKET, Body, Lines, Mark, line
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

FORMATS = ("tar", "zip", "tgz", "tar.gz")
TIMEOUT = 3600.0
MOST_REQUEST_BYTES = 1024 * 1024
MOST_ARGUMENTS = 64


@dataclass(frozen=True)
class Wanted:
    """What an archive is to hold, and how."""

    tree: ObjectId
    format: str = "tar"
    prefix: str = ""
    level: int | None = None
    paths: Sequence[str] = ()


def stream(git: GitRepository, wanted: Wanted) -> Iterator[bytes]:
    """Give the archive piece by piece; GitFailed for a path that is not there."""
    if wanted.format not in FORMATS:
        raise ProtocolError("unknown archive format")
    if any("\0" in text for text in (wanted.prefix, *wanted.paths)):
        raise ProtocolError("a NUL character in a name")
    options = [f"--format={wanted.format}", f"--prefix={wanted.prefix}"]
    if wanted.level is not None:
        options.append(f"-{wanted.level}")
    return processes.stream(
        ["archive", *options, wanted.tree, "--", *wanted.paths],
        git_dir=git.path,
        timeout=TIMEOUT,
    )


def serve(
    git: GitRepository, body: Body, *, visible: refs.Visible = refs.everything
) -> Iterator[bytes]:
    """Answer git-upload-archive; what is refused is told in the protocol."""
    try:
        wanted = _read(git, Lines(body, most_bytes=MOST_REQUEST_BYTES), visible)
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


def _read(git: GitRepository, lines: Lines, visible: refs.Visible) -> Wanted:
    arguments: list[str] = []
    for text in lines.until(Mark.FLUSH):
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
    return Wanted(_judged(git, name, visible), chosen, prefix, level, paths)


def _judged(git: GitRepository, name: str, visible: refs.Visible) -> ObjectId:
    found, ref_name = refs.resolve(git, name, visible)
    if ref_name is None and reachability.unreachable(git, [found], visible):
        raise NoSuchRevision(name)
    return found

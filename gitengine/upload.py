"""Serve clones and fetches: protocol v0, v1 and v2, by dulwich's framing and git's own packs.

Refs are told and wants are judged here, by what the caller may see (`visible`); the pack itself is
made by a `git upload-pack --stateless-rpc` that is given the very same request.
Sources: gitprotocol-http(5), gitprotocol-pack(5), gitprotocol-v2(5).
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from gitengine import pktlines, processes, reachability, refs
from gitengine.errors import Busy, GitFailed, NotServed, ProtocolError
from gitengine.pack_cache import PackCache
from gitengine.pktlines import (
    FLUSH_PACKET,
    ControlPacket,
    PktLineReader,
    RequestBody,
    SocketBody,
    line,
)
from gitengine.repository import GitRepository
from gitengine.types import ObjectId, Ref
from gitengine.work_slots import WorkSlots

AGENT = "agent=bitbucket"
MOST_REQUEST_BYTES = 16 * 1024 * 1024
MOST_REQUEST_LINES = 120_000
MOST_FILTER_LAYERS = 8
MOST_WANTS = 100_000
MOST_ADVERTISED_BYTES = 1024**3
TIMEOUT = 4 * 3600.0
WAIT_FOR_A_SLOT = 30.0

_CAPABILITIES = (
    "multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not "
    "deepen-relative no-progress include-tag multi_ack_detailed no-done allow-tip-sha1-in-want "
    f"allow-reachable-sha1-in-want filter object-format=sha1 {AGENT}"
)
_V2_CAPABILITIES = (
    "version 2",
    AGENT,
    "ls-refs=unborn",
    "fetch=shallow wait-for-done filter",
    "server-option",
    "object-format=sha1",
)

_PER_CLIENT = (b"agent=", b"session-id=")

# Making a pack is the heaviest thing that a server does: so many at once, the others wait.
_slots = WorkSlots(2 * (os.cpu_count() or 1), wait=WAIT_FOR_A_SLOT, kind="pack")


# How the sentences begin by which git-upload-pack refuses a request.
_REASONS = (
    "no commits selected for shallow requests",
    "invalid filter-spec",
    "filter '",
    "expected",
    "ambiguous deepen-not",
    "deepen",
    "Invalid deepen",
    "invalid shallow",
    "git upload-pack: ",
    "unknown object format",
)

# Called with prefixes of refs before they are listed: an empty one means all.
Prepare = Callable[[Sequence[str]], None]


@dataclass
class UploadPackRequest:
    """What a fetch asks for, as far as we judge it; git itself reads the whole."""

    wants: list[ObjectId] = field(default_factory=list)
    deepen_not: list[str] = field(default_factory=list)
    # Every line, without what differs from client to client.
    asked: list[bytes] = field(default_factory=list)
    has_objects: bool = False
    is_done: bool = False

    @property
    def is_whole_clone(self) -> bool:
        """Whether the answer depends on nothing that the client has."""
        return self.is_done and not self.has_objects


def as_they_are(prefixes: Sequence[str]) -> None:
    """Prepare nothing: the `prepare` of callers who list refs as they are."""


def advertise(
    git: GitRepository,
    *,
    version: int = 0,
    visible: refs.Visible = refs.everything,
    prepare: Prepare = as_they_are,
) -> Iterator[bytes]:
    """Tell which refs there are, or for version 2 what may be asked; `prepare` is called before refs are listed."""
    if version == 2:
        yield b"".join(map(line, _V2_CAPABILITIES)) + FLUSH_PACKET
        return
    if version == 1:
        yield line("version 1")
    prepare(("",))
    yield from pktlines.joined(_advertised_refs(git, visible))


def serve(
    git: GitRepository,
    body: RequestBody,
    *,
    version: int = 0,
    visible: refs.Visible = refs.everything,
    cache: PackCache | None = None,
    prepare: Prepare = as_they_are,
) -> Iterator[bytes]:
    """Answer one request of a stateless client; closing the generator ends the work on it.

    ProtocolError for a request that makes no sense, Busy when no slot was free in time to make a pack.
    What the client should read as git's own complaint is answered in the protocol.
    """
    lines = PktLineReader(body, most_bytes=MOST_REQUEST_BYTES, most_lines=MOST_REQUEST_LINES)
    try:
        if version == 2:
            return _serve_v2(git, lines, visible, cache, prepare)
        return _serve_v0(git, lines, version, visible, cache)
    except NotServed as error:
        return iter([line(f"ERR upload-pack: {error}")])


def converse(
    git: GitRepository,
    body: SocketBody,
    *,
    version: int = 0,
    visible: refs.Visible = refs.everything,
    cache: PackCache | None = None,
    prepare: Prepare = as_they_are,
) -> Iterator[bytes]:
    """Hold the whole conversation with a client that stays on the line, the advertisement included.

    Version 2 is a row of requests that know nothing of each other; the older ones are one long talk.
    Raises what `serve` raises.
    """
    yield from advertise(git, version=version, visible=visible, prepare=prepare)
    if version != 2:
        yield from _talk(git, body, version, visible)
        return
    while True:
        lines = PktLineReader(body, most_bytes=MOST_REQUEST_BYTES, most_lines=MOST_REQUEST_LINES)
        command, has_arguments = _read_command(lines)
        if not command:
            return
        yield from _answer(git, lines, command, has_arguments, visible, cache, prepare)


def _talk(
    git: GitRepository, body: SocketBody, version: int, visible: refs.Visible
) -> Iterator[bytes]:
    lines = PktLineReader(body, most_bytes=MOST_REQUEST_BYTES, most_lines=MOST_REQUEST_LINES)
    request = _read_wants(lines)
    if not request.wants:
        return
    refusal = _refusal(git, request, visible)
    if refusal:
        yield line(refusal)
        return
    with (
        _slots.one() as slot,
        processes.started(
            ["upload-pack", "--strict", str(git.path)],
            git_dir=git.path,
            stdin=itertools.chain([bytes(lines.raw)], pktlines.chunks(body)),
            env=_protocol(version),
            timeout=TIMEOUT,
        ) as child,
    ):
        try:
            # Ours has been told already.
            told = PktLineReader(
                child, most_bytes=MOST_ADVERTISED_BYTES, most_lines=MOST_ADVERTISED_BYTES
            )
            for _ in told.until(ControlPacket.FLUSH):
                told.raw.clear()
            yield from slot.watch(iter(lambda: child.read(processes.CHUNK), b""))
        finally:
            body.end()
        status = child.process.wait()
        if status and (reason := _reason(GitFailed(child.name, status, child.complaint()))):
            # What goes wrong within a pack git tells itself.
            yield line(f"ERR upload-pack: {reason}")


def _serve_v0(
    git: GitRepository,
    lines: PktLineReader,
    version: int,
    visible: refs.Visible,
    cache: PackCache | None,
) -> Iterator[bytes]:
    request = _read_wants(lines)
    if not request.wants:
        return iter(())
    for text in _rest(lines):
        _note(request, text)
        if request.is_done:
            break
    return _make_pack(git, lines, request, version, visible, cache)


def _read_wants(lines: PktLineReader) -> UploadPackRequest:
    request = UploadPackRequest()
    for text in lines.until(ControlPacket.FLUSH):
        # Capabilities follow the first want, behind a space.
        if text.startswith(b"want "):
            want, object_id, *capabilities = text.split(b" ")
            request.asked += [name for name in capabilities if not name.startswith(_PER_CLIENT)]
            text = want + b" " + object_id
        _note(request, text)
    return request


def _serve_v2(
    git: GitRepository,
    lines: PktLineReader,
    visible: refs.Visible,
    cache: PackCache | None,
    prepare: Prepare,
) -> Iterator[bytes]:
    command, has_arguments = _read_command(lines)
    return _answer(git, lines, command, has_arguments, visible, cache, prepare)


def _answer(
    git: GitRepository,
    lines: PktLineReader,
    command: bytes,
    has_arguments: bool,
    visible: refs.Visible,
    cache: PackCache | None,
    prepare: Prepare,
) -> Iterator[bytes]:
    if command == b"ls-refs":
        arguments = list(lines.until(ControlPacket.FLUSH)) if has_arguments else []
        prepare(_prefixes(arguments) or ("",))
        return pktlines.joined(_ls_refs(git, arguments, visible))
    if command != b"fetch":
        raise ProtocolError("unknown command")
    request = UploadPackRequest()
    for text in lines.until(ControlPacket.FLUSH) if has_arguments else ():
        _note(request, text)
    return _make_pack(git, lines, request, 2, visible, cache)


def _read_command(lines: PktLineReader) -> tuple[bytes, bool]:
    command = b""
    while (text := lines.next()) not in (None, ControlPacket.FLUSH, ControlPacket.DELIMITER):
        assert isinstance(text, bytes)
        if text.startswith(b"command="):
            command = text.removeprefix(b"command=")
        elif text.startswith(b"object-format=") and text != b"object-format=sha1":
            raise ProtocolError("only object-format=sha1 is served")
    return command, text is ControlPacket.DELIMITER


def _note(request: UploadPackRequest, text: bytes) -> None:
    keyword, _, value = text.partition(b" ")
    if not text.startswith(_PER_CLIENT):
        request.asked.append(text)
    if keyword in {b"have", b"shallow"}:
        request.has_objects = True
    elif keyword == b"done":
        request.is_done = True
    elif keyword == b"want":
        wanted = value.decode("ascii", "replace")
        if not refs.FULL_ID.fullmatch(wanted):
            raise ProtocolError("a want that is no object id")
        request.wants.append(wanted)
        if len(request.wants) > MOST_WANTS:
            raise NotServed("too many objects are wanted at once")
    elif keyword == b"deepen-not":
        request.deepen_not.append(os.fsdecode(value))
    elif keyword == b"filter" and (sparse := _sparse_in(value)):
        raise NotServed(f"filter '{sparse}' not supported")
    elif keyword == b"deepen" and not re.fullmatch(rb"[0-9]{1,10}", value):
        raise ProtocolError("a depth that is no number")


def _sparse_in(filter_spec: bytes) -> str:
    """Return the kind of sparse filter in a filter specification, also inside `combine:`; empty for none.

    The parts of `combine:` are encoded as in an address (git-rev-list(1), --filter).
    """
    for _ in range(MOST_FILTER_LAYERS):
        found = re.search(rb"sparse:(oid|path)?", filter_spec, re.IGNORECASE)
        if found is not None:
            return found[0].decode()
        decoded = unquote_to_bytes(filter_spec)
        if decoded == filter_spec:
            return ""
        filter_spec = decoded
    return "combine"


def _rest(lines: PktLineReader) -> Iterator[bytes]:
    while (text := lines.next()) is not None:
        if isinstance(text, bytes):
            yield text


def _make_pack(
    git: GitRepository,
    lines: PktLineReader,
    request: UploadPackRequest,
    version: int,
    visible: refs.Visible,
    cache: PackCache | None,
) -> Iterator[bytes]:
    refusal = _refusal(git, request, visible)
    if refusal:
        yield line(refusal)
        return
    pack = _PackWatch(version)
    try:
        if cache is None or not request.is_whole_clone:
            with _slots.one() as slot:
                made = slot.watch(_git_upload_pack(git, lines, version))
                yield from pack.watch(made)
        else:
            key = cache.key(git, [b"version=%d" % version, *request.asked], visible)
            yield from pack.watch(_kept_or_made(git, lines, version, cache, key))
    except Busy as error:
        yield line(f"ERR upload-pack: {error}")
    except GitFailed as error:
        if "unable to" in error.stderr:
            raise
        # Within a pack git tells the client itself; before it, it tells its own log alone.
        reason = _reason(error)
        if reason and not pack.has_begun:
            yield line(f"ERR upload-pack: {reason}")


class _PackWatch:
    """Knows whether the pack of an answer has begun, after which nothing may be put between."""

    def __init__(self, version: int):
        self.has_begun = False
        self._marks = (b"packfile\n",) if version == 2 else (b"NAK\n", b"ACK ")
        self._tail = b""

    def watch(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass pieces on, and look for the mark, which may be cut in two."""
        for chunk in chunks:
            if not self.has_begun:
                text = self._tail + chunk
                self.has_begun = any(mark in text for mark in self._marks)
                self._tail = text[-16:]
            yield chunk


def _reason(error: GitFailed) -> str:
    """What git says of a request that it refuses; nothing of what is about this machine."""
    for text in error.stderr.splitlines():
        words = text.removeprefix("fatal: ").removeprefix("error: ")
        if words.startswith(_REASONS):
            return words[:200]
    return ""


def _refusal(git: GitRepository, request: UploadPackRequest, visible: refs.Visible) -> str:
    """Say in git's words what the client may not have, nothing if all is well."""
    refused = reachability.unreachable(git, request.wants, visible)
    if refused:
        return f"ERR upload-pack: not our ref {min(refused)}"
    if any(not _may_name(git, name, visible) for name in request.deepen_not):
        return "ERR upload-pack: ambiguous deepen-not"
    return ""


def _kept_or_made(
    git: GitRepository, lines: PktLineReader, version: int, cache: PackCache, key: str
) -> Iterator[bytes]:
    kept = cache.read(key)
    if kept is None:
        with _slots.one() as slot:
            # Whoever waited for a slot may find that another has made the same pack meanwhile.
            kept = cache.read(key)
            if kept is None:
                made = cache.keep(key, _git_upload_pack(git, lines, version))
                yield from slot.watch(made)
                return
    yield from kept


def _git_upload_pack(git: GitRepository, lines: PktLineReader, version: int) -> Iterator[bytes]:
    return processes.stream(
        ["upload-pack", "--stateless-rpc", "--strict", str(git.path)],
        git_dir=git.path,
        stdin=bytes(lines.raw),
        env=_protocol(version),
        timeout=TIMEOUT,
    )


def _protocol(version: int) -> dict[str, str]:
    return {"GIT_PROTOCOL": f"version={version}"} if version else {}


def _may_name(git: GitRepository, name: str, visible: refs.Visible) -> bool:
    candidates = (name, refs.BRANCHES + name, refs.TAGS + name)
    return any(visible(candidate) and refs.find(git, candidate) for candidate in candidates)


def _prefixes(arguments: list[bytes]) -> list[str]:
    return [os.fsdecode(text[11:]) for text in arguments if text.startswith(b"ref-prefix ")]


def _ls_refs(git: GitRepository, arguments: list[bytes], visible: refs.Visible) -> Iterator[bytes]:
    prefixes = _prefixes(arguments)
    peel, symrefs = b"peel" in arguments, b"symrefs" in arguments
    head = git.head_branch()
    starts = tuple(prefixes) or ("",)
    listed = refs.list_refs(git, ("refs/",), visible)
    if "HEAD".startswith(starts):
        target = next((ref for ref in listed if ref.name == head), None)
        if target is not None:
            yield line(f"{target.target} HEAD" + (f" symref-target:{head}" if symrefs else ""))
        elif b"unborn" in arguments:
            yield line("unborn HEAD" + (f" symref-target:{head}" if symrefs else ""))
    for ref in listed:
        if ref.name.startswith(starts):
            peeled = f" peeled:{ref.peeled}" if peel and ref.is_annotated else ""
            yield line(f"{ref.target} {ref.name}{peeled}")
    yield FLUSH_PACKET


def _advertised_refs(git: GitRepository, visible: refs.Visible) -> Iterator[bytes]:
    listed = refs.list_refs(git, ("refs/",), visible)
    head = git.head_branch()
    target = next((ref for ref in listed if ref.name == head), None)
    capabilities = _CAPABILITIES + (f" symref=HEAD:{head}" if target else "")
    told = ([Ref("HEAD", target.target, target.target)] if target else []) + listed
    if not told:
        yield line(f"{'0' * 40} capabilities^{{}}\0{capabilities}") + FLUSH_PACKET
        return
    for ref in told:
        yield line(f"{ref.target} {ref.name}" + (f"\0{capabilities}" if ref is told[0] else ""))
        if ref.is_annotated:
            yield line(f"{ref.peeled} {ref.name}^{{}}")
    yield FLUSH_PACKET

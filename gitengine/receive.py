"""Serve one push: commands, quarantine, connectivity, judgement, application, report.

Whether a ref may move is not decided here: `judge` and `apply` are given by the caller, and that is
the whole interface between Git and the business. A refusal is a sentence on a command, never an
exception. Sources: gitprotocol-pack(5), git-receive-pack(1).
"""

from __future__ import annotations

import io
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pygit2.enums import ObjectType

from gitengine import pktlines, refs
from gitengine.errors import DiskFull, GitError, NotServed, ProtocolError
from gitengine.pktlines import FLUSH_PACKET, ControlPacket, PktLineReader, RequestBody, line
from gitengine.quarantine import Quarantine, quarantine
from gitengine.repository import GitRepository
from gitengine.types import ZERO_ID, ObjectId, RefChangeKind, RefCommand
from gitengine.upload import AGENT

logger = logging.getLogger(__name__)

MOST_COMMAND_BYTES = 64 * 1024 * 1024
MOST_PUSH_OPTIONS = 100
# Seconds for finding which of many refs lack objects.
LONGEST_SEARCH = 30.0
MOST_SHALLOW = 10_000

_CAPABILITIES = (
    "report-status delete-refs side-band-64k quiet atomic ofs-delta push-options "
    f"object-format=sha1 {AGENT}"
)

Judge = Callable[[Quarantine, list[RefCommand]], list[RefCommand]]
Apply = Callable[[Quarantine, list[RefCommand], bool], list[RefCommand]]
Tell = Callable[[list[RefCommand]], list[str]]


@dataclass(frozen=True)
class ReceivePackRequest:
    """What the client wants, before any object came."""

    commands: list[RefCommand]
    capabilities: frozenset[str]
    options: tuple[str, ...] = ()
    # Below these commits the client has no history (gitprotocol-pack(5)).
    shallow: tuple[ObjectId, ...] = ()

    @property
    def is_atomic(self) -> bool:
        """Whether all refs move or none."""
        return "atomic" in self.capabilities


def advertise(git: GitRepository, *, visible: refs.Visible = refs.everything) -> Iterator[bytes]:
    """Tell which refs there are, and what may be asked of a push."""
    yield from pktlines.joined(_advertised_refs(git, visible))


def nothing(moved: list[RefCommand]) -> list[str]:
    """Have nothing to say to who pushed."""
    return []


def receive(
    git: GitRepository,
    body: RequestBody,
    *,
    judge: Judge,
    apply: Apply,
    tell: Tell = nothing,
    most_bytes: int,
) -> Iterator[bytes]:
    """Take one push in and give the report; ProtocolError if the request makes no sense.

    `judge` sees the objects in their quarantine and refuses commands; `apply` moves the refs of
    what is left, and tells for each command whether it did. `tell` gives lines for the person who
    pushed, after what moved.
    """
    lines = PktLineReader(body, most_bytes=MOST_COMMAND_BYTES)
    try:
        asked = read_commands(lines)
    except NotServed as error:
        pktlines.drain(body)
        yield from _told_early(bytes(lines.raw), f"{error}")
        return
    if not asked.commands:
        return
    doubled = Counter(command.name for command in asked.commands)
    commands = [_refuse_malformed(command, doubled) for command in asked.commands]
    unpacked = "ok"
    with quarantine(git) as incoming:
        try:
            if any(command.kind is not RefChangeKind.DELETE for command in asked.commands):
                pack = pktlines.pack_of(body)
                incoming.unpack(pack, most_bytes=most_bytes, shallow=asked.shallow)
            commands = _refuse_unconnected(incoming, commands, asked.shallow)
            commands = _refuse_other_kinds(incoming, commands)
            commands = judge(incoming, commands)
            if asked.is_atomic and any(command.refusal for command in commands):
                commands = [
                    c.refused("another ref of this atomic push was refused") for c in commands
                ]
            if not all(command.refusal for command in commands):
                commands = apply(incoming, commands, asked.is_atomic)
        except ProtocolError as error:
            unpacked = str(error)
            commands = [command.refused("the pack was not accepted") for command in commands]
        except DiskFull as error:
            logger.error("a push was refused: the disk is almost full")
            unpacked = str(error)
            commands = [command.refused("the disk of the server is full") for command in commands]
        except GitError as error:
            logger.exception("a push failed")
            commands = [command.refused(str(error)) for command in commands]
        finally:
            # A client that is still sending would not hear the answer.
            pktlines.drain(body)
    moved = [command for command in commands if not command.refusal]
    if moved and "side-band-64k" in asked.capabilities:
        words = "".join(f"{text}\n" for text in tell(moved))
        yield from pktlines.sideband(2, words.encode("utf-8", "replace")) if words else ()
    yield from _report(asked, unpacked, commands)


def _told_early(request: bytes, sentence: str) -> Iterator[bytes]:
    """Tell people why, before anything was read of the pack; on the band for that, if the client knows bands."""
    if b"side-band-64k" in request:
        yield from pktlines.sideband(3, f"{sentence}\n".encode())
        yield FLUSH_PACKET
    else:
        yield line(f"ERR {sentence}")


def read_commands(lines: PktLineReader) -> ReceivePackRequest:
    """Read the commands that a push begins with."""
    commands: list[RefCommand] = []
    shallow: list[ObjectId] = []
    capabilities: frozenset[str] = frozenset()
    for text in lines.until(ControlPacket.FLUSH):
        if text.startswith(b"shallow "):
            shallow.append(_id_of(text.removeprefix(b"shallow ")))
            if len(shallow) > MOST_SHALLOW:
                raise NotServed("the clone is shallow in too many places; deepen it first")
            continue
        if text.startswith(b"push-cert"):
            raise NotServed("push certificates are not taken")
        if not commands:
            text, _, given = text.partition(b"\0")
            capabilities = frozenset(given.decode("utf-8", "replace").split())
        commands.append(_command(text))
    if capabilities & {"object-format=sha256"}:
        raise NotServed("only object-format=sha1 is served")
    options: tuple[str, ...] = ()
    if "push-options" in capabilities:
        for text in lines.until(ControlPacket.FLUSH):
            options = (*options, text.decode("utf-8", "replace")[:1024])
            if len(options) > MOST_PUSH_OPTIONS:
                raise NotServed(f"at most {MOST_PUSH_OPTIONS} push options are taken")
    return ReceivePackRequest(commands, capabilities, options, tuple(shallow))


def _command(text: bytes) -> RefCommand:
    parts = text.split(b" ", 2)
    if len(parts) != 3:
        raise ProtocolError("a command that is none")
    return RefCommand(os.fsdecode(parts[2]), _id_of(parts[0]), _id_of(parts[1]))


def _id_of(text: bytes) -> ObjectId:
    found = text.decode("ascii", "replace")
    if not refs.FULL_ID.fullmatch(found):
        raise ProtocolError("a command with an id that is none")
    return found


def _refuse_malformed(command: RefCommand, doubled: Counter[str]) -> RefCommand:
    if doubled[command.name] > 1:
        return command.refused("multiple updates for this ref in one push")
    if not refs.is_well_formed(command.name):
        return command.refused("funny refname")
    if command.old == ZERO_ID and command.new == ZERO_ID:
        return command.refused("neither an old nor a new id")
    if command.old == command.new:
        return command.refused("the ref stands there already")
    return command


def _refuse_unconnected(
    incoming: Quarantine, commands: list[RefCommand], shallow: Sequence[ObjectId] = ()
) -> list[RefCommand]:
    """Refuse what points at objects that are not all there; one walk, unless something is missing.

    Where all that is missing lies below the commits at which the client's clone is shallow, it is
    told so in git's words.
    """
    new = {c.new for c in commands if not c.refusal and c.kind is not RefChangeKind.DELETE}
    until = time.monotonic() + LONGEST_SEARCH
    broken = _unconnected(incoming, sorted(new), until)
    lacking = (
        _unconnected(incoming, sorted(broken), until, with_shallow=True) if shallow else broken
    )
    judged = []
    for command in commands:
        if command.new in lacking:
            command = command.refused("missing necessary objects")
        elif command.new in broken:
            command = command.refused("shallow update not allowed")
        judged.append(command)
    return judged


def _refuse_other_kinds(incoming: Quarantine, commands: list[RefCommand]) -> list[RefCommand]:
    """Refuse to let a branch lead to what is no commit, such as an annotated tag (git-update-ref(1))."""
    opened = incoming.libgit2()
    judged = []
    for command in commands:
        is_branch = command.name.startswith(refs.BRANCHES)
        if is_branch and not command.refusal and command.kind is not RefChangeKind.DELETE:
            kind, _ = opened.odb.read_header(command.new)
            if kind != ObjectType.COMMIT:
                name = ObjectType(kind).name.lower()
                command = command.refused(f"a branch takes only commits, and this is a {name}")
        judged.append(command)
    return judged


def _unconnected(
    incoming: Quarantine, ids: list[str], until: float, *, with_shallow: bool = False
) -> set[str]:
    """Find, by halving, which ids lack something; those not looked at by then are taken to.

    `until` is a time of the monotonic clock; `with_shallow` misses nothing below shallow commits.
    """
    if not ids:
        return set()
    if time.monotonic() > until:
        return set(ids)
    if incoming.is_connected(ids, with_shallow=with_shallow):
        return set()
    if len(ids) == 1:
        return set(ids)
    middle = len(ids) // 2
    return {
        one
        for half in (ids[:middle], ids[middle:])
        for one in _unconnected(incoming, half, until, with_shallow=with_shallow)
    }


def _report(
    asked: ReceivePackRequest, unpacked: str, commands: list[RefCommand]
) -> Iterator[bytes]:
    if "report-status" not in asked.capabilities:
        return
    report = io.BytesIO()
    report.write(line(f"unpack {_one_line(unpacked)}"))
    for command in commands:
        refusal = f" {_one_line(command.refusal)}" if command.refusal else ""
        report.write(line(f"{'ng' if command.refusal else 'ok'} {command.name}{refusal}"))
    report.write(FLUSH_PACKET)
    if "side-band-64k" in asked.capabilities:
        yield from pktlines.sideband(1, report.getvalue())
        yield FLUSH_PACKET
    else:
        yield report.getvalue()


def _one_line(sentence: str) -> str:
    return " ".join(sentence.split())


def _advertised_refs(git: GitRepository, visible: refs.Visible) -> Iterator[bytes]:
    # What is borrowed completes no pack (`Quarantine.unpack`).
    capabilities = f"{_CAPABILITIES} no-thin" if git.is_borrowing else _CAPABILITIES
    listed = refs.list_refs(git, ("refs/",), visible)
    if not listed:
        yield line(f"{ZERO_ID} capabilities^{{}}\0{capabilities}") + FLUSH_PACKET
        return
    for ref in listed:
        yield line(f"{ref.target} {ref.name}" + (f"\0{capabilities}" if ref is listed[0] else ""))
    yield FLUSH_PACKET

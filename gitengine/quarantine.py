"""Incoming objects stay apart until they are accepted: a folder of their own inside `objects/`.

Git's children see it through `env` (git-receive-pack(1), "Quarantine Environment"); nobody else
does. What is not accepted leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pygit2

from gitengine import budgets, disk_space, pack_limits, pktlines, processes, reachability
from gitengine.budgets import Kind
from gitengine.child_watch import InputPace
from gitengine.errors import GitFailed, InputTooLarge, LimitReached, ProtocolError
from gitengine.pack_limits import PackHeader
from gitengine.pktlines import SocketBody
from gitengine.repository import GitRepository, quoted
from gitengine.types import ObjectId
from gitengine.work_slots import WorkSlots

PREFIX = "incoming-"
UNPACK_TIMEOUT = 4 * 3600.0
WAIT_FOR_A_SLOT = 60.0

# A pack is unpacked by as many threads as there are processors: so many at once, the others wait.
_slots = WorkSlots(4 * (os.cpu_count() or 1), wait=WAIT_FOR_A_SLOT, kind="receive")
CONNECT_TIMEOUT = 1800.0
# Old files that come back, and that the client knew the server has.
MOST_UNSENT = 200_000

# Real old histories carry these, as git's own documentation says of fsck.<msg-id> and other servers
# allow: they are untidy, not dangerous. All else that receive.fsckObjects refuses is refused: commits
# without author, committer or address, trees with `.git` in any spelling, `..`, duplicates, hostile
# .gitmodules.
_TOLERATED = (
    "zeroPaddedFilemode",
    "missingSpaceBeforeDate",
    "badTimezone",
    "zeroPaddedDate",
    "missingTaggerEntry",
    "badFilemode",
    "nulInCommit",
)
_STRICT = "--strict=" + ",".join(f"{name}=ignore" for name in _TOLERATED)

Progress = Callable[[bytes], None]


@dataclass(frozen=True)
class Quarantine:
    """Objects on probation, and the repository that they want to enter."""

    git: GitRepository
    path: Path
    is_accepted: list[bool] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """The environment in which git finds the new objects as well as the old ones."""
        return {
            "GIT_OBJECT_DIRECTORY": str(self.path),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": quoted(self.git.objects),
            "GIT_QUARANTINE_PATH": str(self.path),
        }

    def libgit2(self) -> pygit2.Repository:
        """Open the repository with libgit2 so that it finds what waits here, too."""
        opened = self.git.libgit2()
        opened.odb.add_disk_alternate(str(self.path))
        return opened

    def write(self, kind: str, data: bytes) -> ObjectId:
        """Write a loose object into the quarantine (gitformat-loose(5)); returns its ID, raises DiskFull."""
        disk_space.require(self.path)
        whole = f"{kind} {len(data)}\0".encode() + data
        object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        folder = self.path / object_id[:2]
        folder.mkdir(exist_ok=True)
        file = folder / object_id[2:]
        if not file.exists():
            file.write_bytes(zlib.compress(whole, 1))
        return object_id

    def pack(self, tip: ObjectId) -> None:
        """Pack the objects that `tip` needs and the repository lacks, and remove the loose ones."""
        needed = processes.stream(
            ["rev-list", "--objects", "--stdin", "--not", "--all"],
            git_dir=self.git.path,
            stdin=f"{tip}\n".encode(),
            env=self.env,
            timeout=CONNECT_TIMEOUT,
            kind=Kind.RECEIVING,
        )
        first = next(needed, b"")
        if first:
            processes.run(
                ["pack-objects", "--quiet", str(self.path / "pack" / "pack")],
                git_dir=self.git.path,
                stdin=itertools.chain([first], needed),
                env=self.env,
                timeout=CONNECT_TIMEOUT,
            )
        for folder in self.path.iterdir():
            if len(folder.name) == 2:
                shutil.rmtree(folder)

    def unpack(
        self,
        pack: Iterable[bytes] | SocketBody,
        *,
        most_bytes: int,
        shallow: Sequence[ObjectId] = (),
    ) -> None:
        """Index the pack, completed if it is thin; ProtocolError in words for the client if it is bad.

        `shallow` are the commits below which the client has no history: their parents are not missed
        here, but in `is_connected`, as git-receive-pack(1) does.

        Where objects are borrowed no pack is completed: its author could name an object that only
        another member has as the base of a delta, and read it back.
        """
        disk_space.require(self.path)
        options = [] if self.git.is_borrowing else ["--fix-thin"]
        environment = self.env
        if shallow:
            self._shallow_file.write_text("".join(f"{one}\n" for one in shallow))
            environment = {**environment, "GIT_SHALLOW_FILE": str(self._shallow_file)}
        if isinstance(pack, SocketBody):
            # Git reads the rest of the connection itself, and the caller counts those who do.
            first = pktlines.read_exactly(pack, pack_limits.HEADER_BYTES)
            header = pack_limits.read_header(first)
            options = [*options, f"--pack_header={header.version},{header.objects}"]
            self._index(
                header, pack.descriptor, options, most_bytes, environment, pack.pace_of_rest
            )
            return
        pieces = iter(pack)
        first = _first_bytes(pieces, pack_limits.HEADER_BYTES)
        header = pack_limits.read_header(first)
        with _slots.one() as slot:
            rest = slot.watch_input(itertools.chain([first], pieces))
            self._index(header, rest, options, most_bytes, environment)

    def _index(
        self,
        header: PackHeader,
        pack: Iterable[bytes] | int,
        options: Sequence[str],
        most_bytes: int,
        environment: dict[str, str],
        input_pace: InputPace | None = None,
    ) -> None:
        allocation = {"GIT_ALLOC_LIMIT": str(pack_limits.allocation_limit(header))}
        try:
            with processes.started(
                ["index-pack", "--stdin", *options, _STRICT, f"--max-input-size={most_bytes}"],
                git_dir=self.git.path,
                stdin=pack,
                env=environment | allocation,
                timeout=UNPACK_TIMEOUT,
                seconds_for=budgets.seconds_for_pack,
                input_pace=input_pace,
            ) as child:
                while child.read(processes.CHUNK):
                    pass  # the name of the pack, which nobody needs
                used = child.wait_for_processor_seconds()
                child.finish()
        except GitFailed as error:
            refusal = pack_limits.refusal_of(error.stderr)
            raise refusal or ProtocolError(_why(error)) from error
        except LimitReached as error:
            raise ProtocolError(
                "the pack takes too much time or memory to unpack for its size"
            ) from error
        pack_limits.require_sizes_within_limits(self.git.path, self.path, header, used)

    @property
    def _shallow_file(self) -> Path:
        return self.path / "shallow"

    def is_connected(self, ids: Sequence[ObjectId], *, with_shallow: bool = False) -> bool:
        """Whether everything that these objects need is here or in the repository.

        With `with_shallow` nothing is needed below the shallow commits that came with the pack.

        Where objects are borrowed, what the repository has is what its own refs reach: else a push
        that names an object of another member would open it, without ever sending it.
        """
        listing = [] if self.git.is_borrowing else ["--quiet"]
        environment = self.env
        if with_shallow and self._shallow_file.exists():
            environment = {**environment, "GIT_SHALLOW_FILE": str(self._shallow_file)}
        needed = processes.stream(
            ["rev-list", "--objects", "--no-object-names", *listing, "--stdin", "--not", "--all"],
            git_dir=self.git.path,
            stdin="".join(f"{object_id}\n" for object_id in ids).encode(),
            env=environment,
            timeout=CONNECT_TIMEOUT,
            kind=Kind.RECEIVING,
        )
        try:
            unsent = self._not_sent(needed)
            return not unsent or not reachability.unreachable(self.git, unsent)
        except (GitFailed, InputTooLarge):
            return False

    def _not_sent(self, needed: Iterable[bytes]) -> set[ObjectId]:
        """Keep of listed objects those that are not in the quarantine; InputTooLarge if they are many."""
        sent = pygit2.Odb(str(self.path))
        unsent: set[ObjectId] = set()
        rest = b""
        for chunk in needed:
            *lines, rest = (rest + chunk).split(b"\n")
            unsent.update(one for line in lines if (one := line.decode()) not in sent)
            if len(unsent) > MOST_UNSENT:
                raise InputTooLarge("the push names too many objects that it does not bring")
        return unsent

    def accept(self) -> None:
        """Bring the objects into the repository, for good; each pack's index comes last."""
        if self.is_accepted:
            return
        self.is_accepted.append(True)
        packs = self.path / "pack"
        if packs.is_dir():
            target = self.git.objects / "pack"
            for file in sorted(packs.iterdir(), key=lambda file: file.suffix == ".idx"):
                _sync(file)
                os.rename(file, target / file.name)
            _sync(target)
        for folder in self.path.iterdir():
            if len(folder.name) == 2:
                target = self.git.objects / folder.name
                target.mkdir(exist_ok=True)
                for file in folder.iterdir():
                    _sync(file)
                    os.rename(file, target / file.name)
                _sync(target)
        _sync(self.git.objects)


@contextmanager
def quarantine(git: GitRepository) -> Iterator[Quarantine]:
    """Give a place for incoming objects, gone afterwards with all that was not accepted."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=git.objects))
    (path / "pack").mkdir()
    try:
        yield Quarantine(git, path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sweep(git: GitRepository, *, older_than: float) -> int:
    """Remove what killed servers left behind, untouched for `older_than` seconds; gives how many."""
    swept = 0
    for path in git.objects.glob(f"{PREFIX}*"):
        try:
            newest = max((file.stat().st_mtime for file in [path, *path.rglob("*")]), default=0.0)
        except FileNotFoundError:
            continue  # its push has just ended
        if time.time() - newest > older_than:
            shutil.rmtree(path, ignore_errors=True)
            swept += 1
    return swept


def _why(error: GitFailed) -> str:
    """Cut git's complaint down to a sentence that names no path of the server."""
    lines = [
        line.removeprefix("fatal: ").removeprefix("error: ")
        for line in error.stderr.splitlines()
        if line.startswith(("fatal: ", "error: "))
    ]
    sentence = lines[0] if lines else "the pack could not be read"
    return sentence if "/" not in sentence else "the pack could not be stored"


def _first_bytes(pieces: Iterator[bytes], size: int) -> bytes:
    """Take pieces until there are so many bytes, or no more; gives all that was taken."""
    taken = b""
    while len(taken) < size and (piece := next(pieces, None)) is not None:
        taken += piece
    return taken


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

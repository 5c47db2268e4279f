"""What a client may ask for over SSH: one of git's programs on one repository, or `whoami`; nothing else.

Git's work blocks, so it is done in a thread; here it is tied to the event loop, piece by piece,
never faster than the client takes it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import asyncssh
from django.conf import settings
from django.db import close_old_connections

from accounts.actor import Actor
from core import database_outages, metrics, request_ids
from core.errors import DomainError, Forbidden
from core.transfer_rate import TransferRate
from gitengine.child_watch import InputPace
from gitengine.errors import GitError, ProtocolError
from gitengine.pktlines import SocketBody
from repos.errors import Moved
from repos.models import Repository
from transport import session
from transport.session import Service
from transport.ssh_limits import SshSessionLimits, SshWorkSlot, SshWorkSlots

logger = logging.getLogger(__name__)

LONGEST_COMMAND = 4096
STALLED_AFTER = 180.0
LEFT_OVER_SECONDS = 30.0
WAIT_FOR_A_SLOT = 30.0
PIECES_AHEAD = 16
READ_SIZE = 128 * 1024

_COMMAND = re.compile(
    r"(?:git-|git )(?P<service>upload-pack|receive-pack|upload-archive) "
    r"(?P<quote>'?)/?(?P<key>~?[A-Za-z0-9_.-]{1,255})/(?P<slug>[A-Za-z0-9_.-]{1,255})/?(?P=quote)"
)


@dataclass(frozen=True)
class GitCommand:
    """One of git's programs, on the repository of a path."""

    service: Service
    project_key: str
    slug: str


def _share(most: int) -> int:
    """How many of all one user or address may have, so that others find some free."""
    return max(1, most * 3 // 4)


def parse(text: str) -> GitCommand | None:
    """Read a command by its exact grammar; None for anything else."""
    match = _COMMAND.fullmatch(text) if len(text) <= LONGEST_COMMAND else None
    if match is None:
        return None
    return GitCommand(Service(f"git-{match['service']}"), match["key"], match["slug"])


class Commands:
    """Runs commands; `recognise` returns the current actor of a connection, or raises."""

    def __init__(self) -> None:
        most = settings.SSH_MOST_SESSIONS
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="ssh-git")
        self._sessions = SshSessionLimits(
            most=most,
            of_one=_share(most),
            of_a_connection=settings.SSH_SESSIONS_PER_CONNECTION,
        )
        self._slots = SshWorkSlots(
            most=settings.SSH_THREADS, of_a_user=_share(settings.SSH_THREADS)
        )

    @property
    def running(self) -> int:
        """How many sessions there are."""
        return self._sessions.total

    async def run(
        self,
        process: asyncssh.SSHServerProcess[bytes],
        recognise: Callable[[], Actor],
        user: str,
        address: str,
    ) -> None:
        """Do what the client asks for, and give it the exit status; `user` and `address` have limits of sessions."""
        connection = process.get_extra_info("connection")
        refusal = self._sessions.refusal(connection, user, address)
        try:
            if refusal:
                status, complaint = 1, refusal
            else:
                with self._sessions.counted(connection, user, address):
                    status, complaint = await self._run(process, recognise, user)
            if complaint:
                process.stderr.write(f"{complaint}\n".encode("utf-8", "replace"))
            process.exit(status)
        except (OSError, asyncssh.Error, TimeoutError):
            # The client is gone, or has taken nothing for too long.
            process.channel.abort()

    async def _run(
        self, process: asyncssh.SSHServerProcess[bytes], recognise: Callable[[], Actor], user: str
    ) -> tuple[int, str]:
        if process.subsystem is not None or process.command is None:
            return (
                1,
                "This server offers Git over SSH only. There is no shell and no file transfer.",
            )
        text = process.command.strip()
        command = None if text == "whoami" else parse(text)
        if command is None and text != "whoami":
            return (
                1,
                "Only git-upload-pack, git-receive-pack, git-upload-archive and whoami are served.",
            )
        if command is None:
            return await self._whoami(process, recognise)
        slot = SshWorkSlot(self._slots, user, WAIT_FOR_A_SLOT)
        return await self._git(process, command, recognise, slot)

    async def _whoami(
        self, process: asyncssh.SSHServerProcess[bytes], recognise: Callable[[], Actor]
    ) -> tuple[int, str]:
        loop = asyncio.get_running_loop()
        name, complaint = await loop.run_in_executor(self._pool, _name_of, recognise)
        process.stdout.write(f"{name}\n".encode() if name else b"")
        return (1, complaint) if complaint else (0, "")

    async def _git(
        self,
        process: asyncssh.SSHServerProcess[bytes],
        command: GitCommand,
        recognise: Callable[[], Actor],
        slot: SshWorkSlot,
    ) -> tuple[int, str]:
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        near.setblocking(False)
        outlet = _Outlet(loop, process, slot)
        pipe = _PatientPipe(far, slot, command.service)
        version = session.version_asked(_protocol(process))
        taking = asyncio.create_task(_take_in(loop, process, near, pipe))
        giving = asyncio.create_task(outlet.pump())
        working = loop.run_in_executor(
            self._pool, _work, command, recognise, version, pipe, outlet, slot
        )
        try:
            # The pump ends with the work, or before it when the client is gone.
            both: set[asyncio.Future[Any]] = {giving, working}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                near.close()
            status, complaint = await working
            await giving
            if command.service is Service.RECEIVE_PACK and outlet.has_sent and not pipe.is_late:
                # A client that is still sending would not hear the report. One that was refused at
                # the first word sends nothing, and waits for the end.
                await asyncio.wait({taking}, timeout=LEFT_OVER_SECONDS)
            return status, complaint
        finally:
            outlet.stop()
            for task in (taking, giving):
                task.cancel()
            await asyncio.gather(taking, giving, return_exceptions=True)
            near.close()


class _Gone(Exception):
    """The client is gone."""


class _Outlet:
    """Pieces on their way from a thread to the client: few at a time, so that memory stays small."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        process: asyncssh.SSHServerProcess[bytes],
        slot: SshWorkSlot,
    ):
        self._loop = loop
        self._process = process
        self._slot = slot
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(PIECES_AHEAD)
        self._rate = _transfer_rate()
        self._is_stopped = False
        self.has_sent = False

    def send(self, piece: bytes | None) -> None:
        """Queue a piece, None for the end; called from the thread. Waits for space, raises _Gone."""
        if not self._room.acquire(blocking=False):
            with self._slot.left():
                self._room.acquire()
        if self._is_stopped:
            raise _Gone
        self.has_sent |= piece is not None
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    def end(self) -> None:
        """Queue the end; called from the thread, does not wait."""
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, None)

    async def pump(self) -> None:
        """Write what comes to the client, until the end."""
        try:
            while (piece := await self._pieces.get()) is not None:
                self._process.stdout.write(piece)
                self._rate.begin_waiting()
                await asyncio.wait_for(self._process.stdout.drain(), STALLED_AFTER)
                self._rate.end_waiting(len(piece))
                if self._rate.is_too_slow(time.monotonic()):
                    raise TimeoutError
                self._room.release()
        except TimeoutError:
            metrics.SSH_CUT.labels("slow reader").inc()
            raise
        finally:
            self.stop()

    def stop(self) -> None:
        """Tell the thread that the client is gone."""
        self._is_stopped = True
        self._room.release()


class _PatientPipe(SocketBody):
    """The input of the client; while a session waits for it, others can work, and the wait is limited."""

    def __init__(self, source: socket.socket, slot: SshWorkSlot, service: Service):
        super().__init__(source)
        self._slot = slot
        self._is_push = service is Service.RECEIVE_PACK
        self._has_begun = False
        self._rate = _transfer_rate()
        # Counted by the event loop, which passes it on.
        self.received = 0
        # Whether it was too slow, and is not waited for any more.
        self.is_late = False

    def read(self, size: int, /) -> bytes:
        """Give what is there, at most `size` bytes; ProtocolError for a client that is silent or slow for too long."""
        poller = select.poll()
        poller.register(self.descriptor, select.POLLIN)
        if not poller.poll(0):
            # Between its commands and its pack a client of a push compresses, which takes minutes.
            is_packing = self._is_push and self._has_begun
            seconds = settings.SSH_PACKING_SECONDS if is_packing else settings.SSH_SILENCE_SECONDS
            if not is_packing:
                self._rate.begin_waiting()
            with self._slot.left():
                has_come = poller.poll(seconds * 1000)
            if not has_come:
                self._note_late()
                raise ProtocolError(f"the client sent nothing for {seconds:g} seconds")
        self._has_begun = True
        data = super().read(size)
        self._rate.end_waiting(len(data))
        if self._rate.is_too_slow(time.monotonic()):
            self._note_late()
            raise ProtocolError("the client sent too slowly")
        return data

    def _note_late(self) -> None:
        self.is_late = True
        metrics.SSH_CUT.labels("slow sender").inc()

    def input_pace(self, read_bytes: int) -> InputPace:
        """The same limits for a child that reads the rest, which is a pack."""
        return InputPace(
            received=lambda: self.received - read_bytes,
            first_silence=settings.SSH_PACKING_SECONDS,
            silence=settings.SSH_SILENCE_SECONDS,
            grace=settings.SSH_GRACE_SECONDS,
            bytes_a_second=settings.SSH_MIN_BYTES_A_SECOND,
            on_waiting=self._slot.child_waits,
            on_late=self._note_late,
        )


def _transfer_rate() -> TransferRate:
    return TransferRate(
        grace=settings.SSH_GRACE_SECONDS,
        # Silence is limited where it is waited for.
        silence=math.inf,
        bytes_a_second=settings.SSH_MIN_BYTES_A_SECOND,
    )


async def _take_in(
    loop: asyncio.AbstractEventLoop,
    process: asyncssh.SSHServerProcess[bytes],
    near: socket.socket,
    pipe: _PatientPipe,
) -> None:
    """Pass on what the client sends; discard what is no longer read."""
    is_read = True
    try:
        while data := await process.stdin.read(READ_SIZE):
            pipe.received += len(data)
            if is_read:
                try:
                    await loop.sock_sendall(near, data)
                except OSError:
                    is_read = False
        near.shutdown(socket.SHUT_WR)
    except (OSError, asyncssh.Error):
        # The client has broken off: what it meant to send is not whole.
        near.close()


def _protocol(process: asyncssh.SSHServerProcess[bytes]) -> str:
    """The one variable of the client's that is looked at."""
    return str(process.env.get("GIT_PROTOCOL", ""))


def _name_of(recognise: Callable[[], Actor]) -> tuple[str, str]:
    close_old_connections()
    try:
        actor = recognise()
    except DomainError as error:
        return "", error.message
    except database_outages.DATABASE_IS_AWAY:
        return "", database_outages.SENTENCE
    finally:
        close_old_connections()
    return (actor.user.name, "") if actor.user else ("", "This is an access key, not a user's.")


def _work(
    command: GitCommand,
    recognise: Callable[[], Actor],
    version: int,
    pipe: _PatientPipe,
    outlet: _Outlet,
    slot: SshWorkSlot,
) -> tuple[int, str]:
    """Serve one command, in a thread of its own; gives the exit status and what to complain of."""
    close_old_connections()
    request_ids.begin(request_ids.new(0))
    try:
        with slot:
            for piece in _answer(command, _named(recognise()), version, pipe):
                outlet.send(piece)
        return 0, ""
    except Forbidden:
        return 1, "You are not permitted to push to this repository."
    except DomainError as error:
        return 1, error.message
    except GitError as error:
        logger.info("git over SSH ended: %s", error)
        return 128, f"fatal: {error}"
    except _Gone:
        return 1, ""
    except database_outages.DATABASE_IS_AWAY as error:
        logger.error("the database does not answer: %s", error)
        return 1, database_outages.SENTENCE
    except Exception:
        logger.exception("a command over SSH failed")
        return (
            1,
            "The server could not complete the request. The administrator can find the reason in the log.",
        )
    finally:
        pipe.close()
        close_old_connections()
        outlet.end()


def _named(actor: Actor) -> Actor:
    """The same, who comes with this request."""
    return replace(actor, origin=replace(actor.origin, request_id=request_ids.current()))


def _answer(command: GitCommand, actor: Actor, version: int, pipe: SocketBody) -> Iterator[bytes]:
    repository = _find(actor, command)
    return session.converse(actor, repository, command.service, pipe, version=version)


def _find(actor: Actor, command: GitCommand) -> Repository:
    try:
        return session.find(actor, command.project_key, command.slug)
    except Moved as moved:
        return session.find(actor, moved.project_key, moved.slug or command.slug)

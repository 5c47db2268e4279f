"""The SSH server: who connects, who proves to be whom, and how many may be here at once.

What they may ask for is in `transport.ssh_commands`. Public keys are the only way in; there is no
password to guess, no shell, no forwarding and no file transfer.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import asyncssh
from django.conf import settings
from django.db import close_old_connections

from accounts import credentials, host_keys, public_keys, sign_in_throttle
from accounts.actor import Actor, Origin
from accounts.errors import TooManyFailures, WrongPassword
from core import database_outages, metrics, networks, site_settings
from core.errors import DomainError
from transport.ssh_commands import Commands

logger = logging.getLogger(__name__)

LOGIN_SECONDS = 30
ALIVE_SECONDS = 60
MOST_MISSED = 3
# Who has not proved anything yet: so many at once, then the oldest of the greediest address goes.
MOST_UNPROVED = 128
JUDGING_THREADS = 4
GRACE_SECONDS = 120
WINDOW = 4 * 1024 * 1024
IDLE_SECONDS = 600


def run(address: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; running commands are given time to end."""
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    asyncio.run(_serve(address, port))


async def _serve(address: str, port: int) -> None:
    house = SshServer()
    keys = await asyncio.to_thread(host_keys.load)
    server = await asyncssh.create_server(
        functools.partial(SshConnection, house),
        address,
        port,
        server_host_keys=keys,
        server_version="Bitbucket",
        process_factory=house.serve,
        encoding=None,
        line_editor=False,
        allow_pty=False,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        # Packs are compressed already.
        compression_algs=["none"],
        window=WINDOW,
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=ALIVE_SECONDS,
        keepalive_count_max=MOST_MISSED,
        backlog=512,
    )
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    await ending.wait()
    server.close()
    await house.empty(GRACE_SECONDS)


class SshServer:
    """All connections of this process."""

    def __init__(self) -> None:
        self.commands = Commands()
        self._doors: set[SshConnection] = set()
        # In the order in which they came.
        self._unproved: dict[SshConnection, str] = {}
        self._judges = ThreadPoolExecutor(JUDGING_THREADS, thread_name_prefix="ssh-auth")

    def came(self, door: SshConnection) -> None:
        """Count a new connection in; where there are too many, it or another has to go."""
        of_address = [one for one in self._doors if one.subscriber == door.subscriber]
        if len(of_address) >= settings.SSH_CONNECTIONS_PER_ADDRESS:
            # Whoever has not signed in makes room for who may.
            oldest = next(
                (one for one in self._unproved if one.subscriber == door.subscriber), None
            )
            metrics.SSH_REFUSED.labels("connection", "address").inc()
            if oldest is None:
                door.connection.abort()
                return
            self.left(oldest)
            oldest.connection.abort()
        if len(self._doors) >= settings.SSH_MOST_CONNECTIONS:
            metrics.SSH_REFUSED.labels("connection", "total").inc()
            door.connection.abort()
            return
        self._doors.add(door)
        self._unproved[door] = door.subscriber
        if len(self._unproved) > MOST_UNPROVED:
            greediest = Counter(self._unproved.values()).most_common(1)[0][0]
            oldest = next(one for one, address in self._unproved.items() if address == greediest)
            self._unproved.pop(oldest)
            metrics.SSH_REFUSED.labels("connection", "not signed in").inc()
            oldest.connection.abort()

    def proved(self, door: SshConnection) -> None:
        """Take a connection from among those that have proved nothing."""
        self._unproved.pop(door, None)

    def left(self, door: SshConnection) -> None:
        """Count a connection out."""
        self._doors.discard(door)
        self._unproved.pop(door, None)

    async def judge(self, question: Any, *arguments: Any) -> Any:
        """Ask the database something, in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._judges, _asked, question, *arguments)

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Run one command of a connection."""
        door: SshConnection = process.get_extra_info("connection").get_owner()
        door.working += 1
        try:
            await self.commands.run(process, door.recognise, door.proved_owner, door.subscriber)
        finally:
            door.working -= 1

    async def empty(self, seconds: float) -> None:
        """Wait until no command runs, then close every connection."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self.commands.running and loop.time() < end:
            await asyncio.sleep(0.1)
        for door in list(self._doors):
            door.connection.abort()


class SshConnection(asyncssh.SSHServer):
    """One connection: the key that is offered, and the key that was proved."""

    def __init__(self, house: SshServer):
        self._house = house
        self._offered = ""
        self._offered_owner = ""
        self._proved = ""
        self.proved_owner = ""
        self.subscriber = ""
        self._refusals = 0
        self.working = 0
        self.connection: asyncssh.SSHServerConnection
        self.origin = Origin()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Note where it comes from."""
        self.connection = conn
        peer = conn.get_extra_info("peername") or ("",)
        self.origin = Origin(address=str(peer[0]))
        self.subscriber = networks.subscriber(self.origin.address)
        self._house.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a visitor who offered keys and had none that is known."""
        self._house.left(self)
        if self._refusals and not self._proved:
            task = asyncio.ensure_future(self._house.judge(_count_refusal, self.origin))
            task.add_done_callback(_look_at)

    async def begin_auth(self, username: str) -> bool:
        """Require public key authentication for any username."""
        version = self.connection.get_extra_info("client_version") or b""
        agent = version.decode("ascii", "replace") if isinstance(version, bytes) else str(version)
        self.origin = Origin(address=self.origin.address, user_agent=f"SSH {agent}"[:500])
        is_open = await self._asked(site_settings.read, site_settings.SSH_ENABLED)
        if not is_open:
            raise asyncssh.DisconnectError(
                asyncssh.DISC_BY_APPLICATION, "SSH is disabled on this server."
            )
        return True

    def public_key_auth_supported(self) -> bool:
        """The one way in."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether this key is accepted, once the client proves to have it."""
        self._offered = public_keys.fingerprint(key.public_data)
        try:
            actor = await self._asked(self._recognise_offered)
        except TooManyFailures as error:
            raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, error.message) from None
        except DomainError:
            self._refusals += 1
            return False
        # A user has one share of the server, however many keys; an access key has its own.
        self._offered_owner = f"user {actor.user.pk}" if actor.user else f"key {self._offered}"
        return True

    async def _asked(self, question: Any, *arguments: Any) -> Any:
        """Ask the database something; ends the connection with a sentence while it is away."""
        try:
            return await self._house.judge(question, *arguments)
        except database_outages.DATABASE_IS_AWAY as error:
            logger.error("the database does not answer: %s", error)
            raise asyncssh.DisconnectError(
                asyncssh.DISC_SERVICE_NOT_AVAILABLE, database_outages.SENTENCE
            ) from None

    def auth_completed(self) -> None:
        """Remember the key whose owner has proved to hold it: the last one that was looked at."""
        self._proved = self._offered
        self.proved_owner = self._offered_owner
        self._house.proved(self)
        self._watch_idleness()

    def recognise(self) -> Actor:
        """Give who this is at this moment; in a thread. Raises what refuses them now."""
        return credentials.from_ssh_key(self._proved, self.origin)

    def _recognise_offered(self) -> Actor:
        try:
            return credentials.from_ssh_key(self._offered, self.origin, is_proved=False)
        except WrongPassword:
            # A known key is let in, however many unknown ones came from the same address.
            sign_in_throttle.check_wrong_key(self.origin)
            raise

    def _watch_idleness(self) -> None:
        def look(before: bool) -> None:
            if before and not self.working:
                self.connection.close()
            elif not self.connection.is_closed():
                loop.call_later(IDLE_SECONDS, look, not self.working)

        loop = asyncio.get_running_loop()
        loop.call_later(IDLE_SECONDS, look, not self.working)


def _count_refusal(origin: Origin) -> None:
    with suppress(TooManyFailures):
        sign_in_throttle.count_wrong_secret(None, origin)


def _asked(question: Any, *arguments: Any) -> Any:
    close_old_connections()
    try:
        return question(*arguments)
    finally:
        close_old_connections()


def _look_at(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("a failed sign-in could not be counted", exc_info=task.exception())

"""Sessions over SSH that say nothing keep nobody out, and end by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager

import asyncssh
import pytest

from gitengine.errors import Busy
from tests import ssh_keys
from tests.builders import git
from tests.git.histories import work_tree
from tests.server import Server
from transport.ssh_limits import SshSessionLimits, SshWorkSlot, SshWorkSlots

PLACES = 4


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server with few places, whose patience is short."""
    folder = tmp_path_factory.mktemp("sessions")
    running = Server(
        folder / "home",
        SSH_THREADS=str(PLACES),
        SSH_MOST_SESSIONS="40",
        SSH_SESSIONS_PER_CONNECTION="33",
        SSH_SILENCE_SECONDS="5",
        SSH_PACKING_SECONDS="6",
        SSH_GRACE_SECONDS="4",
    ).start()
    address = running.over("ssh").repository(key="SILENT")
    git("push", "-q", address, "main", cwd=work_tree(folder / "work", commits=2))
    yield running
    running.stop()


@asynccontextmanager
async def connected(server: Server):
    async with asyncssh.connect(
        "127.0.0.1",
        server.ssh_port,
        username="git",
        client_keys=[str(ssh_keys.mine())],
        known_hosts=None,
    ) as connection:
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("service", ["git-upload-pack", "git-receive-pack"])
def test_silent_sessions_hold_no_place_and_end(place, service, tmp_path):
    async def story() -> list[str]:
        async with connected(place) as connection:
            silent = [
                await connection.create_process(f"{service} '/silent/repo.git'", encoding=None)
                for _ in range(20)
            ]
            for one in silent:
                # Each of them is served as far as it goes: it is told of the refs.
                await one.stdout.readexactly(4)
            refs = await asyncio.to_thread(
                git, "ls-remote", place.over("ssh").address("silent/repo.git"), cwd=tmp_path
            )
            assert "refs/heads/main" in refs
            told = await asyncio.gather(*(one.stderr.read() for one in silent))
            for one in silent:
                await one.wait()
                assert one.exit_status not in (0, None)
            return [text.decode() for text in told]

    told = asyncio.run(asyncio.wait_for(story(), 60))
    assert all("sent nothing" in one for one in told)


async def pushing(connection, sent: bytes):
    """Begin a push of one ref, and send so much of its pack."""
    one = await connection.create_process("git-receive-pack '/silent/repo.git'", encoding=None)
    while (await one.stdout.readexactly(4)) != b"0000":
        # The length of a line of refs counts its own four digits.
        await one.stdout.readline()
    command = b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/never\0report-status\n"
    one.stdin.write(b"%04x" % (len(command) + 4) + command + b"0000" + sent)
    return one


# 1,000 objects are announced, and the first begins, a blob of 65,535 bytes that are not compressed.
START_OF_A_PACK = (
    b"PACK"
    + (2).to_bytes(4, "big")
    + (1000).to_bytes(4, "big")
    + b"\xbf\xff\x1f"
    + b"\x78\x01\x01\xff\xff\x00\x00"
)


@pytest.mark.slow
@pytest.mark.parametrize("sent", [b"", START_OF_A_PACK], ids=["nothing", "a part"])
def test_pushes_that_stall_in_their_pack_hold_no_slot_and_end(place, sent, tmp_path):
    async def story() -> list[str]:
        async with connected(place) as connection:
            stalled = [await pushing(connection, sent) for _ in range(2 * PLACES)]
            # Until they are seen to wait.
            await asyncio.sleep(3)
            refs = await asyncio.to_thread(
                git, "ls-remote", place.over("ssh").address("silent/repo.git"), cwd=tmp_path
            )
            assert "refs/heads/main" in refs
            told = await asyncio.gather(*(one.stdout.read() for one in stalled))
            for one in stalled:
                await one.wait()
            return [text.decode() for text in told]

    told = asyncio.run(asyncio.wait_for(story(), 60))
    assert all("the client sent" in one for one in told), told


@pytest.mark.slow
def test_a_pack_that_drips_is_cut(place):
    async def story() -> str:
        async with connected(place) as connection:
            one = await pushing(connection, START_OF_A_PACK)
            told = asyncio.ensure_future(one.stdout.read())
            while not told.done():
                one.stdin.write(b"x")
                await asyncio.sleep(0.5)
            return told.result().decode()

    assert "too slowly" in asyncio.run(asyncio.wait_for(story(), 60))


@pytest.mark.slow
def test_a_slow_push_that_goes_on_arrives(place, tmp_path):
    """At 20 kB a second it takes longer than the grace, and is slower than no limit."""
    work = work_tree(tmp_path / "slow", commits=1)
    (work / "file").write_bytes(os.urandom(200_000))
    git("add", ".", cwd=work)
    git("commit", "-q", "-m", "slow", cwd=work)
    address = place.over("ssh").address("silent/repo.git")
    slowly = tmp_path / "slowly"
    slowly.write_text(
        f"""#!{sys.executable}
import subprocess, sys, threading, time, shlex
ssh = subprocess.Popen([*shlex.split({ssh_keys.command()!r}), *sys.argv[1:]], stdin=subprocess.PIPE)
while data := sys.stdin.buffer.raw.read(4096):
    ssh.stdin.write(data)
    ssh.stdin.flush()
    time.sleep(0.2)
ssh.stdin.close()
sys.exit(ssh.wait())
"""
    )
    slowly.chmod(0o755)
    subprocess.run(
        ["git", "push", "-q", address, "HEAD:refs/heads/slow"],
        cwd=work,
        env=os.environ | {"GIT_SSH_COMMAND": str(slowly), "GIT_SSH_VARIANT": "ssh"},
        check=True,
    )


@pytest.mark.slow
def test_one_address_has_not_all_connections(tmp_path):
    small = Server(tmp_path / "home", SSH_CONNECTIONS_PER_ADDRESS="3").start()
    small.over("ssh")
    try:

        async def story() -> None:
            async with contextlib.AsyncExitStack() as held:
                # Those that have not signed in make room.
                silent = [
                    await asyncio.open_connection("127.0.0.1", small.ssh_port) for _ in range(5)
                ]
                for _ in range(3):
                    await held.enter_async_context(connected(small))
                with pytest.raises((asyncssh.Error, OSError)):
                    await held.enter_async_context(connected(small))
                for _, writer in silent:
                    writer.close()
            async with connected(small):
                pass

        asyncio.run(asyncio.wait_for(story(), 30))
    finally:
        small.stop()


@pytest.mark.slow
def test_a_connection_has_a_limit_of_sessions(tmp_path):
    small = Server(tmp_path / "home", SSH_SESSIONS_PER_CONNECTION="3").start()
    try:
        small.over("ssh").repository(key="FEW")

        async def story() -> tuple[str, int | None]:
            async with connected(small) as connection:
                for _ in range(3):
                    one = await connection.create_process("git-upload-pack '/few/repo.git'")
                    await one.stdout.readexactly(4)
                refused = await connection.run("git-upload-pack '/few/repo.git'")
                return str(refused.stderr), refused.exit_status

        complaint, status = asyncio.run(asyncio.wait_for(story(), 30))
        assert "At most 3 sessions" in complaint and status == 1
    finally:
        small.stop()


def test_no_user_and_no_address_has_all_sessions():
    sessions = SshSessionLimits(most=8, of_one=6, of_a_connection=4)
    counted = [sessions.counted(f"connection {n // 3}", "user", f"address {n}") for n in range(6)]
    for one in counted:
        one.__enter__()
    assert "one user" in sessions.refusal("new", "user", "other")
    assert sessions.refusal("new", "other", "other") == ""
    counted.pop().__exit__(None, None, None)
    assert sessions.refusal("new", "user", "other") == ""


def test_a_slot_is_left_while_the_client_has_to_go_on():
    places = SshWorkSlots(most=1, of_a_user=1)
    with SshWorkSlot(places, "one", 0) as place:
        with pytest.raises(Busy):
            places.enter("other", 0)
        with place.left():
            places.enter("other", 0)
            places.leave("other")
    places.enter("other", 0)
    with pytest.raises(Busy):
        SshWorkSlot(places, "one", 0).__enter__()


def test_a_place_is_not_taken_by_who_had_none():
    """The end of an answer comes after the place was given back."""
    places = SshWorkSlots(most=1, of_a_user=1)
    with SshWorkSlot(places, "one", 0) as place:
        pass
    with place.left():
        pass
    places.enter("other", 0)


def test_who_has_begun_comes_before_who_has_not():
    places = SshWorkSlots(most=1, of_a_user=1)
    returned, begun = threading.Event(), threading.Event()

    def go_on(place: SshWorkSlot) -> None:
        with place.left():
            places.enter("between", 0)
            left.set()
        returned.set()
        assert not begun.is_set()
        place.__exit__()

    left = threading.Event()
    place = SshWorkSlot(places, "one", 0).__enter__()
    going_on = threading.Thread(target=go_on, args=[place])
    going_on.start()
    left.wait(5)

    def begin() -> None:
        places.enter("new", 10)
        begun.set()

    beginning = threading.Thread(target=begin)
    beginning.start()
    while not places._returning:
        time.sleep(0.01)
    places.leave("between")
    going_on.join(5)
    beginning.join(5)
    assert returned.is_set() and begun.is_set()


@pytest.mark.slow
def test_clients_that_leave_give_everything_back(place, tmp_path):
    """More of them than there are sessions: they read nothing of a clone, and go."""
    large = tmp_path / "large"
    git("init", "-q", "-b", "main", str(large), cwd=tmp_path)
    (large / "file").write_bytes(os.urandom(24 * 1024 * 1024))
    git("add", ".", cwd=large)
    git("commit", "-q", "-m", "large", cwd=large)
    address = place.over("ssh").repository(key="LEAVE")
    git("push", "-q", address, "main", cwd=large)
    head = git("rev-parse", "main", cwd=large)
    wants = f"0032want {head}\n0000".encode() + b"0009done\n"

    async def leave() -> None:
        async with connected(place) as connection:
            one = await connection.create_process(
                "git-upload-pack '/leave/repo.git'", encoding=None
            )
            one.stdin.write(wants)
            await one.stdout.readexactly(200_000)
            one.stdout.channel.pause_reading()
            await asyncio.sleep(0.1)
            connection.abort()

    for _ in range(2 * PLACES + 2):
        asyncio.run(asyncio.wait_for(leave(), 30))
    git("clone", "-q", "--bare", address, "whole.git", cwd=tmp_path)


def test_a_user_leaves_slots_to_others():
    places = SshWorkSlots(most=4, of_a_user=3)
    for _ in range(3):
        places.enter("one", 0)
    with pytest.raises(Busy):
        places.enter("one", 0)
    places.enter("other", 0)

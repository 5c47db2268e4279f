"""Attack the server in all known ways at once, beside people who use it as usual.

Run it as `make siege`; `ARGS="--minutes 2"` makes it short. People are measured alone first. It fails if
fewer than 99.9 % of what they ask for is answered, if it takes them more than twice as long, if the server
holds more than 1.5 GB, or if a child or a temporary file is left at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import itertools
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ALONE_SECONDS = 30.0
PEOPLE = 4
PAUSE = 0.2
LEAST_GOOD = 0.999
MOST_SLOWER = 2.0
MOST_BYTES = 1_500_000_000
STALLED = 40
SETTLING_SECONDS = 60.0


@dataclass
class Figures:
    """What people met."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        """Seconds."""
        return statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 20 else 0.0

    @property
    def good(self) -> float:
        """The share of requests that were answered."""
        return len(self.seconds) / max(1, len(self.seconds) + len(self.wrong))


def main() -> int:
    """Attack and print; the exit status tells whether the server held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long the attack lasts")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from tests.server import Server

    with tempfile.TemporaryDirectory(prefix="siege-") as folder:
        server = Server(Path(folder) / "home").start()
        try:
            return int(not _holds(server, Path(folder), options.minutes * 60))
        finally:
            server.stop()


def _holds(server: Any, folder: Path, seconds: float) -> bool:
    _prepare(server, folder)
    alone = _people(server, folder, ALONE_SECONDS)
    print(f"people alone: {len(alone.seconds)} requests, p95 {alone.p95 * 1000:.0f} ms", flush=True)
    ending = threading.Event()
    attackers = [
        threading.Thread(target=_again, args=(attack, ending), daemon=True)
        for attack in _attacks(server, ending)
    ]
    peak = [0]
    watcher = threading.Thread(target=_watch_memory, args=(server, peak, ending), daemon=True)
    for thread in (*attackers, watcher):
        thread.start()
    besieged = _people(server, folder, seconds)
    ending.set()
    for thread in attackers:
        thread.join(30)
    time.sleep(SETTLING_SECONDS)
    left = [one for one in server.children("git") if "serve" not in one]
    files = [*server.home.rglob("incoming-*"), *server.home.rglob(".new-*")]
    slower = besieged.p95 / alone.p95 if alone.p95 else 0.0
    print(
        f"besieged: {len(besieged.seconds)} requests, {besieged.good:.4%} good, "
        f"p95 {besieged.p95 * 1000:.0f} ms, {slower:.2f} times as long"
    )
    print(
        f"memory at most {peak[0] / 1e6:.0f} MB; children left: {len(left)}; files left: {len(files)}"
    )
    for one in itertools.islice(besieged.wrong, 10):
        print(f"  {one}")
    for one in [*left, *files]:
        print(f"  left: {one}")
    return (
        besieged.good >= LEAST_GOOD
        and slower <= MOST_SLOWER
        and peak[0] <= MOST_BYTES
        and not left
        and not files
    )


def _prepare(server: Any, folder: Path) -> None:
    """A repository that people use, and one that attacks."""
    from tests.availability.hostile import trees
    from tests.builders import git
    from tests.git.histories import work_tree

    good = work_tree(folder / "good", commits=30)
    git("push", "-q", server.repository(key="GOOD", public=True), "main", cwd=good)
    bad = folder / "bad"
    git("init", "-q", "-b", "main", str(bad), cwd=folder)
    (bad / "README.md").write_text("://" * 100_000)
    (bad / "large.bin").write_bytes(os.urandom(1024 * 1024) * 32)
    for number in range(200):
        (bad / f"{number}.cpp").write_text("\n" * (30_000 + number))
    git("add", ".", cwd=bad)
    git("commit", "-q", "-m", "bad", cwd=bad)
    trees.bomb(bad / ".git", levels=9)
    git("push", "-q", server.repository(key="BAD", public=True), "main", "bomb", cwd=bad)


def _people(server: Any, folder: Path, seconds: float) -> Figures:
    """Let people look, ask, fetch and push for so long."""
    figures = Figures()
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_person, args=(server, folder, end, number, figures))
        for number in range(PEOPLE)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return figures


def _person(server: Any, folder: Path, end: float, number: int, figures: Figures) -> None:
    from tests.builders import git
    from tests.server import ADMINISTRATOR

    session = requests.Session()
    address = server.address("good/repo.git")
    start = f"{server.url}/projects/GOOD/repos/repo"
    rest = f"{server.url}/rest/api/latest/projects/GOOD/repos/repo"

    def page(url: str) -> Callable[[], None]:
        def look() -> None:
            session.get(
                url, timeout=30, auth=ADMINISTRATOR if "/rest/" in url else None
            ).raise_for_status()

        return look

    deeds = [
        ("status", page(f"{server.url}/status")),
        ("source", page(f"{start}/browse")),
        ("commits", page(f"{start}/commits")),
        ("sign-in", page(f"{server.url}/login")),
        ("REST branches", page(f"{rest}/branches")),
        ("REST commits", page(f"{rest}/commits")),
        ("fetch", lambda: _quiet(git, "ls-remote", address, cwd=folder)),
    ]  # fmt: skip
    for name, deed in itertools.islice(itertools.cycle(deeds), number, None):
        if time.monotonic() > end:
            return
        begun = time.perf_counter()
        try:
            deed()
            figures.seconds.append(time.perf_counter() - begun)
        except Exception as error:
            figures.wrong.append(f"{name}: {error!r}"[:300])
        time.sleep(PAUSE)


def _quiet(git: Callable[..., str], *args: str, cwd: Path) -> None:
    git(*args, cwd=cwd)


def _again(attack: Callable[[], None], ending: threading.Event) -> None:
    while not ending.wait(0.1):
        try:
            attack()
        except Exception:
            time.sleep(0.5)  # refused, which is what we hope for


def _attacks(server: Any, ending: threading.Event) -> Iterator[Callable[[], None]]:
    from tests.availability.hostile import packs
    from tests.server import ADMINISTRATOR

    start = f"{server.url}/projects/BAD/repos/repo"
    head = b"Host: x\r\nContent-Type: application/x-git-upload-pack-request\r\n"
    git_body = b"POST /scm/bad/repo.git/git-upload-pack HTTP/1.1\r\n" + head
    yield lambda: _hold(server, git_body + b"Transfer-Encoding: chunked\r\n\r\n4\r\n0032", ending)
    yield lambda: _hold(
        server, b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na=b", ending
    )
    yield lambda: _hold(
        server, b"GET /projects/BAD/repos/repo/raw/large.bin HTTP/1.1\r\nHost: x\r\n\r\n", ending
    )
    yield lambda: asyncio.run(_silent_sessions(server, ending))
    numbers = itertools.count()
    pages = itertools.cycle(
        [
            "/commits/bomb",
            "/browse?at=bomb",
            "/compare/diff?sourceBranch=bomb",
            "/browse",
            "/raw/README.md",
        ]
    )
    for _ in range(2):
        yield lambda: _read(f"{start}/browse/{next(numbers) % 200}.cpp")
        yield lambda: _read(f"{start}{next(pages)}")
    bomb = packs.delta_bomb(base_bytes=64 * 1024 * 1024, deltas=200)
    yield lambda: _push(server, bomb)

    def preview() -> None:
        text = f"{next(numbers)} " + "*a " * 10_000
        url = f"{server.url}/rest/api/latest/markup/preview"
        requests.post(url, data=text, auth=ADMINISTRATOR, timeout=60)

    yield preview


def _read(url: str) -> None:
    requests.get(url, timeout=120)


def _hold(server: Any, data: bytes, ending: threading.Event) -> None:
    """Open many connections, send this, and wait until the server ends the first of them."""
    opened = []
    try:
        for _ in range(STALLED):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", server.port))
            one.sendall(data)
            opened.append(one)
        end = time.monotonic() + 40
        while time.monotonic() < end and not ending.wait(0.5):
            pass
    finally:
        for one in opened:
            one.close()


async def _silent_sessions(server: Any, ending: threading.Event) -> None:
    import asyncssh

    from tests import ssh_keys

    server.over("ssh")
    key = [str(ssh_keys.mine())]
    async with asyncssh.connect(
        "127.0.0.1", server.ssh_port, username="git", client_keys=key, known_hosts=None
    ) as connection:
        for _ in range(10):
            await connection.create_process("git-upload-pack '/bad/repo.git'", encoding=None)
        end = time.monotonic() + 70
        while time.monotonic() < end and not ending.is_set():
            await asyncio.sleep(0.5)


def _push(server: Any, pack: bytes) -> None:
    from tests.server import ADMINISTRATOR

    command = f"{'0' * 40} {'1' * 40} refs/heads/x\0report-status".encode()
    body = b"%04x" % (len(command) + 4) + command + b"0000" + pack
    secret = base64.b64encode(":".join(ADMINISTRATOR).encode()).decode()
    headers = {
        "Content-Type": "application/x-git-receive-pack-request",
        "Authorization": f"Basic {secret}",
    }
    url = f"{server.url}/scm/bad/repo.git/git-receive-pack"
    requests.post(url, data=body, headers=headers, timeout=300)


def _watch_memory(server: Any, peak: list[int], ending: threading.Event) -> None:
    while not ending.wait(1):
        peak[0] = max(peak[0], _memory(server.pid))


def _memory(pid: int) -> int:
    """Bytes that a process and all its descendants hold for themselves."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    children: dict[int, list[int]] = {}
    for line in listed.stdout.splitlines():
        one, parent = map(int, line.split())
        children.setdefault(parent, []).append(one)
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, [])
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"Pss_Anon:\s+(\d+)", rollup)
        total += 1024 * int(found[1]) if found else 0
    return total


if __name__ == "__main__":
    sys.exit(main())

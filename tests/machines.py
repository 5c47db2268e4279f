"""Real PostgreSQL and Redis servers for the tests, on free ports of this machine, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_is_installed() -> bool:
    return _postgresql_programs() is not None


def redis_is_installed() -> bool:
    return shutil.which("redis-server") is not None


class PostgreSQL:
    """A PostgreSQL of our own, which can go away and come back where it was."""

    def __init__(self) -> None:
        programs = _postgresql_programs()
        assert programs is not None
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self._data = self._folder / "data"
        self._run("initdb", "-U", "bitbucket", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.port = free_port()
        self.url = f"postgres://bitbucket@127.0.0.1:{self.port}/postgres"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> PostgreSQL:
        self._server = subprocess.Popen(
            [*self._as_user, self._programs / "postgres", "-D", self._data, "-p", str(self.port),
             "-k", self._folder, "-h", "127.0.0.1", "-F", "-N", "400"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder,
        )  # fmt: skip
        _wait_for(self.port)
        _wait_until_ready(self._programs, self.port)
        return self

    def kill(self) -> None:
        """End it at once, as a crash would: it recovers from its log when it starts again."""
        if self._server is not None:
            self._run("pg_ctl", "stop", "-m", "immediate", is_checked=False)
            self._server.wait(30)
            self._server = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, is_checked: bool = True) -> None:
        subprocess.run(
            [*self._as_user, self._programs / program, *arguments, "-D", self._data],
            check=is_checked, capture_output=True, cwd=self._folder,
        )  # fmt: skip


class Redis:
    """A Redis of our own, which keeps nothing and comes back empty."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> Redis:
        self._server = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir(),
        )  # fmt: skip
        _wait_for(self.port)
        return self

    def kill(self) -> None:
        """End it at once, with all that it held."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(10)
            self._server = None


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL of our own; gives its DATABASE_URL."""
    running = PostgreSQL()
    try:
        yield running.start().url
    finally:
        running.remove()


@contextmanager
def redis() -> Iterator[str]:
    """Start a Redis of our own; gives its REDIS_URL."""
    running = Redis()
    try:
        yield running.start().url
    finally:
        running.kill()


def _postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _wait_for(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def _wait_until_ready(programs: Path, port: int) -> None:
    for _ in range(200):
        if subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:  # fmt: skip
            return
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL does not become ready")

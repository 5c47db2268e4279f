"""`make stack`: a web node, a Celery worker and beat, with PostgreSQL and Redis, on this machine alone.

Everything lies in a temporary folder and is gone afterwards. Tests and benchmarks use the same, and
let each part go away and come back.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import machines
from tests.server import ADMINISTRATOR, ROOT, Server

LEVEL = ["-l", "warning"]


class Celery:
    """A worker, or beat, of one server."""

    def __init__(self, server: Server, kind: str, *options: str):
        self._server = server
        self._command = [sys.executable, "-m", "celery", "-A", "bitbucket_clone", kind, *options, *LEVEL]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self.log = server.home.parent / f"{kind}.log"

    def start(self) -> Celery:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._server.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Stack:
    """All parts of an installation, each with `kill` and `start`."""

    def __init__(self, folder: Path, *, workers: int = 1, **environment: str):
        self.postgresql = machines.PostgreSQL()
        self.redis = machines.Redis()
        self.web = Server(
            folder / "home",
            is_new=True,
            DATABASE_URL=self.postgresql.url,
            REDIS_URL=self.redis.url,
            **environment,
        )
        self.workers = [
            Celery(self.web, "worker", "-n", f"worker{number}@%h", "--without-gossip", "--without-mingle")
            for number in range(workers)
        ]  # fmt: skip
        self.beat = Celery(self.web, "beat", "--pidfile=")

    def start(self) -> Stack:
        self.postgresql.start()
        self.redis.start()
        self.web.start()
        for part in (*self.workers, self.beat):
            part.start()
        return self

    def end(self) -> None:
        for part in (self.beat, *self.workers):
            part.stop()
        self.web.stop()
        self.redis.kill()
        self.postgresql.remove()


@contextmanager
def stack(folder: Path, **options: object) -> Iterator[Stack]:
    """A running stack."""
    made = Stack(folder, **options)  # type: ignore[arg-type]
    try:
        yield made.start()
    finally:
        made.end()


def main() -> int:
    """Run a stack until Ctrl-C."""
    for name, is_there in (
        ("PostgreSQL", machines.postgresql_is_installed()),
        ("Redis", machines.redis_is_installed()),
    ):
        if not is_there:
            print(f"{name} is not installed. On Debian: apt install postgresql redis-server")
            return 1
    folder = Path(tempfile.mkdtemp(prefix="stack-"))
    print("Starting PostgreSQL, Redis, a web node, a worker and beat ...", flush=True)
    try:
        with stack(folder) as running:
            name, password = ADMINISTRATOR
            print(
                f"\n  {running.web.url}   sign in as {name} with: {password}\n"
                f"  {running.postgresql.url}\n  {running.redis.url}\n"
                f"  logs, repositories: {folder}\n\nCtrl-C ends everything.",
                flush=True,
            )
            signal.pause()
    except KeyboardInterrupt:
        print("Ending ...", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())

"""kill -9 of the whole server in the middle of pushes: what was acknowledged is there, nothing is half."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from pathlib import Path

import psycopg
import pytest

from gitengine import maintenance
from gitengine.repository import GitRepository
from tests.builders import GIT_ENVIRONMENT, git
from tests.git.histories import commit, work_tree
from tests.server import Server

ATOMIC_REFS = 200
SINGLE_PUSHERS = 3


class Pusher(threading.Thread):
    """Push again and again; remember what was acknowledged and what was tried."""

    def __init__(self, work: Path, address: str, refs: list[str], atomic: bool):
        super().__init__(daemon=True)
        self.work, self.address, self.refs, self.atomic = work, address, refs, atomic
        self.acknowledged: str | None = None
        self.tried: list[str] = []
        self.failure: str | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            made = commit(self.work, "file", f"{time.time()} {number}")
            self.tried.append(made)
            options = ["--atomic"] if self.atomic else []
            told = git(
                "push", *options, "--force", self.address, *(f"{made}:{ref}" for ref in self.refs),
                cwd=self.work, check=False, env=GIT_ENVIRONMENT | {"GIT_HTTP_LOW_SPEED_TIME": "20"},
            )  # fmt: skip
            if "rejected" in told or "error" in told or "fatal" in told:
                self.failure = told
                return
            self.acknowledged = made


@pytest.mark.slow
def test_three_kills(tmp_path):
    kill_and_look(tmp_path, 3, random.Random(5))


@pytest.mark.torture
def test_twenty_kills(tmp_path):
    kill_and_look(tmp_path, 20, random.Random())


def kill_and_look(tmp_path: Path, kills: int, chance: random.Random) -> None:
    server = Server(tmp_path / "home").start()
    try:
        address = server.repository()
        project = address.split("/scm/")[1].split("/")[0]
        files = server.path_of(server.rest("GET", f"projects/{project}/repos/repo")["id"])
        first = work_tree(tmp_path / "first")
        git("push", "-q", address, "main", cwd=first)
        acknowledged = 0
        for turn in range(kills):
            pushers = [
                Pusher(
                    work_tree(tmp_path / f"{turn}-{n}"), address, [f"refs/heads/{turn}/{n}"], False
                )
                for n in range(SINGLE_PUSHERS)
            ]
            many = [f"refs/heads/{turn}/many/{n}" for n in range(ATOMIC_REFS)]
            pushers.append(Pusher(work_tree(tmp_path / f"{turn}-a"), address, many, True))
            for pusher in pushers:
                pusher.start()
            time.sleep(chance.uniform(0.3, 2.5))
            server.kill()
            for pusher in pushers:
                pusher.stopped.set()
                pusher.join(60)
                assert not pusher.is_alive()
            server.start()
            _wait_until_settled(server)
            for pusher in pushers:
                _look(files, pusher)
                acknowledged += pusher.acknowledged is not None
        git("fsck", "--full", "--strict", cwd=files)
        _wait_for_no_locks(files)
        assert acknowledged > 0
        # And it goes on taking pushes.
        git("push", "-q", address, f"{commit(first, 'last', 'last')}:refs/heads/main", cwd=first)
    finally:
        server.stop()


def _wait_for_no_locks(files: Path) -> None:
    """Maintenance may be at work at this moment, with locks of its own; none stays."""
    # The repository's own two stay: they are held by flock, not by being there.
    ours = {"bitbucket.lock", "maintenance.lock"}
    found: list[Path] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        maintenance.tidy(GitRepository.open(files))
        found = [path for path in files.rglob("*.lock") if path.name not in ours]
        if not found:
            return
        time.sleep(0.2)
    raise AssertionError(f"stale locks: {found}")


def _look(files: Path, pusher: Pusher) -> None:
    present = dict(
        reversed(line.split(" "))
        for line in git("for-each-ref", "--format=%(objectname) %(refname)", cwd=files).splitlines()
    )
    values = {present.get(ref) for ref in pusher.refs}
    # All refs of one push stand at one commit: nothing is half-moved.
    assert len(values) == 1, "an atomic push was cut in half"
    (value,) = values
    if pusher.acknowledged is not None:
        later = pusher.tried[pusher.tried.index(pusher.acknowledged) :]
        assert value in later, "an acknowledged push is gone"
    else:
        assert value is None or value in pusher.tried


def _wait_until_settled(server: Server) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if _pending(server) == 0:
            return
        time.sleep(0.2)
    raise AssertionError("pushes are still pending in the journal")


def _pending(server: Server) -> int:
    query = "SELECT count(*) FROM repos_push WHERE state = 'PENDING'"
    url = server.environment.get("DATABASE_URL")
    if url:
        with psycopg.connect(url) as connection:
            row = connection.execute(query).fetchone()
    else:
        with sqlite3.connect(os.fspath(server.home / "bitbucket.db"), timeout=30) as database:
            row = database.execute(query).fetchone()
    assert row is not None
    return int(row[0])

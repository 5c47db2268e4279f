"""Webhooks: how many deliveries a second, and how long from a push until it is told.

Runs the embedded loop and a stack of PostgreSQL, Redis and two Celery workers after one another, each
also beside a target that hangs for half a minute. Prints Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests import machines
from tests.builders import git
from tests.git.histories import work_tree
from tests.receiver import Receiver
from tests.server import ADMINISTRATOR, Server
from tests.stack import stack

REPOSITORIES = 8
WRITERS = 4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--events", type=int, default=400, help="deliveries of a load (default 400)"
    )
    parser.add_argument("--pushes", type=int, default=30, help="pushes to time (default 30)")
    options = parser.parse_args()
    print(
        "| Way | deliveries a second | push to delivery idle p50 / p95 ms | beside a hanging target |"
    )
    print("| --- | --- | --- | --- |")
    ways: list[tuple[str, Callable[[Path], Iterator[Server]]]] = [("embedded loop", _embedded)]
    if machines.postgresql_is_installed() and machines.redis_is_installed():
        ways.append(("PostgreSQL, Redis, two workers", _with_workers))
    for name, way in ways:
        with tempfile.TemporaryDirectory() as folder, contextmanager(way)(Path(folder)) as server:
            bench = _Bench(server, Path(folder))
            rate = bench.rate(options.events)
            idle = bench.push_to_delivery(options.pushes)
            with bench.hanging_target():
                beside = bench.push_to_delivery(options.pushes)
            print(f"| {name} | {rate:.0f} | {_shown(idle)} | {_shown(beside)} |", flush=True)


class _Bench:
    def __init__(self, server: Server, folder: Path):
        self.server = server
        self.folder = folder
        self.target = Receiver()

    def rate(self, events: int) -> float:
        """Deliveries a second, from the first event until the last is received."""
        keys = [self._repository(self.target.url) for _ in range(REPOSITORIES)]
        before = len(self.target.requests)
        begun = time.time()

        def write(number: int) -> None:
            with requests.Session() as session:
                session.auth = ADMINISTRATOR
                for step in range(events // WRITERS):
                    key = keys[(number + step * WRITERS) % len(keys)]
                    url = f"{self.server.url}/rest/api/1.0/projects/{key}/repos/repo"
                    said = {"description": f"{number} {step}"}
                    session.put(url, json=said, timeout=60).raise_for_status()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        expected = before + events // WRITERS * WRITERS
        while len(self.target.requests) < expected:
            time.sleep(0.01)
        return events / (self.target.requests[-1].at - begun)

    def push_to_delivery(self, count: int) -> list[float]:
        """Milliseconds from the end of a push until its delivery has come in."""
        address = self.server.repository()
        key = address.split("/scm/")[1].split("/")[0].upper()
        self._hook(key, self.target.url, ["repo:refs_changed"])
        work = work_tree(self.folder / key)
        times = []
        for number in range(count):
            git("commit", "-q", "--allow-empty", "-m", f"{key} {number}", cwd=work)
            new = git("rev-parse", "HEAD", cwd=work)
            git("push", "-q", address, "HEAD:main", cwd=work)
            ended = time.time()
            while not (at := self._told(new)):
                time.sleep(0.002)
            times.append(max(0.0, at - ended) * 1000)
        return times

    @contextmanager
    def hanging_target(self) -> Iterator[None]:
        """Another target that takes calls and answers none for half a minute, with much to be told."""
        hangs = Receiver()

        def wait(_: object) -> int:
            time.sleep(30)
            return 200

        hangs.answer = wait
        keys = [self._repository(hangs.url) for _ in range(6)]
        for step in range(3):
            for key in keys:
                self.server.rest("PUT", f"projects/{key}/repos/repo", {"description": f"h{step}"})
        yield
        hangs.close()

    def _told(self, commit_id: str) -> float:
        for one in reversed(self.target.requests):
            if one.event == "repo:refs_changed" and commit_id.encode() in one.raw:
                return one.at
        return 0.0

    def _repository(self, url: str) -> str:
        key = self.server.repository().split("/scm/")[1].split("/")[0].upper()
        self._hook(key, url, ["repo:modified"])
        return key

    def _hook(self, key: str, url: str, events: list[str]) -> None:
        body = {"name": "bench", "url": url, "events": events}
        self.server.rest("POST", f"projects/{key}/repos/repo/webhooks", body)


def _embedded(folder: Path) -> Iterator[Server]:
    server = Server(folder / "home").start()
    try:
        yield server
    finally:
        server.stop()


def _with_workers(folder: Path) -> Iterator[Server]:
    with stack(folder, workers=2) as running:
        yield running.web


def _shown(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):.0f} / {ordered[int(len(ordered) * 0.95)]:.0f}"


if __name__ == "__main__":
    main()

"""Whatever is killed: what was acknowledged is told, in order, and repeats can be known by their id."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable

import psycopg
import pytest
import requests

from tests import machines
from tests.receiver import Receiver
from tests.server import ADMINISTRATOR, Server
from tests.stack import stack

pytestmark = [pytest.mark.slow]

QUICK = {
    "WEBHOOK_RETRY_SECONDS": "0.5",
    "JOB_LEASE_SECONDS": "4",
    "OUTGOING_ALLOWED_NETWORKS": "127.0.0.0/8",
}
WRITERS = 4


class Load:
    """Changes repositories one after the other, and remembers what was acknowledged."""

    def __init__(self, server: Server, target: Receiver, events: int, pace: float):
        self.server = server
        self.acknowledged: set[str] = set()
        self.refused: list[int] = []
        self._each = events // WRITERS
        self._pace = pace
        self._threads = []
        for writer in range(WRITERS):
            key = server.repository().split("/scm/")[1].split("/")[0].upper()
            hook = {"name": "CI", "url": target.url, "events": ["repo:modified"]}
            server.rest("POST", f"projects/{key}/repos/repo/webhooks", hook)
            self._threads.append(threading.Thread(target=self._write, args=(key, writer)))

    def start(self) -> None:
        for one in self._threads:
            one.start()

    @property
    def is_over(self) -> bool:
        return not any(one.is_alive() for one in self._threads)

    def _write(self, key: str, writer: int) -> None:
        url = f"{self.server.url}/rest/api/1.0/projects/{key}/repos/repo"
        done, tried = 0, 0
        while done < self._each and tried < 50 * self._each:
            tried += 1
            said = f"{writer}-{done}-{tried}"
            try:
                answer = requests.put(
                    url, json={"description": said}, auth=ADMINISTRATOR, timeout=30
                )
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if answer.ok:
                self.acknowledged.add(said)
                done += 1
                time.sleep(self._pace)
            else:
                self.refused.append(answer.status_code)
                time.sleep(0.2)


def shake(load: Load, blows: list[Callable[[], None]], pause: float) -> int:
    """Strike at random while there is load; gives how often."""
    struck = 0
    chosen = random.Random(7)
    order = list(blows)
    while not load.is_over:
        time.sleep(pause * chosen.uniform(0.5, 1.5))
        if not order:
            order = list(blows)
            chosen.shuffle(order)
        order.pop(0)()
        struck += 1
    return struck


def held_against(load: Load, target: Receiver, rows: Callable[[], list[tuple]], seconds: float):
    """Wait until everything was told, then judge what was received."""
    deadline = time.monotonic() + seconds
    while True:
        received = {one.body["new"]["description"] for one in target.requests}
        missing = load.acknowledged - received
        if not missing:
            break
        assert time.monotonic() < deadline, (len(missing), sorted(missing)[:5])
        time.sleep(0.2)
    ids = defaultdict(set)
    for one in target.requests:
        ids[one.body["new"]["description"]].add(one.id)
    assert max(len(found) for found in ids.values()) == 1
    # In the order of what happened, by what the server itself noted of its first attempts.
    lanes = defaultdict(list)
    once = set()
    for _, repository, request_id, attempts in sorted(rows()):
        noted = json.loads(attempts) if isinstance(attempts, str) else attempts
        if noted:
            lanes[repository].append(noted[0]["at"])
            if len(noted) == 1:
                once.add(str(request_id).replace("-", ""))
    for times in lanes.values():
        assert times == sorted(times)
    # And as it was received, of those that needed one attempt.
    first = {}
    for one in target.requests:
        first.setdefault(one.id, one)
    by_writer = defaultdict(list)
    for one in first.values():
        if one.id.replace("-", "") in once:
            writer, done, tried = map(int, one.body["new"]["description"].split("-"))
            by_writer[writer].append((done, tried))
    for told in by_writer.values():
        assert told == sorted(told)
    repeats = len(target.requests) - len(first)
    return {"events": len(load.acknowledged), "repeats": repeats, "refused": len(load.refused)}


@contextlib.contextmanager
def fickle_target():
    """A receiver that fails now and then, and can go away."""
    made = Receiver()
    chosen = random.Random(3)
    made.answer = lambda _: 500 if chosen.random() < 0.05 else 200

    def away(seconds: float = 1.0) -> None:
        made.close()
        time.sleep(seconds)
        made.open_again()

    yield made, away
    made.close()


QUERY = "SELECT id, repository_id, request_id, attempts FROM webhooks_delivery"


def embedded(folder, events, pause, pace):
    server = Server(folder / "home", **QUICK).start()
    try:
        with fickle_target() as (target, away):
            load = Load(server, target, events, pace)
            load.start()

            def strike():
                server.kill()
                server.start()

            struck = shake(load, [strike, server.kill_jobs, away], pause)

            def rows():
                url = server.environment.get("DATABASE_URL")
                if url:
                    with psycopg.connect(url) as connection:
                        return connection.execute(QUERY).fetchall()
                with sqlite3.connect(server.home / "bitbucket.db") as connection:
                    return connection.execute(QUERY).fetchall()

            return held_against(load, target, rows, 120) | {"blows": struck}
    finally:
        server.stop()


def with_workers(folder, events, pause, pace):
    with stack(folder, workers=2, **QUICK) as parts, fickle_target() as (target, away):
        load = Load(parts.web, target, events, pace)
        load.start()

        def again(part, seconds=0.5):
            def strike():
                part.kill()
                time.sleep(seconds)
                part.start()

            return strike

        blows = [
            again(parts.workers[0]),
            again(parts.redis, 1.5),
            away,
            again(parts.beat),
            again(parts.web),
            again(parts.postgresql, 1.5),
            parts.web.kill_jobs,
            again(parts.workers[1]),
        ]
        struck = shake(load, blows, pause)

        def rows():
            with psycopg.connect(parts.postgresql.url) as connection:
                return connection.execute(QUERY).fetchall()

        return held_against(load, target, rows, 120) | {"blows": struck}


def test_a_few_events_survive_everything(tmp_path):
    told = embedded(tmp_path, 60, 1.0, pace=0.2)
    assert told["blows"] >= 1


@pytest.mark.redis
def test_a_few_events_survive_everything_with_workers(tmp_path):
    if not (machines.redis_is_installed() and machines.postgresql_is_installed()):
        pytest.skip("Redis or PostgreSQL is not installed")
    told = with_workers(tmp_path, 60, 0.7, pace=0.2)
    assert told["blows"] >= 1


@pytest.mark.torture
def test_a_thousand_events_survive_everything(tmp_path, capsys):
    told = embedded(tmp_path, 1000, 2.0, pace=0.25)
    with capsys.disabled():
        print(f"\nembedded: {told}")


@pytest.mark.torture
def test_a_thousand_events_survive_everything_with_workers(tmp_path, capsys):
    told = with_workers(tmp_path, 1000, 2.0, pace=0.25)
    with capsys.disabled():
        print(f"\nwith workers: {told}")

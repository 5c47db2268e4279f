"""Places to work at: so many heavy children at once, the others wait.

What is scarce is processors and memory, not connections: a worker whose client takes nothing costs
neither, so its place is given to somebody who waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from gitengine.errors import Busy

WAITING = Gauge(
    "bitbucket_git_places_waiting",
    "Git children that wait for a slot, by kind.",
    ["kind"],
    multiprocess_mode="livesum",
)
LOOK_EVERY = 0.5
IDLE_ENOUGH = 2.0
# Who was kept waiting so many times longer than it worked has a client that is the slow one.
MOSTLY_IDLE = 4.0


class Slot:
    """One worker's place; `watch` tells its work from its client's slowness."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._idle = 0.0
        self._idle_since: float | None = None

    def watch(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass pieces on to the client."""
        for piece in pieces:
            self._idle_since = time.monotonic()
            try:
                yield piece
            finally:
                self._idle += time.monotonic() - self._idle_since
                self._idle_since = None

    def watch_input(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass pieces on from the client."""
        source = iter(pieces)
        while True:
            self._idle_since = time.monotonic()
            try:
                piece = next(source, None)
            finally:
                self._idle += time.monotonic() - self._idle_since
                self._idle_since = None
            if piece is None:
                return
            yield piece

    @property
    def is_mostly_idle(self) -> bool:
        """Whether the client, not the work, is what takes the time."""
        now = time.monotonic()
        since = self._idle_since
        idle = self._idle + (now - since if since is not None else 0.0)
        return idle > IDLE_ENOUGH and idle > MOSTLY_IDLE * (now - self._begun - idle)


class WorkSlots:
    """A number of places, and those who have one."""

    def __init__(self, number: int, *, wait: float, kind: str):
        self._number = number
        self._wait = wait
        self._waiting = WAITING.labels(kind)
        self._taken: list[Slot] = []
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[Slot]:
        """Hold a slot; raises Busy when none is free in time."""
        slot = Slot()
        with self._waiting.track_inprogress():
            self._take(slot)
        try:
            yield slot
        finally:
            with self._changed:
                if slot in self._taken:
                    self._taken.remove(slot)
                    self._changed.notify()

    def _take(self, slot: Slot) -> None:
        deadline = time.monotonic() + self._wait
        with self._changed:
            while len(self._taken) >= self._number:
                idle = next((one for one in self._taken if one.is_mostly_idle), None)
                if idle is not None:
                    # It works on without one when its client comes back.
                    self._taken.remove(idle)
                    continue
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Busy("Too many such requests at once; try again in a moment.")
                self._changed.wait(min(left, LOOK_EVERY))
            self._taken.append(slot)

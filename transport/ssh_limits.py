"""How many sessions of git there may be over SSH, and how many of them may work at once.

A session of which only the client could go on holds no place; and no key or address has all of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gitengine.errors import Busy

BUSY = "the server is busy with other requests; try again in a moment"


class SshSessionLimits:
    """Counts sessions by connection, key and address; used by the event loop alone."""

    def __init__(self, *, most: int, of_one: int, of_a_connection: int):
        """`of_one` key or address may have so many of the `most` sessions."""
        self._most = most
        self._of_one = of_one
        self._of_a_connection = of_a_connection
        self._counts: Counter[object] = Counter()
        self.total = 0

    def refusal(self, connection: object, key: str, address: str) -> str:
        """Give why there may not be another session; empty if there may."""
        if self._counts[connection] >= self._of_a_connection:
            return f"At most {self._of_a_connection} sessions at once are served on a connection."
        if self.total >= self._most:
            return "The server is busy. Try again in a moment."
        for one in ("key", key), ("address", address):
            if self._counts[one] >= self._of_one:
                return f"At most {self._of_one} sessions at once are served for one {one[0]}."
        return ""

    @contextmanager
    def counted(self, connection: object, key: str, address: str) -> Iterator[None]:
        """Count one session while it lasts."""
        counted: tuple[object, ...] = (connection, ("key", key), ("address", address))
        self._counts.update(counted)
        self.total += 1
        try:
            yield
        finally:
            self.total -= 1
            self._counts.subtract(counted)
            for one in counted:
                if not self._counts[one]:
                    del self._counts[one]


class SshWorkSlots:
    """Who works at this moment, in threads; the others wait for their turn."""

    def __init__(self, *, most: int, of_a_key: int):
        self._most = most
        self._of_a_key = of_a_key
        self._working: Counter[str] = Counter()
        # Sessions that have begun and wait to go on, by key.
        self._returning: Counter[str] = Counter()
        self._changed = threading.Condition()

    def enter(self, key: str, seconds: float) -> None:
        """Wait for a place; Busy after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._may_begin(key), seconds):
                raise Busy(BUSY)
            self._working[key] += 1

    def return_to(self, key: str) -> None:
        """Wait for a place again, before those who have not begun: what has begun is never refused."""
        with self._changed:
            self._returning[key] += 1
            try:
                self._changed.wait_for(lambda: self._is_free(key))
                self._working[key] += 1
            finally:
                self._returning[key] -= 1
                if not self._returning[key]:
                    del self._returning[key]

    def leave(self, key: str) -> None:
        """Give it to somebody else."""
        with self._changed:
            self._working[key] -= 1
            if not self._working[key]:
                del self._working[key]
            self._changed.notify_all()

    def _may_begin(self, key: str) -> bool:
        return self._is_free(key) and not any(map(self._is_free, self._returning))

    def _is_free(self, key: str) -> bool:
        return self._working.total() < self._most and self._working[key] < self._of_a_key


class SshWorkSlot:
    """The place of one session, which it leaves while its client has to go on."""

    def __init__(self, places: SshWorkSlots, key: str, seconds: float):
        self._places = places
        self._key = key
        self._seconds = seconds
        self._is_held = False

    def __enter__(self) -> SshWorkSlot:
        self._places.enter(self._key, self._seconds)
        self._is_held = True
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let others work meanwhile, and wait for a place afterwards if there was one before."""
        was_held = self._is_held
        self._leave()
        yield
        if was_held:
            self._places.return_to(self._key)
            self._is_held = True

    def _leave(self) -> None:
        if self._is_held:
            self._is_held = False
            self._places.leave(self._key)

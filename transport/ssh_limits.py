"""How many sessions of Git there may be over SSH, and how many of them may work at once.

A session that waits for its client holds no slot, and no user or address has all of them.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from core import metrics
from gitengine.errors import Busy

BUSY = "the server is busy with other requests; try again in a moment"


class SshSessionLimits:
    """Counts sessions by connection, user and address; used by the event loop alone."""

    def __init__(self, *, most: int, of_one: int, of_a_connection: int):
        """`of_one` user or address may have so many of the `most` sessions."""
        self._most = most
        self._of_one = of_one
        self._of_a_connection = of_a_connection
        self._counts: Counter[object] = Counter()
        self.total = 0

    def refusal(self, connection: object, user: str, address: str) -> str:
        """Give why there may not be another session; empty if there may."""
        if self._counts[connection] >= self._of_a_connection:
            metrics.SSH_REFUSED.labels("session", "connection").inc()
            return f"At most {self._of_a_connection} sessions at once are served on a connection."
        if self.total >= self._most:
            metrics.SSH_REFUSED.labels("session", "total").inc()
            return "The server is busy. Try again in a moment."
        for one in ("user", user), ("address", address):
            if self._counts[one] >= self._of_one:
                metrics.SSH_REFUSED.labels("session", one[0]).inc()
                return f"At most {self._of_one} sessions at once are served for one {one[0]}."
        return ""

    @contextmanager
    def counted(self, connection: object, user: str, address: str) -> Iterator[None]:
        """Count one session while it lasts."""
        counted: tuple[object, ...] = (connection, ("user", user), ("address", address))
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
    """Which sessions work at this moment, in threads; the others wait for their turn."""

    def __init__(self, *, most: int, of_a_user: int):
        self._most = most
        self._of_a_user = of_a_user
        self._working: Counter[str] = Counter()
        # Sessions that have begun and wait to go on, by user.
        self._returning: Counter[str] = Counter()
        self._changed = threading.Condition()

    def enter(self, user: str, seconds: float) -> None:
        """Wait for a slot; raises Busy after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._may_begin(user), seconds):
                metrics.SSH_REFUSED.labels("session", "no slot in time").inc()
                raise Busy(BUSY)
            self._working[user] += 1

    def return_to(self, user: str) -> None:
        """Wait for a slot again, before those who have not begun: what has begun is never refused."""
        with self._changed:
            self._returning[user] += 1
            try:
                self._changed.wait_for(lambda: self._is_free(user))
                self._working[user] += 1
            finally:
                self._returning[user] -= 1
                if not self._returning[user]:
                    del self._returning[user]

    def take(self, user: str) -> None:
        """Take a slot without waiting, for a child that works already."""
        with self._changed:
            self._working[user] += 1

    def leave(self, user: str) -> None:
        """Let another session work."""
        with self._changed:
            self._working[user] -= 1
            if not self._working[user]:
                del self._working[user]
            self._changed.notify_all()

    def _may_begin(self, user: str) -> bool:
        return self._is_free(user) and not any(map(self._is_free, self._returning))

    def _is_free(self, user: str) -> bool:
        return self._working.total() < self._most and self._working[user] < self._of_a_user


class SshWorkSlot:
    """The slot of one session, which it gives away while it waits for its client."""

    def __init__(self, slots: SshWorkSlots, user: str, seconds: float):
        self._slots = slots
        self._user = user
        self._seconds = seconds
        self._is_held = False

    def __enter__(self) -> SshWorkSlot:
        self._slots.enter(self._user, self._seconds)
        self._is_held = True
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let others work meanwhile, and wait for a slot afterwards if there was one before."""
        was_held = self._is_held
        self._leave()
        yield
        if was_held:
            self._slots.return_to(self._user)
            self._is_held = True

    def child_waits(self, is_waiting: bool) -> None:
        """Give the slot away while a child waits for the client, and take it back at once when it goes on."""
        if is_waiting:
            self._leave()
        elif not self._is_held:
            self._slots.take(self._user)
            self._is_held = True

    def _leave(self) -> None:
        if self._is_held:
            self._is_held = False
            self._slots.leave(self._user)

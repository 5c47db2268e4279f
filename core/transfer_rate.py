"""How slow a client may be: so many bytes a second on average, beside a time of grace."""

from __future__ import annotations

import time


class TransferRate:
    """Counts what a client moved and how long it was waited for, in one piece of work for it."""

    def __init__(self, *, grace: float, silence: float, bytes_a_second: float):
        """`grace` is total and `silence` continuous waiting, in seconds; `bytes_a_second` 0 means no minimum."""
        self.moved = 0
        self._grace = grace
        self._silence = silence
        self._bytes_a_second = bytes_a_second
        self._waited = 0.0
        self._since: float | None = None

    def begin_waiting(self) -> None:
        """Say that from now on only the client can go on."""
        if self._since is None:
            self._since = time.monotonic()

    def end_waiting(self, moved: int) -> None:
        """Say that it moved so many bytes."""
        self.moved += moved
        # The event loop and a thread may both look: each at what there was.
        since, self._since = self._since, None
        if since is not None:
            self._waited += time.monotonic() - since

    def is_too_slow(self, now: float) -> bool:
        """Whether it was waited for longer than what it moved is worth; `now` is of the monotonic clock."""
        since = self._since
        silent = now - since if since is not None else 0.0
        if silent > self._silence:
            return True
        if self._bytes_a_second <= 0:
            return False
        return self._waited + silent > self._grace + self.moved / self._bytes_a_second

"""How slow a client may be: so many bytes a second on average, beside a time of grace."""

from __future__ import annotations

import time

from django.conf import settings


class Pace:
    """Counts what a client moved and how long it was waited for, over one request and its answer."""

    def __init__(self) -> None:
        self.moved = 0
        self._waited = 0.0
        self._since: float | None = None

    def begin_waiting(self) -> None:
        """Say that from now on only the client can go on."""
        if self._since is None:
            self._since = time.monotonic()

    def end_waiting(self, moved: int) -> None:
        """Say that it moved so many bytes."""
        self.moved += moved
        if self._since is not None:
            self._waited += time.monotonic() - self._since
            self._since = None

    def is_too_slow(self, now: float) -> bool:
        """Whether it was waited for longer than what it moved is worth; `now` is of the monotonic clock."""
        silent = now - self._since if self._since is not None else 0.0
        worth = self.moved / float(settings.HTTP_MIN_BYTES_A_SECOND)
        is_slow = self._waited + silent > settings.HTTP_GRACE_SECONDS + worth
        return is_slow or silent > float(settings.HTTP_SILENCE_SECONDS)

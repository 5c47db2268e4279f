"""Wakes the loop of this machine when there is something to do: a pipe with a name, beside the caches.

Nothing depends on it: the loop looks again by itself, only later.
"""

from __future__ import annotations

import os
import select
import socket
from pathlib import Path

from django.conf import settings


def notify() -> None:
    """Ring, if a loop of this machine listens."""
    try:
        descriptor = os.open(_path(), os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    try:
        os.write(descriptor, b"!")
    except BlockingIOError:
        # Full of rings that nobody has heard yet: one more says nothing new.
        pass
    finally:
        os.close(descriptor)


class JobListener:
    """What a loop listens to."""

    def __init__(self) -> None:
        """Hang it up; loops of one machine may share it, and each ring wakes one of them."""
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.mkfifo(path, 0o600)
        except FileExistsError:
            pass
        # For reading and writing, so that it stays open while nobody rings.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def wait(self, seconds: float) -> bool:
        """Wait for a notification for at most `seconds`; returns whether one came."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if not ready:
            return False
        try:
            os.read(self._descriptor, 65536)
        except BlockingIOError:
            pass
        return True

    def ring(self) -> None:
        """Wake who waits in this process."""
        try:
            os.write(self._descriptor, b"!")
        except BlockingIOError:
            pass

    def close(self) -> None:
        """Take it down."""
        os.close(self._descriptor)


def _path() -> Path:
    folder: Path = settings.CACHE_DIR / "wake"
    return folder / socket.gethostname()

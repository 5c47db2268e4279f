"""Locks between the processes of one machine: an flock on a file in the home, given back by a kill."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PAUSE_SECONDS = 0.01


@contextmanager
def held(name: str, *, seconds: float) -> Iterator[bool]:
    """Hold the lock of this name; yields False if it is not acquired within `seconds`."""
    folder: Path = settings.BITBUCKET_HOME / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + seconds
        has_lock = _try(descriptor)
        while not has_lock and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            has_lock = _try(descriptor)
        yield has_lock
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

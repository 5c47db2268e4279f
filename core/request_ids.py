"""The ID of the current request, shared by all log lines from the request to its jobs."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core import log_levels

_current: ContextVar[str] = ContextVar("request_id", default="")
_numbers = itertools.count(1)


def new(at_work: int) -> str:
    """Name a request as Bitbucket does: `@instance x minute of the day x number x requests at work`."""
    now = time.localtime()
    instance = f"{os.getpid():x}{int(time.time()) >> 16 & 0xFFFF:x}".upper()
    return f"@{instance}x{now.tm_hour * 60 + now.tm_min}x{next(_numbers)}x{at_work}"


def current() -> str:
    """Return the current request ID; empty outside a request."""
    return _current.get()


def begin(request_id: str) -> None:
    """Work for this request from here on, in this thread: also while its answer streams."""
    _current.set(request_id)


@contextmanager
def working_for(request_id: str) -> Iterator[None]:
    """Work for this request meanwhile, and then for the one before."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


class WithRequestId(logging.Filter):
    """Puts the id into every record of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let all pass, and do as the administrator has said of them meanwhile."""
        log_levels.follow()
        record.request_id = current() or "-"
        return True

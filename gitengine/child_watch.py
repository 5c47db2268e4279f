"""Watches a running child of git: what it may use by what it has read, and whether it waits for its client."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gitengine import budgets

SAMPLE_SECONDS = 2.0
# A child that waits for its client uses less of a processor than one tick in a sample.
_READ = re.compile(r"^rchar: (\d+)", re.MULTILINE)

SecondsFor = Callable[[int], int]


@dataclass(frozen=True)
class InputPace:
    """How slow the client may be whose socket a child reads by itself."""

    received: Callable[[], int]
    """Gives how many bytes of the input have come from the client."""
    first_silence: float
    """Seconds that may pass before its first byte."""
    silence: float
    """Seconds that may pass between two bytes after that."""
    grace: float
    """Seconds of waiting in all, beside what its bytes are worth at `bytes_a_second`."""
    bytes_a_second: float
    on_waiting: Callable[[bool], None]
    """Told True when the child begins to wait for the client, and False when it goes on."""
    on_late: Callable[[], None]
    """Called once before the child is stopped because the client is too slow."""


@dataclass(frozen=True)
class _Sample:
    at: float
    read: int
    processor_ticks: int
    is_sleeping: bool


class ChildWatch:
    """A thread beside a child; `stop_late` is called once, with a sentence, for a client that is too slow."""

    def __init__(
        self,
        pid: int,
        *,
        seconds_for: SecondsFor | None,
        pace: InputPace | None,
        stop_late: Callable[[str], None],
    ):
        """`seconds_for` gives the processor time that the child may use, by the bytes that it has read."""
        self._pid = pid
        self._seconds_for = seconds_for
        self._pace = pace
        self._stop_late = stop_late
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._is_waiting = False
        self._waited = self._silent = 0.0

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; nothing is called after this."""
        self._has_ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        before = _sample(self._pid)
        received = 0
        try:
            while before is not None and not self._has_ended.wait(SAMPLE_SECONDS):
                now = _sample(self._pid)
                if now is None:
                    return
                if self._seconds_for is not None:
                    budgets.limit_time(self._pid, self._seconds_for(now.read))
                if self._pace is not None:
                    moved = self._pace.received()
                    self._note(before, now, has_moved=moved > received)
                    received = moved
                    if why := self._lateness(received):
                        self._pace.on_late()
                        self._stop_late(why)
                        return
                before = now
        finally:
            self._tell(is_waiting=False)

    def _note(self, before: _Sample, now: _Sample, *, has_moved: bool) -> None:
        """Tell waiting for the client from work, and from waiting for a disk (state D)."""
        is_waiting = now.is_sleeping and now.processor_ticks - before.processor_ticks <= 1
        if is_waiting:
            self._waited += now.at - before.at
            self._silent = 0.0 if has_moved else self._silent + now.at - before.at
        else:
            self._silent = 0.0
        self._tell(is_waiting=is_waiting)

    def _tell(self, *, is_waiting: bool) -> None:
        if self._pace is not None and is_waiting is not self._is_waiting:
            self._is_waiting = is_waiting
            self._pace.on_waiting(is_waiting)

    def _lateness(self, received: int) -> str:
        pace = self._pace
        assert pace is not None
        silence = pace.silence if received else pace.first_silence
        if self._silent > silence:
            return f"the client sent nothing for {silence:g} seconds"
        if not received:
            self._waited = 0.0
        elif pace.bytes_a_second > 0 and self._waited > pace.grace + received / pace.bytes_a_second:
            return "the client sent too slowly"
        return ""


def processor_seconds(pid: int) -> float | None:
    """Give what a process used of processors so far, also one that has ended and was not waited for; None if gone."""
    try:
        return _processor_ticks(_status(pid)) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return None


def _status(pid: int) -> list[str]:
    """Give the fields of /proc/pid/stat from the third, the state, on (proc(5))."""
    # The name of the program, in parentheses, may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _processor_ticks(status: list[str]) -> int:
    return int(status[11]) + int(status[12])


def _sample(pid: int) -> _Sample | None:
    """Look at a process in /proc (proc(5)); None when it is gone."""
    try:
        read = _READ.search(Path(f"/proc/{pid}/io").read_text())
        fields = _status(pid)
    except (OSError, IndexError):
        return None
    return _Sample(
        at=time.monotonic(),
        read=int(read[1]) if read else 0,
        processor_ticks=_processor_ticks(fields),
        is_sleeping=fields[0] == "S",
    )

"""The rendering processes of this process: at most a few, started when they are needed, replaced when they die."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infrastructure.rendering import worker

ROOT = Path(__file__).resolve().parents[2]
# On a machine at work a second of processor time takes longer than a second.
WALL_SECONDS_A_PROCESSOR_SECOND = 3
START_SECONDS = 10.0
END_SECONDS = 2.0


class TooComplex(Exception):
    """The task used up its processor time or memory, or the library failed over it."""


class PoolBusy(Exception):
    """All processes were busy for too long, or the machine is; the same task may succeed in a moment."""


class _EndedBefore(PoolBusy):
    """The process had ended by itself before it was asked."""


class Pool:
    """A few rendering processes that threads take turns with."""

    def __init__(self, *, processes: int, seconds: float, memory: int):
        """`seconds` of processor time and `memory` in bytes are what one task may use."""
        self._seconds = seconds
        self._memory = memory
        self._places = threading.BoundedSemaphore(processes)
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def run(self, message: bytes) -> bytes:
        """Give the answer to a message (see `worker`); TooComplex or NobodyFree."""
        try:
            with self._process() as process:
                return process.ask(message)
        except _EndedBefore:
            # It was idle for too long, and went while it was asked: a new one takes its place.
            with self._process() as process:
                return process.ask(message)

    @contextmanager
    def _process(self) -> Iterator[_Process]:
        if not self._places.acquire(timeout=self._seconds):
            raise PoolBusy
        try:
            with self._lock:
                process = self._idle.pop() if self._idle else None
            if process is None or not process.is_alive():
                process = _Process(self._seconds, self._memory)
            try:
                yield process
            except BaseException:
                process.kill()
                raise
            with self._lock:
                self._idle.append(process)
        finally:
            self._places.release()

    def close(self) -> None:
        """End the processes that are idle."""
        with self._lock:
            processes, self._idle = self._idle, []
        for process in processes:
            process.kill()


class _Process:
    """One rendering process and the socket to it."""

    def __init__(self, seconds: float, memory: int):
        self._seconds = seconds
        try:
            self._socket, far = socket.socketpair()
        except OSError as error:
            raise PoolBusy(str(error)) from error
        try:
            self._child = subprocess.Popen(
                [
                    *(sys.executable, "-m", worker.__name__),
                    *(str(far.fileno()), str(seconds), str(memory)),
                ],
                cwd=ROOT,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            self._socket.close()
            raise PoolBusy(str(error)) from error
        finally:
            far.close()
        self._is_new = True

    def is_alive(self) -> bool:
        """Whether it waits for tasks: one that was idle for long has ended by itself."""
        if self._child.poll() is None:
            return True
        self.kill()
        return False

    def ask(self, message: bytes) -> bytes:
        """Give the answer; TooComplex where the process died of it, NobodyFree where time ran out."""
        limit = self._seconds * WALL_SECONDS_A_PROCESSOR_SECOND
        end = time.monotonic() + limit + (START_SECONDS if self._is_new else 0)
        try:
            self._socket.settimeout(end - time.monotonic())
            worker.send(self._socket, message)
            answer = worker.receive(self._socket)
        except TimeoutError:
            raise PoolBusy from None
        except (EOFError, OSError):
            raise self._ended() from None
        self._is_new = False
        return answer

    def _ended(self) -> TooComplex | PoolBusy:
        """Give what it means that the process has gone instead of answering."""
        try:
            status = self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return PoolBusy()
        if status == 0:
            return _EndedBefore()
        # Killed by the machine for its memory, or not even started: that says nothing of the text.
        if status == -signal.SIGKILL or (status > 0 and self._is_new):
            return PoolBusy()
        return TooComplex()

    def kill(self) -> None:
        """End it now."""
        self._socket.close()
        self._child.kill()
        self._child.wait()

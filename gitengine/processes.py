"""The git program as a child process: argument lists, a clean environment, limits, no orphans.

A child runs in a session of its own, so that it and its own children can be killed together, and so
that a signal for the server does not cut a ref transaction in half. Readers whose server was killed
end by themselves, since nobody reads their pipe any more.
"""

from __future__ import annotations

import functools
import math
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TypedDict, Unpack

from gitengine import budgets, child_watch
from gitengine.budgets import Kind
from gitengine.child_watch import ChildWatch, InputPace, SecondsFor
from gitengine.errors import (
    GitError,
    GitFailed,
    InputTooLarge,
    LimitReached,
    ProtocolError,
    TookTooLong,
)

MINIMUM = (2, 38, 0)
CHUNK = 65536
MOST_OUTPUT = 64 * 1024 * 1024
MOST_STDERR = 8192
USUAL_TIMEOUT = 60.0

# Bytes, pieces, or a descriptor that the child reads itself.
Input = bytes | int | Iterable[bytes] | None

_ALWAYS = [
    "git",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c", "safe.directory=*",
    "-c", "protocol.allow=never",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
]  # fmt: skip

_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ADVICE": "0",
}

# A child that was ended by SIGXCPU, itself or as a program that git waited for.
_OUT_OF_TIME = (-signal.SIGXCPU, 128 + signal.SIGXCPU)
_OUT_OF_MEMORY = re.compile("[Oo]ut of memory|[Cc]annot allocate memory|unable to create thread")

# For children that hand out contents: what is larger goes through them in pieces, not as a whole.
LARGE_IN_PIECES = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.bigFileThreshold",
    "GIT_CONFIG_VALUE_0": "4m",
}


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let every child that this thread starts inside end within so many seconds; TookTooLong after them."""
    end = time.monotonic() + seconds
    before = _deadline.get()
    token = _deadline.set(end if before is None else min(before, end))
    try:
        yield
    finally:
        _deadline.reset(token)


def within_limit(timeout: float) -> float:
    """Give what is left of a `timeout` under the limits of this thread; TookTooLong if nothing is."""
    deadline = _deadline.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise TookTooLong("the time for this request is over")
    return min(timeout, left)


class Options(TypedDict, total=False):
    """What `run`, `stream` and `started` take beside the arguments of git."""

    stdin: Input
    env: Mapping[str, str] | None
    timeout: float
    """Seconds until the child is stopped."""
    pass_fds: Sequence[int]
    seconds_for: SecondsFor | None
    """Gives the processor time that the child may use in all, by the bytes that it has read."""
    input_pace: InputPace | None
    """How slow the client may be whose descriptor is the input."""
    kind: Kind | None
    """What the child is for, and so what it may use; by default this follows from its program."""


def run(
    args: Sequence[str],
    *,
    git_dir: Path,
    most_output: int = MOST_OUTPUT,
    ok_statuses: Sequence[int] = (0,),
    **options: Unpack[Options],
) -> bytes:
    """Run git and give all it prints; GitFailed, TookTooLong, or InputTooLarge past `most_output` bytes."""
    parts: list[bytes] = []
    size = 0
    for chunk in stream(args, git_dir=git_dir, ok_statuses=ok_statuses, **options):
        size += len(chunk)
        if size > most_output:
            raise InputTooLarge(f"git {args[0]} answered with more than {most_output} bytes")
        parts.append(chunk)
    return b"".join(parts)


def stream(
    args: Sequence[str],
    *,
    git_dir: Path,
    ok_statuses: Sequence[int] = (0,),
    **options: Unpack[Options],
) -> Generator[bytes, None, None]:
    """Run git and give what it prints, as it comes; closing the generator kills the child.

    Raises GitFailed at the end for a status that is not among `ok_statuses`.
    """
    with started(args, git_dir=git_dir, **options) as child:
        while chunk := child.read(CHUNK):
            yield chunk
        child.finish(ok_statuses)


class Child:
    """A running git whose output is read by hand."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, stderr: int, kind: Kind):
        self.process = process
        self.name = name
        self.kind = kind
        self.timed_out = False
        self.input_error: BaseException | None = None
        self._stderr = stderr

    def read(self, size: int) -> bytes:
        """Give what is there, at most `size` bytes; nothing at the end."""
        assert self.process.stdout is not None
        return os.read(self.process.stdout.fileno(), size)

    def finish(self, ok_statuses: Sequence[int] = (0,)) -> None:
        """Wait for the end; raise what went wrong, the input's own error before git's."""
        status = self.process.wait()
        if self.input_error is not None:
            raise self.input_error
        if self.timed_out:
            raise TookTooLong(f"git {self.name} took too long and was stopped")
        if status not in ok_statuses:
            self._check_limits(status)
            raise GitFailed(self.name, status, self.complaint())

    def wait_for_processor_seconds(self) -> float:
        """Wait for its end; give what it used of processors, more than any number if that is not known."""
        try:
            # It stays, to be looked at, until `finish`.
            os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return math.inf  # it was stopped meanwhile
        used = child_watch.processor_seconds(self.process.pid)
        return math.inf if used is None else used

    def _check_limits(self, status: int) -> None:
        """LimitReached for a child that the kernel ended, or that had no memory to go on."""
        if status in _OUT_OF_TIME:
            limit, what = "processor time", "more time of a processor"
        elif _OUT_OF_MEMORY.search(self._last_complaint()):
            limit, what = "memory", "more memory"
        else:
            return
        budgets.ENDED.labels(self.kind.value, limit).inc()
        raise LimitReached(f"git {self.name} needs {what} than it may use, and was stopped")

    def complaint(self) -> str:
        """Give what git wrote to stderr, cut to a few lines."""
        return self._complaint(0)

    def _complaint(self, start: int) -> str:
        return os.pread(self._stderr, MOST_STDERR, start).decode("utf-8", "replace").strip()

    def _last_complaint(self) -> str:
        """What it wrote last: a child that runs out of memory may have written much before."""
        return self._complaint(max(0, os.fstat(self._stderr).st_size - MOST_STDERR))

    def stop_late(self, why: str) -> None:
        """End it because its client is too slow; `finish` raises ProtocolError with the sentence."""
        self.input_error = ProtocolError(why)
        self.kill()

    def close(self) -> None:
        """Let go of its output."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        os.close(self._stderr)

    def kill(self) -> None:
        """End it and all its children, now."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()


@contextmanager
def started(args: Sequence[str], *, git_dir: Path, **options: Unpack[Options]) -> Iterator[Child]:
    """Start git and give the Child; whatever happens inside, none is left running after it."""
    timeout = options.get("timeout", USUAL_TIMEOUT)
    stdin = options.get("stdin")
    if not options.get("pass_fds"):
        # A child that holds the repository's lock moves refs: that is never cut in half.
        timeout = within_limit(timeout)
    child = _spawn(args, git_dir, options)
    watch = ChildWatch(
        child.process.pid,
        seconds_for=options.get("seconds_for"),
        pace=options.get("input_pace"),
        stop_late=child.stop_late,
    )
    watchdog = threading.Timer(timeout, _stop_late, [child])
    watchdog.daemon = True
    feeder = None
    try:
        budgets.apply(child.process.pid, child.kind)
        watchdog.start()
        if options.get("seconds_for") or options.get("input_pace"):
            watch.start()
        if child.process.stdin is not None:
            assert stdin is not None and not isinstance(stdin, bytes | int)
            feeder = threading.Thread(
                target=_feed, args=(child, child.process.stdin, stdin), daemon=True
            )
            feeder.start()
        yield child
    finally:
        watch.end()
        watchdog.cancel()
        child.kill()
        if feeder is not None:
            feeder.join(5)
        child.close()


def _spawn(args: Sequence[str], git_dir: Path, options: Options) -> Child:
    stdin = options.get("stdin")
    stderr = os.memfd_create("stderr")
    file = _input_file(stdin) if isinstance(stdin, bytes) else None
    given = stdin if isinstance(stdin, int) else file
    try:
        process = subprocess.Popen(
            [*_ALWAYS, f"--git-dir={git_dir}", *args],
            env={**_ENVIRONMENT, **(options.get("env") or {})},
            cwd=git_dir,
            stdin=given
            if given is not None
            else subprocess.PIPE
            if stdin is not None
            else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            pass_fds=tuple(options.get("pass_fds", ())),
            bufsize=0,
        )
    except OSError as error:
        os.close(stderr)
        raise GitError(f"git could not be started: {error.strerror}") from None
    finally:
        if file is not None:
            os.close(file)
    return Child(process, args[0], stderr, options.get("kind") or budgets.kind_of(args[0]))


@functools.cache
def version() -> tuple[int, ...]:
    """Give the version of the git program as numbers; GitError if it is missing."""
    try:
        done = subprocess.run(["git", "version"], env=_ENVIRONMENT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise GitError("the git program was not found") from None
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", done.stdout.decode())
    if found is None:
        raise GitError("the git program does not tell its version")
    return tuple(int(part or 0) for part in found.groups())


def _input_file(data: bytes) -> int:
    # A file in memory instead of a pipe: no thread is needed to feed it.
    descriptor = os.memfd_create("stdin")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _feed(child: Child, pipe: IO[bytes], chunks: Iterable[bytes]) -> None:
    try:
        for chunk in chunks:
            _write_all(pipe, chunk)
    except BrokenPipeError:
        pass  # git has read enough, or died: its status tells
    except Exception as error:
        child.input_error = error
        child.kill()
    finally:
        try:
            pipe.close()
        except OSError:
            pass


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[pipe.write(left) :]


def _stop_late(child: Child) -> None:
    child.timed_out = True
    child.kill()

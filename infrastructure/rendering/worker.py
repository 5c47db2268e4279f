"""A rendering process: takes tasks from its socket, one after another, and dies of one that takes too long.

Started as `python -m infrastructure.rendering.worker`; it loads no Django, so that it is small. A task and its
answer are JSON, each after its length in four bytes. Processor time and memory are limited by the
kernel, since a regular expression at work hears nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

# Whoever asks has forgotten us by then.
IDLE_SECONDS = 120.0
HEADER = struct.Struct(">I")
LARGEST_MESSAGE = 64 * 1024 * 1024


def send(connection: socket.socket, data: bytes) -> None:
    """Write one message."""
    connection.sendall(HEADER.pack(len(data)) + data)


def receive(connection: socket.socket) -> bytes:
    """Read one message; EOFError where the other side has gone, TimeoutError after the socket's time."""
    (length,) = HEADER.unpack(_exactly(connection, HEADER.size))
    if length > LARGEST_MESSAGE:
        raise EOFError
    return _exactly(connection, length)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = connection.recv(min(size, 1024 * 1024))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def answer(message: bytes) -> dict[str, Any]:
    """Run the task of a message; errors are returned as a sentence."""
    from infrastructure.rendering.tasks import TASKS

    asked = json.loads(message)
    try:
        return {"made": TASKS[asked["task"]](**asked["arguments"])}
    except Exception as error:
        # Whatever a library raises over hostile input: the text is shown as it was written.
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def serve(connection: socket.socket, *, seconds: float, memory: int) -> None:
    """Serve tasks until the input ends; `seconds` of CPU time per task, `memory` in bytes."""
    from infrastructure.rendering import highlight, tasks  # noqa: F401 - loaded before a task is timed

    # The first look for a lexer compiles the names of all files, which takes as long as many tasks.
    highlight.lines("pass\n", "first.py")

    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection.settimeout(IDLE_SECONDS)
    while True:
        try:
            message = receive(connection)
        except (EOFError, OSError):
            return
        # Ends the process; this also bounds what is left when whoever asked was killed.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        data = json.dumps(answer(message)).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        try:
            send(connection, data)
        except OSError:
            return


if __name__ == "__main__":
    os.nice(5)  # pages that need no rendering come first
    descriptor, processor_seconds, memory_bytes = sys.argv[1:]
    serve(
        socket.socket(fileno=int(descriptor)),
        seconds=float(processor_seconds),
        memory=int(memory_bytes),
    )

"""One client's connection: what it sent ahead, and the answer that waits for it."""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
import termios
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from bitbucket_clone.web_server.answers import Answer
from bitbucket_clone.web_server.intake import Intake
from core import metrics
from core.networks import Proxies, subscriber
from core.transfer_rate import TransferRate

# Of what was read ahead into a file; the parser copies its buffer with each piece it takes.
PIECE_BYTES = 64 * 1024


class Connection(TConn):
    """A connection with its present request."""

    def __init__(self, config: Any, sock: socket.socket, client: Any, server: Any):
        super().__init__(config, sock, client, server)
        self.peer = client[0] if isinstance(client, tuple) else ""
        # Who is counted for it: all addresses that one subscriber holds.
        self.address = subscriber(self.peer)
        self.answer: Answer | None = None
        self.is_cut = False
        self.is_dropped = False
        self.intake = Intake()
        self.begin_request(b"")

    def begin_request(self, data: bytes) -> None:
        """Wait for the next request, of which these bytes have come."""
        self.intake.close()
        self.intake = Intake(data)
        self.pace = TransferRate(
            grace=settings.HTTP_GRACE_SECONDS,
            silence=settings.HTTP_SILENCE_SECONDS,
            bytes_a_second=settings.HTTP_MIN_BYTES_A_SECOND,
        )
        self.since = time.monotonic()
        self.is_expensive = False
        self.was_told_to_send = False
        self._unacknowledged: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing has come of a request."""
        return not self.intake.data

    def caller(self, proxies: Proxies) -> str:
        """Return the client of the current request that a trusted proxy names; empty if none."""
        head = self.intake.head
        if head is None or not head.forwarded:
            return ""
        return subscriber(proxies.client(self.peer, head.forwarded))

    def hand_over(self) -> None:
        """Give the parser what was read ahead."""
        self.init()
        if not isinstance(self.parser.unreader, _Unreader):
            self.parser.unreader = _Unreader(self)
        self.parser.unreader.take(self.intake)

    def has_all_of(self, request: Any) -> bool:
        """Whether the body of the request is here to its end, read or not."""
        reader = request.body.reader
        left = getattr(reader, "length", None)
        is_read = left == 0 if left is not None else getattr(reader, "parser", self) is None
        return is_read or self.intake.is_whole

    def skip_body(self, request: Any) -> bool:
        """Throw away what was not read of a body that is here; whether the next request can follow."""
        if getattr(request.body, "failed", False):
            return False
        try:
            while request.body.read(PIECE_BYTES):
                pass
        except Exception:
            # What it consists of is no body after all, and where the next request begins is unknown.
            return False
        return True

    def look_for_progress(self) -> None:
        """Record progress if the client has acknowledged data since the last look.

        The kernel asks for more only when a third of its buffer is free, which takes a slow client minutes.
        """
        held = bytearray(4)
        fcntl.ioctl(self.sock, termios.TIOCOUTQ, held)
        unacknowledged = int.from_bytes(held, sys.byteorder)
        if self._unacknowledged is not None and unacknowledged < self._unacknowledged:
            # Its bytes were counted when the kernel took them.
            self.pace.end_waiting(0)
            self.pace.begin_waiting()
        self._unacknowledged = unacknowledged

    def cut(self, why: str) -> None:
        """Shut the connection down; a thread that works for it sees the end."""
        if not self.is_cut:
            self.is_cut = True
            metrics.CONNECTIONS_CUT.labels(why).inc()
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _Unreader(SocketUnreader):
    """Gives the parser what was read ahead; only of a push a thread may wait for more."""

    def __init__(self, connection: Connection):
        super().__init__(connection.sock)
        self._connection = connection
        self._intake = connection.intake

    def take(self, intake: Intake) -> None:
        """Begin with what has come of a request."""
        self._intake = intake
        self.unread(bytes(intake.data))
        intake.data = bytearray()
        if intake.file is not None:
            intake.file.seek(0)

    def chunk(self, size_hint: int | None = None) -> bytes:
        if self._intake.file is not None and (data := self._intake.file.read(PIECE_BYTES)):
            return data
        head = self._intake.head
        if head is None or not head.is_push or self._intake.is_whole:
            raise ConnectionResetError(errno.ECONNRESET, "the request was interrupted")
        pace = self._connection.pace
        pace.begin_waiting()
        received: bytes = super().chunk(size_hint)
        pace.end_waiting(len(received))
        return received

    def take_buffered(self) -> bytes:
        """Give what was read ahead and belongs to the next request."""
        file, self._intake = self._intake.file, Intake()
        rest = b"" if file is None else file.read()
        found: bytes = super().take_buffered() + rest
        if file is not None:
            file.close()
        return found

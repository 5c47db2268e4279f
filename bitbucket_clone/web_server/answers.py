"""A response being sent: while the client is slow, it waits here without a thread."""

from __future__ import annotations

import contextvars
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from core.transfer_rate import TransferRate

# Who reads at all is waited for in the thread, since handing over takes longer than a moment.
PATIENCE_MILLISECONDS = 100
# Of one call of the system: a large page to a slow client moves on piece by piece.
PIECE_BYTES = 1024 * 1024


class Output:
    """The client's socket as gunicorn's Response writes to it."""

    def __init__(self, sock: socket.socket, pace: TransferRate):
        self._socket = sock
        self._pace = pace
        self._waiting = bytearray()

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    def sendall(self, data: bytes) -> None:
        """Send it, or keep what the client does not take."""
        if not self._waiting:
            data = data[self._send(data) :]
        self._waiting += data

    def send(self, data: bytes) -> int:
        """Send a word that comes before the answer."""
        self.sendall(data)
        return len(data)

    def flush(self) -> bool:
        """Send what waits, as far as the client takes it now; whether all is gone. OSError if it has left."""
        while self._waiting:
            sent = self._send(self._waiting)
            if not sent:
                return False
            del self._waiting[:sent]
        return True

    def flush_patiently(self) -> bool:
        """The same, and wait a moment for a client that goes on reading."""
        if self.flush():
            return True
        poller = select.poll()
        poller.register(self._socket, select.POLLOUT)
        while not self.flush():
            self._pace.begin_waiting()
            if not poller.poll(PATIENCE_MILLISECONDS):
                return False
        return True

    def _send(self, data: bytes | bytearray) -> int:
        try:
            with memoryview(data) as view, view[:PIECE_BYTES] as piece:
                sent = self._socket.send(piece, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        self._pace.end_waiting(sent)
        return sent


class Answer:
    """An application's answer, which any thread can go on with where another left off."""

    def __init__(
        self, response: Any, pieces: Iterator[bytes], output: Output, end: Callable[[], None]
    ):
        """`end` is called once, when all is written or the client is gone."""
        self.response = response
        self.output = output
        self._pieces = pieces
        self._end: Callable[[], None] | None = end
        self._context = contextvars.copy_context()
        self.is_written = False

    def go_on(self) -> bool:
        """Write until the end, which gives True, or until the client takes no more for a moment."""
        return self._context.run(self._go_on)

    def _go_on(self) -> bool:
        while self.output.flush_patiently():
            if self.is_written:
                return True
            piece = next(self._pieces, None)
            if piece is None:
                self.response.close()
                self.is_written = True
                # What it holds, such as a child of git, is not kept for who is slow with the rest.
                self.close()
            else:
                self.response.write(piece)
        return False

    def close(self) -> None:
        """End what makes it; the client may be gone."""
        end, self._end = self._end, None
        if end is not None:
            with suppress(Exception):
                self._context.run(end)

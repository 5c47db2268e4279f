"""Read a client's pkt-lines, with limits, and keep what was read for the child that reads it again.

The framing itself is dulwich's (gitprotocol-common(5)); here is what a server must add: bounds, and
the difference between a flush and a delimiter.
"""

from __future__ import annotations

import enum
import os
import socket
from collections.abc import Iterable, Iterator
from typing import Protocol as Interface

from dulwich.errors import GitProtocolError, HangupException
from dulwich.protocol import Protocol, pkt_line

from gitengine.child_watch import InputPace
from gitengine.errors import InputTooLarge, ProtocolError

FLUSH_PACKET = b"0000"
DELIMITER_PACKET = b"0001"
MOST_DATA = 65515
MOST_LINES = 1_200_000


class RequestBody(Interface):
    """Where a request is read from."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, nothing at the end."""


class SocketBody:
    """A body that comes through a socket and has no end of its own: the client waits for the answer.

    A child that knows where its input ends may read the socket itself.
    """

    def __init__(self, source: socket.socket):
        self.descriptor = source.fileno()
        self._source = source
        self._read_bytes = 0

    def input_pace(self, read_bytes: int) -> InputPace | None:
        """Give how slow the client may be while a child reads, after `read_bytes` were read here; None for any."""
        return None

    def read(self, size: int, /) -> bytes:
        """Give what is there, at most `size` bytes; nothing at the end."""
        data = os.read(self.descriptor, size)
        self._read_bytes += len(data)
        return data

    @property
    def pace_of_rest(self) -> InputPace | None:
        """How slow the client may be with all that has not been read here."""
        return self.input_pace(self._read_bytes)

    def end(self) -> None:
        """Make a pending read see the end of the input."""
        try:
            self._source.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # the other side has closed it

    def close(self) -> None:
        """Let go of the socket."""
        self._source.close()


class ControlPacket(enum.Enum):
    """Packets without content."""

    FLUSH = FLUSH_PACKET
    DELIMITER = DELIMITER_PACKET


class PktLineReader:
    """Reads the pkt-lines of one request; `raw` has all bytes that were read as lines."""

    def __init__(self, body: RequestBody, *, most_bytes: int, most_lines: int = MOST_LINES):
        self.raw = bytearray()
        self._lines_left = most_lines
        self._body = body
        self._left = most_bytes
        self._protocol = Protocol(self._read, _never_write)

    def next(self) -> bytes | ControlPacket | None:
        """Give the next line without its newline, a mark, or None at the end of the request."""
        before = len(self.raw)
        self._lines_left -= 1
        if self._lines_left < 0:
            raise InputTooLarge("the request has too many lines")
        try:
            data = self._protocol.read_pkt_line()
        except HangupException:
            return None
        except GitProtocolError as error:
            raise ProtocolError(f"bad pkt-line: {error}") from None
        if data is None:
            return ControlPacket(bytes(self.raw[before : before + 4]))
        return data.rstrip(b"\n")

    def until(self, *marks: ControlPacket) -> Iterator[bytes]:
        """Give lines up to one of these marks, or to the end of the request."""
        while (line := self.next()) is not None:
            if isinstance(line, ControlPacket):
                if line in marks:
                    return
                raise ProtocolError("a delimiter where none belongs")
            yield line

    def _read(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            raise InputTooLarge("the negotiation is too long")
        data = read_exactly(self._body, size)
        self.raw += data
        return data


def read_exactly(body: RequestBody, size: int) -> bytes:
    """Read `size` bytes, less only at the end of the request."""
    parts = []
    while size > 0 and (part := body.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def chunks(body: RequestBody, size: int = 65536) -> Iterator[bytes]:
    """Give the rest of the request piece by piece."""
    while part := body.read(size):
        yield part


def pack_of(body: RequestBody) -> Iterable[bytes] | SocketBody:
    """Give the rest of the request as a child's input."""
    return body if isinstance(body, SocketBody) else chunks(body)


def drain(body: RequestBody) -> None:
    """Read the rest and throw it away: a client that is still sending would not hear the answer.

    A pipe is left alone: its client sends no end before it has the answer.
    """
    if not isinstance(body, SocketBody):
        for _ in chunks(body):
            pass


def line(text: bytes | str) -> bytes:
    """Frame one line, with its newline."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return bytes(pkt_line(data + b"\n"))


def sideband(channel: int, data: bytes) -> Iterator[bytes]:
    """Frame data for a channel of the sideband: 1 is the pack or report, 2 is for people, 3 is the end."""
    for start in range(0, len(data), MOST_DATA):
        yield bytes(pkt_line(bytes([channel]) + data[start : start + MOST_DATA]))


def joined(parts: Iterable[bytes], size: int = 32768) -> Iterator[bytes]:
    """Gather small packets into pieces worth a system call."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= size:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _never_write(data: bytes) -> None:
    raise AssertionError("requests are only read here")

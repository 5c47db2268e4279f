"""What has come of a request: its head, and as much of its body as is read before it has a thread.

Small requests lie in memory, larger bodies in a file without a name.
"""

from __future__ import annotations

import tempfile
from typing import IO

from bitbucket_clone.web_server import heads
from bitbucket_clone.web_server.framing import Chunked, Sized
from bitbucket_clone.web_server.heads import Head

IN_MEMORY_BYTES = 64 * 1024
LARGEST_HEAD = 256 * 1024

_END_OF_HEAD = b"\r\n\r\n"


class Intake:
    """The bytes of one request as they come in."""

    def __init__(self, data: bytes = b""):
        self.data = bytearray()
        # What did not go into memory, behind what did.
        self.file: IO[bytes] | None = None
        self.file_bytes = 0
        self.head: Head | None = None
        self.has_head = False
        self.is_ready = False
        self._framing: Sized | Chunked | None = None
        if data:
            self.feed(data)

    @property
    def is_whole(self) -> bool:
        """Whether the request is there to its end."""
        return self._framing is not None and self._framing.is_whole

    @property
    def is_head_too_large(self) -> bool:
        """Whether there will be no end of the head that we wait for."""
        return not self.has_head and len(self.data) > LARGEST_HEAD

    @property
    def waits_to_send(self) -> bool:
        """Whether the client waits for `100 Continue`."""
        return self.head is not None and self.head.expects and not self.is_ready

    def feed(self, data: bytes) -> None:
        """Add what has come; OSError if the disk is full."""
        if self.has_head:
            self._keep(data)
            self.is_ready = self._framing is None or self._framing.feed(data)
            return
        before = len(self.data)
        self.data += data
        end = self.data.find(_END_OF_HEAD, max(0, before - len(_END_OF_HEAD) + 1))
        if end >= 0:
            self._begin_body(end + len(_END_OF_HEAD))

    def close(self) -> None:
        """Let go of the file."""
        if self.file is not None:
            self.file.close()

    def _begin_body(self, at: int) -> None:
        self.has_head = True
        self.head = head = heads.read(bytes(self.data[:at]))
        body = bytes(self.data[at:])
        if head is None:
            self.is_ready = True
        elif head.length is None:
            self._framing = Chunked(head.most_ahead)
            self.is_ready = self._framing.feed(body) or not head.most_ahead
        else:
            self._framing = Sized(head.length)
            self.is_ready = self._framing.feed(body) or head.length > head.most_ahead

    def _keep(self, data: bytes) -> None:
        if self.file is None and len(self.data) + len(data) <= IN_MEMORY_BYTES:
            self.data += data
            return
        if self.file is None:
            self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the intake
        self.file.write(data)
        self.file_bytes += len(data)

"""What has come of a request, and whether it is enough to give it a thread.

Only the framing is looked at (RFC 9112): where the head ends, how long the body is. Whatever is
malformed counts as complete, so that gunicorn's own parser refuses it in its words.
"""

from __future__ import annotations

import re

# Git and scripts send most bodies whole within this; of larger ones the thread reads the rest.
READ_AHEAD_BYTES = 256 * 1024
LARGEST_HEAD = 256 * 1024
LONGEST_CHUNK_SIZE = 8192

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)
_IS_PUSH = re.compile(rb"^POST [^ \r\n]*/git-receive-pack ")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[^\r\n]*\r\n")


class Intake:
    """The bytes of one request as they come in."""

    def __init__(self, data: bytes = b""):
        self.data = bytearray(data)
        self._body_at = 0
        # Of a body with a length: how many bytes the request has in all.
        self._whole: int | None = None
        # Of a chunked body: where the next chunk begins.
        self._chunk_at: int | None = None

    def feed(self, data: bytes) -> None:
        """Add what has come."""
        self.data += data

    @property
    def has_head(self) -> bool:
        """Whether the head has come, after `is_ready` was asked."""
        return self._body_at > 0

    def is_ready(self) -> bool:
        """Whether the request is there, or as much of it as is read ahead."""
        if not self._body_at and not self._read_head():
            return len(self.data) > LARGEST_HEAD
        if len(self.data) - self._body_at > READ_AHEAD_BYTES:
            return True
        if self._whole is not None:
            return len(self.data) >= self._whole
        return self._chunk_at is None or self._has_last_chunk()

    def target(self) -> bytes:
        """Give the path and query of the request line; empty if there is none."""
        parts = bytes(self.data[: self.data.find(b"\r\n")]).split(b" ")
        return parts[1] if len(parts) == 3 else b""

    def _read_head(self) -> bool:
        end = self.data.find(_END_OF_HEAD)
        if end < 0:
            return False
        self._body_at = end + len(_END_OF_HEAD)
        head = bytes(self.data[: end + 2])
        length, is_chunked = _LENGTH.search(head), _CHUNKED.search(head)
        # Who expects to be asked first sends no body before that.
        if _EXPECTS.search(head) or (length and is_chunked):
            self._whole = self._body_at
        elif is_chunked:
            self._chunk_at = self._body_at
        else:
            self._whole = self._body_at + (int(length[1]) if length else 0)
            if self._whole - self._body_at > READ_AHEAD_BYTES and _IS_PUSH.search(head):
                # Whether it may be sent at all is known from the head.
                self._whole = self._body_at
        return True

    def _has_last_chunk(self) -> bool:
        while self._chunk_at is not None and self._chunk_at < len(self.data):
            found = _CHUNK_SIZE.match(self.data, self._chunk_at)
            if found is None:
                # A size that has not come whole yet, or is none.
                has_line = self.data.find(b"\r\n", self._chunk_at) >= 0
                return has_line or len(self.data) - self._chunk_at > LONGEST_CHUNK_SIZE
            size = int(found[1], 16)
            if size == 0:
                # Trailers end with an empty line, as a head does.
                return self.data.find(_END_OF_HEAD, found.end() - 2) >= 0
            self._chunk_at = found.end() + size + 2
        return False

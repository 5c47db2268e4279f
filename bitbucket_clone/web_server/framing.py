"""Where the body of a request ends (RFC 9112, sections 6 and 7), while it comes piece by piece."""

from __future__ import annotations

import re

LONGEST_SIZE_LINE = 8192
LONGEST_TRAILERS = 16 * 1024

_SIZE_LINE = re.compile(rb"0*([0-9A-Fa-f]{1,16})(?![0-9A-Fa-f])[^\r\n]*\r\n")


class Sized:
    """A body of known length."""

    def __init__(self, length: int):
        self._left = length

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come."""
        return self._left <= 0

    def feed(self, data: bytes) -> bool:
        """Count what has come; whether there is nothing to wait for."""
        self._left -= len(data)
        return self.is_whole


class Chunked:
    """A chunked body. What is malformed is not waited for: gunicorn's parser refuses it."""

    def __init__(self, most: int):
        """`most` bytes are waited for, and half as many more of framing."""
        self._most = most
        self._skip = 0
        self._line = bytearray()
        self._is_at_trailers = False
        self._decoded = self._raw = 0
        self.is_whole = False

    def feed(self, data: bytes) -> bool:
        """Look at what has come; whether there is nothing to wait for."""
        at = 0
        while at < len(data) and not self.is_whole:
            if self._skip:
                step = min(self._skip, len(data) - at)
                # What has come of the data; the end of its line is none.
                self._decoded += max(0, min(step, self._skip - 2))
                self._skip -= step
                at += step
                continue
            end = len(data) if self._is_at_trailers else data.find(b"\n", at) + 1 or len(data)
            self._line += data[at:end]
            at = end
            if self._is_at_trailers:
                if self._line.startswith(b"\r\n") or b"\r\n\r\n" in self._line:
                    self.is_whole = True
                elif len(self._line) > LONGEST_TRAILERS:
                    return True
            elif not self._read_size():
                return True
        self._raw += len(data)
        framing = self._most // 2 + 2 * LONGEST_SIZE_LINE
        return self.is_whole or self._decoded > self._most or self._raw > self._most + framing

    def _read_size(self) -> bool:
        """Read the size of a chunk, if its line has come; whether it is well-formed so far."""
        if not self._line.endswith(b"\n"):
            return len(self._line) <= LONGEST_SIZE_LINE
        found = _SIZE_LINE.fullmatch(self._line)
        if found is None or len(self._line) > LONGEST_SIZE_LINE:
            return False
        size = int(found[1], 16)
        self._line.clear()
        self._is_at_trailers = size == 0
        # The data, and the end of its line.
        self._skip = size + 2 if size else 0
        return True

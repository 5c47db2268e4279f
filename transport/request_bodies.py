"""Request bodies as they come over HTTP: of known length or chunked, plain or compressed, always bounded."""

from __future__ import annotations

import zlib
from typing import Any

from core.errors import DomainError, Invalid, TooLarge
from gitengine.pktlines import RequestBody


class UnknownEncoding(DomainError):
    """The body is compressed in a way that we do not read."""

    status = 415


def of(environ: dict[str, Any], *, most_bytes: int) -> RequestBody:
    """Give the body of a WSGI request; TooLarge, while reading, past `most_bytes` when inflated.

    The server has taken chunked framing away already; a body without a length ends where it says.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    source: RequestBody = _Limited(environ["wsgi.input"], int(length) if length else None)
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        return _Inflated(source, most_bytes)
    if encoding not in {"", "identity"}:
        raise UnknownEncoding("Send the request uncompressed or compressed with gzip.")
    return source


class _Limited:
    """A body of known length, or one that says itself where it ends; broken off, it is refused."""

    def __init__(self, source: RequestBody, length: int | None):
        self._source = source
        self._left = length

    def read(self, size: int, /) -> bytes:
        if self._left is not None:
            size = min(size, self._left)
        try:
            data = self._source.read(size) if size > 0 else b""
        except Exception as error:
            # Servers have errors of their own for a body that breaks off or is badly framed.
            raise Invalid("The request was interrupted.") from error
        if self._left is not None:
            self._left -= len(data)
        return data


class _Inflated:
    """Inflate piece by piece: a small request never becomes a large one in memory."""

    def __init__(self, source: RequestBody, most_bytes: int):
        self._source = source
        self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._left = most_bytes
        self._has_ended = False

    def read(self, size: int, /) -> bytes:
        while size > 0 and not self._inflater.eof:
            waiting = self._inflater.unconsumed_tail
            if not waiting:
                waiting = self._source.read(16384)
                self._has_ended = not waiting
            if self._has_ended:
                raise Invalid("The compressed request ends too early.")
            try:
                data = self._inflater.decompress(waiting, size)
            except zlib.error:
                raise Invalid("The request is not valid gzip.") from None
            if data:
                self._left -= len(data)
                if self._left < 0:
                    raise TooLarge("The request is too large.")
                return data
        return b""

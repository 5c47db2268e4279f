"""Packs that unfold to far more than they hold."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable

BLOB, OFS_DELTA = 3, 6


def delta_bomb(*, base_bytes: int, deltas: int, grown: int = 0) -> bytes:
    """Give a pack of one blob of zeros and a chain of deltas, each of which makes as much anew.

    The first delta makes an object that is larger by `grown` bytes.
    """
    objects = [_blob(bytes(base_bytes))]
    size = base_bytes
    for number in range(deltas):
        before, size = size, base_bytes + grown
        # The object before it, with other last bytes; what it grows by is copied from its beginning.
        delta = (
            _size(before)
            + _size(size)
            + _copy(size - before)
            + _copy(before - 4)
            + b"\x04"
            + struct.pack(">I", number + 1)
        )
        objects.append(
            _header(OFS_DELTA, len(delta)) + _offset(len(objects[-1])) + zlib.compress(delta, 9)
        )
    return _pack(objects)


def of_blobs(contents: Iterable[bytes]) -> bytes:
    """Give a pack of these files, none of them as a delta."""
    return _pack([_blob(content) for content in contents])


def _blob(content: bytes) -> bytes:
    return _header(BLOB, len(content)) + zlib.compress(content, 9)


def _pack(objects: list[bytes]) -> bytes:
    body = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _offset(distance: int) -> bytes:
    """Tell how far back the base begins (gitformat-pack(5))."""
    written = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        written.append(128 | (distance & 127))
    return bytes(reversed(written))


def _header(kind: int, size: int) -> bytes:
    first, rest = size & 15, size >> 4
    header = bytearray([(kind << 4) | first | (128 if rest else 0)])
    while rest:
        header.append((rest & 127) | (128 if rest > 127 else 0))
        rest >>= 7
    return bytes(header)


def _size(size: int) -> bytes:
    written = bytearray()
    while True:
        written.append((size & 127) | (128 if size > 127 else 0))
        size >>= 7
        if not size:
            return bytes(written)


def _copy(size: int) -> bytes:
    """Copy so many bytes from the beginning of the base, in pieces as large as the format has."""
    made, at = bytearray(), 0
    while at < size:
        length = min(size - at, 0xFFFFFF)
        made += b"\xff" + struct.pack("<I", at) + struct.pack("<I", length)[:3]
        at += length
    return bytes(made)

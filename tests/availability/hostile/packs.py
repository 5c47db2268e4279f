"""Packs that unfold to far more than they hold."""

from __future__ import annotations

import hashlib
import struct
import zlib
from itertools import pairwise

BLOB, REF_DELTA = 3, 7


def delta_bomb(*, base_bytes: int, deltas: int) -> bytes:
    """Give a pack of one blob of zeros and a chain of deltas, each of which makes as much anew."""
    base = bytes(base_bytes)
    contents = [base]
    # Each is the one before it with another last byte.
    contents += [base[:-4] + struct.pack(">I", number + 1) for number in range(deltas)]
    objects = [_header(BLOB, len(base)) + zlib.compress(base, 9)]
    for before, after in pairwise(contents):
        delta = (
            _size(len(before)) + _size(len(after)) + _copy(len(after) - 4) + b"\x04" + after[-4:]
        )
        objects.append(
            _header(REF_DELTA, len(delta)) + bytes.fromhex(id_of(before)) + zlib.compress(delta, 9)
        )
    body = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(objects)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def id_of(content: bytes) -> str:
    """Give the id of a blob."""
    whole = b"blob %d\0" % len(content) + content
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()


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

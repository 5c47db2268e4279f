"""What a received pack may hold: the number of its objects, the size of each, and the size of all, inflated.

Git limits only the bytes that it reads, and few of them can inflate to very many. The number of objects
stands at the beginning of a pack and is judged before git reads on. An object that git builds in memory,
as it does every delta, is stopped by a limit of its allocations. What is left are sizes that are known
afterwards; asking git for all of them costs a twentieth of a push, so it is done only where cheaper
bounds do not rule out that a limit was passed. On the way the work is limited by the processor time that
a pack may take (`budgets.seconds_for_pack`).

The depth of delta chains has no limit of its own: git and libgit2 follow a chain without recursion, and
reading an object inflates no more than the objects of its chain, which are counted here.
"""

from __future__ import annotations

import math
import re
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gitengine import budgets, processes
from gitengine.budgets import Kind
from gitengine.errors import InputTooLarge, ProtocolError

HEADER_BYTES = 12
TIMEOUT = 1800.0
# Git hashes every byte of every object, and no processor does so faster: a pack that took little time
# cannot have inflated to much, and its sizes need not be looked at.
MOST_HASHED_A_SECOND = 4 * 1024**3
# Deflate makes no more than this out of a byte (RFC 1951: 258 bytes of two bits).
MOST_EXPANSION = 1032
# What index-pack allocates at once beside objects: its tables grow with their number.
TABLE_BYTES = 64 * 1024**2
TABLE_BYTES_PER_OBJECT = 256
# How exactly the kernel tells the processor time of a process.
CLOCK_TICK_SECONDS = 0.01


@dataclass(frozen=True)
class PackLimits:
    """The most that one pack may hold."""

    objects: int = 20_000_000
    object_bytes: int = 2 * 1024**3
    """Of one object, inflated."""
    total_bytes: int = 1024**4
    """Of all objects together, inflated."""


@dataclass(frozen=True)
class PackHeader:
    """The beginning of a pack (gitformat-pack(5))."""

    version: int
    objects: int


_limits = PackLimits()
_OVER_ALLOCATION = re.compile(r"attempting to allocate (\d+) over limit")
_INDEX_BEGINNING = b"\xfftOc\0\0\0\2"
_NAME_AND_CHECKSUM_BYTES = 24
_IN_LARGE_TABLE = 1 << 31


def configure(limits: PackLimits) -> None:
    """Set what every pack may hold."""
    global _limits
    _limits = limits


def read_header(data: bytes) -> PackHeader:
    """Read the first HEADER_BYTES of a pack; ProtocolError if it is none, InputTooLarge past the limit of objects."""
    if len(data) < HEADER_BYTES or not data.startswith(b"PACK"):
        raise ProtocolError("the pack could not be read: it does not begin as a pack does")
    header = PackHeader(*struct.unpack(">II", data[4:HEADER_BYTES]))
    if header.objects > _limits.objects:
        raise _refused(
            "object count",
            f"the pack holds {header.objects:,} objects; at most {_limits.objects:,} are accepted",
        )
    return header


def allocation_limit(header: PackHeader) -> int:
    """Give the most bytes that git may allocate at once to index a pack (GIT_ALLOC_LIMIT)."""
    tables = TABLE_BYTES + header.objects * TABLE_BYTES_PER_OBJECT
    # Git allocates one byte more than an object has.
    return max(_limits.object_bytes + 1, tables)


def refusal_of(complaint: str) -> InputTooLarge | None:
    """Give the refusal that git's complaint about an allocation is; None for other complaints."""
    found = _OVER_ALLOCATION.search(complaint)
    return _object_too_large(int(found[1]) - 1) if found else None


def require_sizes_within_limits(
    git_dir: Path, objects: Path, header: PackHeader, processor_seconds: float
) -> None:
    """Raise InputTooLarge if the pack in a folder of objects holds too much, in one object or in all.

    `git_dir` is the repository that they are for; `processor_seconds` is what git took to index them.
    """
    most = (processor_seconds + CLOCK_TICK_SECONDS) * MOST_HASHED_A_SECOND
    if most <= _limits.total_bytes and (
        most <= _limits.object_bytes
        or (
            allocation_limit(header) == _limits.object_bytes + 1
            and not any(map(_may_hold_a_larger_object, objects.glob("pack/*.pack")))
        )
    ):
        return
    largest, total = _sizes(git_dir, objects)
    if largest > _limits.object_bytes:
        raise _object_too_large(largest)
    if total > _limits.total_bytes:
        raise _refused(
            "inflated size",
            f"the pack inflates to {_in_units(total)}; "
            f"at most {_in_units(_limits.total_bytes)} are accepted",
        )


def _may_hold_a_larger_object(pack: Path) -> bool:
    """Whether an object that is no delta takes so much of a pack that it may inflate to more than the limit.

    If it does, it covers a whole piece of half its length, in which no other object begins.
    """
    piece = _limits.object_bytes // MOST_EXPANSION // 2
    pieces = pack.stat().st_size // max(piece, 1)
    if pieces < 2:
        return piece == 0
    offsets = _offsets(pack.with_suffix(".idx"))
    return offsets is None or len({one // piece for one in offsets}) < pieces


def _offsets(index: Path) -> Iterator[int] | None:
    """Give where the objects of a pack begin, in the order of their ids; None for an unknown format.

    Version 2 of gitformat-pack(5): a table of 256 counts, ids, checksums, offsets of 31 bits, longer ones.
    """
    content = index.read_bytes()
    if not content.startswith(_INDEX_BEGINNING):
        return None
    counts_end = len(_INDEX_BEGINNING) + 4 * 256
    count = int.from_bytes(content[counts_end - 4 : counts_end], "big")
    start = counts_end + _NAME_AND_CHECKSUM_BYTES * count
    short = _numbers("I", content[start : start + 4 * count])
    # Beyond it are two checksums of 20 bytes.
    long = _numbers("Q", content[start + 4 * count : -40])
    return (long[one - _IN_LARGE_TABLE] if one >= _IN_LARGE_TABLE else one for one in short)


def _numbers(code: str, content: bytes) -> array[int]:
    numbers = array(code, content)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _sizes(git_dir: Path, objects: Path) -> tuple[int, int]:
    """Give the inflated size of the largest object, and of all together, in bytes."""
    largest = total = 0
    listed = processes.stream(
        ["cat-file", "--batch-all-objects", "--batch-check=%(objectsize)"],
        git_dir=git_dir,
        # Without the objects of the repository: what came is complete.
        env={"GIT_OBJECT_DIRECTORY": str(objects)},
        timeout=TIMEOUT,
        kind=Kind.RECEIVING,
    )
    rest = b""
    for chunk in listed:
        *lines, rest = (rest + chunk).split(b"\n")
        sizes = list(map(int, lines))
        largest = max(largest, *sizes) if sizes else largest
        total += sum(sizes)
    return largest, total


def _in_units(size: int) -> str:
    """Write a number of bytes for a person."""
    units = ("bytes", "kB", "MB", "GB", "TB")
    power = min(len(units) - 1, int(math.log(max(size, 1), 1024)))
    shown = size / 1024**power
    return f"{shown:,.0f} {units[power]}" if shown == int(shown) else f"{shown:,.1f} {units[power]}"


def _object_too_large(size: int) -> InputTooLarge:
    return _refused(
        "object size",
        f"the pack holds an object of {_in_units(size)}; "
        f"at most {_in_units(_limits.object_bytes)} are accepted",
    )


def _refused(limit: str, sentence: str) -> InputTooLarge:
    budgets.ENDED.labels(Kind.RECEIVING.value, limit).inc()
    return InputTooLarge(sentence)

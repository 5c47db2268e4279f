"""What `git diff-tree --raw -p -z` prints, read back as values while it comes, within limits.

Nothing is held but one file's lines: what lies beyond a limit is passed over unread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gitengine import encodings
from gitengine.processes import CHUNK, Child
from gitengine.types import (
    ZERO_ID,
    Change,
    ChangeKind,
    Hunk,
    Line,
    LineKind,
)

LONGEST_HEADER = 64 * 1024

_FILE = b"diff --git "
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?([^\n]*)")
_KINDS = {
    "A": ChangeKind.ADD,
    "D": ChangeKind.DELETE,
    "R": ChangeKind.MOVE,
    "C": ChangeKind.COPY,
}
_LINE_KINDS = {b" ": LineKind.CONTEXT, b"+": LineKind.ADDED, b"-": LineKind.REMOVED}
_UNFIT = re.compile(rb'["\\\x00-\x1f\x7f]')
_ESCAPES = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}


class OutputReader:
    """What a child prints, taken in pieces up to a mark."""

    def __init__(self, child: Child):
        self._child = child
        self._held = b""
        self._at = 0

    def until(self, mark: bytes, most: int) -> tuple[bytes, bool]:
        """Give what comes up to and with a mark of one byte, and whether it was cut to `most` bytes."""
        parts: list[bytes] = []
        kept = total = 0
        while True:
            end = self._held.find(mark, self._at)
            stop = end + 1 if end >= 0 else len(self._held)
            taken = self._held[self._at : min(stop, self._at + most - kept)]
            parts.append(taken)
            kept += len(taken)
            total += stop - self._at
            self._at = stop
            if end >= 0 or not self._more(max(self._at - 1, 0)):
                return b"".join(parts), total > kept

    def skip_to_line(self, start: bytes) -> None:
        """Pass over everything up to the next line that begins so; the place must be a line's own."""
        mark = b"\n" + start
        # `until` holds the newline before the place, and a chunk may end within the mark.
        self._at = max(self._at - 1, 0)
        while True:
            end = self._held.find(mark, self._at)
            if end >= 0:
                self._at = end + 1
                return
            self._at = max(self._at, len(self._held) - len(mark) + 1)
            if not self._more(self._at):
                self._at = len(self._held)
                return

    def _more(self, keep_from: int) -> bool:
        """Read on, and hold what was read before from this place on; whether there was more."""
        chunk = self._child.read(CHUNK)
        self._held = self._held[keep_from:] + chunk
        self._at -= keep_from
        return bool(chunk)


@dataclass(slots=True)
class FilePatch:
    """What was read of one file, as far as the limits let it be read."""

    hunks: list[Hunk] = field(default_factory=list)
    is_binary: bool = False
    truncated: bool = False
    lines: int = 0
    bytes: int = 0


@dataclass(slots=True)
class _RawLine:
    kind: LineKind
    raw: bytes
    old_number: int
    new_number: int
    cut: bool
    newline: bool = True


@dataclass(slots=True)
class _RawHunk:
    numbers: tuple[int, int, int, int]
    heading: bytes
    lines: list[_RawLine]
    cut: bool = False


def read_changes(reader: OutputReader) -> Iterator[Change]:
    """Give the changed paths, which come before the lines; to its end, or the lines are not reached."""
    while True:
        head, _ = reader.until(b"\0", LONGEST_HEADER)
        if not (head.startswith(b":") and head.endswith(b"\0")):
            return
        old_mode, new_mode, old_id, new_id, status = head[1:-1].decode("ascii").split(" ")
        kind = _KINDS.get(status[0], ChangeKind.MODIFY)
        moved = kind in {ChangeKind.MOVE, ChangeKind.COPY}
        paths = [reader.until(b"\0", LONGEST_HEADER)[0] for _ in range(1 + moved)]
        if not paths[-1].endswith(b"\0"):
            return
        source, path = os.fsdecode(paths[0][:-1]), os.fsdecode(paths[-1][:-1])
        yield Change(
            kind=kind,
            path=path,
            source_path=source if moved else None,
            old_id=None if old_id == ZERO_ID else old_id,
            new_id=None if new_id == ZERO_ID else new_id,
            old_mode=int(old_mode, 8) or None,
            new_mode=int(new_mode, 8) or None,
            similarity=int(status[1:]) if moved else None,
        )


class PatchReader:
    """The files' lines, in the order of their changes."""

    def __init__(self, reader: OutputReader, *, longest: int):
        self._reader = reader
        self._longest = longest
        self._line = b""
        self._cut = False
        self._next()

    def read(self, change: Change, *, most_lines: int, most_bytes: int) -> FilePatch | None:
        """Return the patch of a change; None if only whitespace differs and is ignored."""
        header = _header_of(change)
        if self._line != header:
            return None
        patch = FilePatch()
        # Another kind of thing at the same path is told in two parts: one goes, the other comes.
        while self._line == header:
            self._read_part(patch, most_lines, most_bytes)
        return patch

    @property
    def ended(self) -> bool:
        """Whether nothing is left; what was read last is whole only if git ended well."""
        return not self._line

    def _next(self) -> None:
        most = max(self._longest + 2, LONGEST_HEADER)
        self._line, self._cut = self._reader.until(b"\n", most)
        if not self._cut and not self._line.endswith(b"\n"):
            self._line = b""

    def _read_part(self, patch: FilePatch, most_lines: int, most_bytes: int) -> None:
        self._next()
        hunks: list[_RawHunk] = []
        while self._line and not self._line.startswith(_FILE):
            start = _HUNK.match(self._line)
            if start is None:
                patch.is_binary = patch.is_binary or self._line.startswith(b"Binary files ")
                self._next()
                continue
            hunk = _RawHunk(_numbers(start), start[5], [])
            hunks.append(hunk)
            if not self._read_hunk(hunk, patch, most_lines, most_bytes):
                patch.truncated = True
                self._reader.skip_to_line(_FILE)
                self._next()
        patch.hunks += _decoded(hunks)

    def _read_hunk(
        self, hunk: _RawHunk, patch: FilePatch, most_lines: int, most_bytes: int
    ) -> bool:
        """Read the lines of a hunk and the line behind it; whether the limits let all be read."""
        old_number, old_left, new_number, new_left = hunk.numbers
        self._next()
        while old_left or new_left:
            kind = _LINE_KINDS.get(self._line[:1])
            if kind is None:
                if not self._line.startswith(b"\\"):
                    break
                _without_newline(hunk)
                self._next()
                continue
            if patch.lines >= most_lines or patch.bytes >= most_bytes:
                hunk.cut = True
                return False
            raw = self._line[1:]
            is_cut = self._cut or len(raw.removesuffix(b"\n")) > self._longest
            if is_cut:
                raw = encodings.cut(raw, self._longest)
            hunk.lines.append(_RawLine(kind, raw, old_number, new_number, is_cut))
            patch.lines += 1
            patch.bytes += len(raw)
            if kind is not LineKind.ADDED:
                old_number, old_left = old_number + 1, old_left - 1
            if kind is not LineKind.REMOVED:
                new_number, new_left = new_number + 1, new_left - 1
            self._next()
        if self._line.startswith(b"\\"):
            _without_newline(hunk)
            self._next()
        return True


def _without_newline(hunk: _RawHunk) -> None:
    if hunk.lines:
        last = hunk.lines[-1]
        last.newline = False
        last.raw = last.raw.removesuffix(b"\n")


def _numbers(start: re.Match[bytes]) -> tuple[int, int, int, int]:
    old_count, new_count = (int(start[2] or 1), int(start[4] or 1))
    return int(start[1]), old_count, int(start[3]), new_count


def _decoded(hunks: list[_RawHunk]) -> list[Hunk]:
    """Make text of the lines; each side of a file has one encoding."""
    sides = {
        kind: encodings.of_lines(
            b"".join(line.raw for hunk in hunks for line in hunk.lines if line.kind is not kind)
        )
        for kind in (LineKind.ADDED, LineKind.REMOVED)
    }
    old, new = sides[LineKind.ADDED], sides[LineKind.REMOVED]
    return [
        Hunk(
            old_start=hunk.numbers[0],
            old_count=hunk.numbers[1],
            new_start=hunk.numbers[2],
            new_count=hunk.numbers[3],
            heading=_text(hunk.heading, encodings.of_lines(hunk.heading)),
            lines=tuple(
                Line(
                    kind=line.kind,
                    text=_text(
                        line.raw.removesuffix(b"\n"), old if line.kind is LineKind.REMOVED else new
                    ),
                    old_number=line.old_number,
                    new_number=line.new_number,
                    truncated=line.cut,
                    raw=line.raw,
                    newline=line.newline,
                )
                for line in hunk.lines
            ),
            truncated=hunk.cut,
        )
        for hunk in hunks
    ]


def _text(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding, encodings.ERRORS).replace("\0", "\ufffd")


def _header_of(change: Change) -> bytes:
    old, new = os.fsencode(change.source_path or change.path), os.fsencode(change.path)
    return _FILE + _quoted(b"a/" + old) + b" " + _quoted(b"b/" + new) + b"\n"


def _quoted(path: bytes) -> bytes:
    """Write a path as git does in a patch: in quotes, escaped, where a sign in it would confuse."""
    if not _UNFIT.search(path):
        return path

    def escaped(found: re.Match[bytes]) -> bytes:
        sign = found[0][0]
        return b"\\" + _ESCAPES.get(sign, b"%03o" % sign)

    return b'"' + _UNFIT.sub(escaped, path) + b'"'

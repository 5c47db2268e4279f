"""The lines of one file's difference as rows of a table: unified or side by side, words that changed marked.

Made as text here, since a template that walks thousands of lines is slow; everything that was pushed is
escaped here too. A row holds no line break, so that what belongs below a line can be put there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest

from gitengine.types import FileDiff, Hunk, Line, LineKind
from web.diffs import changed_words, highlighting
from web.diffs.changed_words import Spans
from web.diffs.highlighting import Pieces

# Beyond this a run of changed lines is another text, and is not compared word by word.
LONGEST_RUN = 60
MOST_PAIRS = 400

# What changes how a line looks without being seen, and what no browser shows.
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_NO_NEWLINE = '<span class="odd" title="No newline at the end of the file">⊘</span>'
_CUT = '<span class="odd" title="The line goes on, and is cut here">…</span>'
_NONE = '<td class="number none"></td><td class="none"></td>'
_CLASSES = {LineKind.ADDED: "added", LineKind.REMOVED: "removed", LineKind.CONTEXT: ""}


@dataclass(frozen=True)
class RowLines:
    """The line numbers of a row on both sides, 0 where there is none."""

    old: int
    new: int


@dataclass(frozen=True)
class RenderedRows:
    """Rows as HTML with their line numbers; None for rows that are not lines."""

    html: list[str]
    places: list[RowLines | None]


def draw(file: FileDiff, *, side_by_side: bool) -> RenderedRows:
    """Make the rows of a file."""
    painter = _Painter(file)
    made = RenderedRows([], [])
    for hunk in file.hunks:
        made.html.append(_heading(hunk, side_by_side))
        made.places.append(None)
        painted = painter.paint(hunk)
        if side_by_side:
            pairs = list(_in_pairs(hunk))
            made.html.extend(_pair(left, right, painted) for left, right in pairs)
            made.places.extend(_place(left, right) for left, right in pairs)
        else:
            made.html.extend(_row(line, painted) for line in hunk.lines)
            made.places.extend(_place(line, line) for line in hunk.lines)
    return made


class _Painter:
    """Makes HTML of lines; how much is coloured and compared by words is bounded for the whole file."""

    def __init__(self, file: FileDiff):
        self._name = file.change.path
        self._pairs_left = MOST_PAIRS
        self._shows_returns = _mixes_endings(file)
        self._colours = _colours(file)

    def paint(self, hunk: Hunk) -> dict[int, str]:
        """Give the text of each line as HTML, by the identity of the line."""
        marks = self._marks(hunk)
        return {
            id(line): self._text(line, self._colours.get(id(line)), marks.get(id(line), []))
            for line in hunk.lines
        }

    def _marks(self, hunk: Hunk) -> dict[int, Spans]:
        found: dict[int, Spans] = {}
        for removed, added in _runs(hunk):
            pairs = min(len(removed), len(added))
            if not pairs or pairs > min(LONGEST_RUN, self._pairs_left):
                continue
            self._pairs_left -= pairs
            for old, new in zip(removed, added, strict=False):
                found[id(old)], found[id(new)] = changed_words.changed_words(old.text, new.text)
        return found

    def _text(self, line: Line, pieces: Pieces | None, marks: Spans) -> str:
        text = line.text if self._shows_returns else line.text.removesuffix("\r")
        if pieces is None and not marks:
            html = _written(text)
        else:
            html = "".join(_painted(pieces or [("", text)], marks, len(text)))
        return html + (_CUT if line.truncated else "") + ("" if line.newline else _NO_NEWLINE)


def _colours(file: FileDiff) -> dict[int, Pieces]:
    """Give the coloured pieces of lines, by the identity of the line: both sides of all hunks at once."""
    sides = [
        [line for line in hunk.lines if line.kind is not left_out]
        for hunk in file.hunks
        for left_out in (LineKind.ADDED, LineKind.REMOVED)
    ]
    texts = [[line.text for line in side] for side in sides]
    found = highlighting.pieces_of(texts, file.change.path)
    return {
        id(line): pieces
        for side, lines in zip(sides, found, strict=True)
        for line, pieces in zip(side, lines, strict=False)
    }


def _painted(pieces: Pieces, marks: Spans, end: int) -> Iterator[str]:
    """Write coloured pieces with marks across them."""
    waiting = list(reversed(marks))
    at = 0
    for name, text in pieces:
        stop = min(at + len(text), end)
        while at < stop:
            while waiting and waiting[-1][1] <= at:
                waiting.pop()
            start, finish = waiting[-1] if waiting else (end, end)
            is_marked = start <= at
            until = min(stop, finish if is_marked else max(start, at + 1))
            html = _written(text[len(text) - (stop - at) : len(text) - (stop - until)])
            if name:
                html = f'<span class="{name}">{html}</span>'
            yield f"<b>{html}</b>" if is_marked else html
            at = until


def _written(text: str) -> str:
    """Escape a text; what would not be seen, or turn the line around, becomes a sign."""
    html = escape(text, quote=False)
    return _ODD.sub(_sign, html) if _ODD.search(html) else html


def _sign(found: re.Match[str]) -> str:
    sign = found[0]
    shown = chr(0x2400 + ord(sign)) if ord(sign) < 32 else "\N{REPLACEMENT CHARACTER}"
    return f'<span class="odd" title="U+{ord(sign):04X}">{shown}</span>'


def _heading(hunk: Hunk, side_by_side: bool) -> str:
    text = f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@"
    heading = f" {_written(hunk.heading)}" if hunk.heading else ""
    return f'<tr class="hunk"><td colspan="{4 if side_by_side else 3}">{text}{heading}</td></tr>'


def _row(line: Line, painted: dict[int, str]) -> str:
    name = _CLASSES[line.kind]
    old = "" if line.kind is LineKind.ADDED else line.old_number
    new = "" if line.kind is LineKind.REMOVED else line.new_number
    start = f'<tr class="{name}">' if name else "<tr>"
    numbers = f'<td class="number">{old}</td><td class="number">{new}</td>'
    return f'{start}{numbers}<td class="text">{painted[id(line)]}</td></tr>'


def _pair(left: Line | None, right: Line | None, painted: dict[int, str]) -> str:
    cells = _cell(left, "old", painted) + _cell(right, "new", painted)
    is_changed = left is None or right is None or left is not right
    return f'<tr class="changed">{cells}</tr>' if is_changed else f"<tr>{cells}</tr>"


def _cell(line: Line | None, side: str, painted: dict[int, str]) -> str:
    if line is None:
        return _NONE
    name = _CLASSES[line.kind]
    number = line.old_number if side == "old" else line.new_number
    kind = f" {name}" if name else ""
    return f'<td class="number{kind}">{number}</td><td class="text{kind}">{painted[id(line)]}</td>'


def _place(left: Line | None, right: Line | None) -> RowLines:
    old = left.old_number if left and left.kind is not LineKind.ADDED else 0
    new = right.new_number if right and right.kind is not LineKind.REMOVED else 0
    return RowLines(old, new)


def _in_pairs(hunk: Hunk) -> Iterator[tuple[Line | None, Line | None]]:
    """Put what went beside what came in its place."""
    removed: list[Line] = []
    added: list[Line] = []
    for line in hunk.lines:
        if line.kind is LineKind.REMOVED and not added:
            removed.append(line)
        elif line.kind is LineKind.ADDED:
            added.append(line)
        else:
            yield from zip_longest(removed, added)
            removed, added = ([line], []) if line.kind is LineKind.REMOVED else ([], [])
            if line.kind is LineKind.CONTEXT:
                yield line, line
    yield from zip_longest(removed, added)


def _runs(hunk: Hunk) -> Iterable[tuple[Sequence[Line], Sequence[Line]]]:
    """Give each run of lines that went with the lines that came in their place."""
    removed: list[Line] = []
    added: list[Line] = []
    for line in hunk.lines:
        if line.kind is LineKind.ADDED:
            added.append(line)
            continue
        if added or line.kind is LineKind.CONTEXT:
            yield removed, added
            removed, added = [], []
        if line.kind is LineKind.REMOVED:
            removed.append(line)
    yield removed, added


def _mixes_endings(file: FileDiff) -> bool:
    """Whether carriage returns came or went, so that they are worth a sign."""
    endings = {
        line.text.endswith("\r")
        for hunk in file.hunks
        for line in hunk.lines
        if line.kind is not LineKind.CONTEXT
    }
    return len(endings) > 1

"""What the diff component shows: files with their rows, a tree of them, and how a reader wants to see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse

from accounts.actor import Actor
from core.errors import Invalid, NotFound
from gitengine.diff import MOST_CONTEXT, DiffLimits, DiffSelection
from gitengine.types import (
    EXECUTABLE_MODE,
    SUBMODULE_MODE,
    SYMLINK_MODE,
    Change,
    ChangeKind,
    FileDiff,
    LineKind,
)
from infrastructure.result_cache import cached
from repos.errors import TooExpensive
from repos.selectors import comparisons
from repos.selectors.comparisons import Comparison
from web.diffs import diff_rows, file_tree
from web.diffs.diff_rows import RenderedRows
from web.diffs.file_tree import TreeNode
from web.frame.requests import WebRequest

# What comes beyond these comes file by file, when its reader gets there.
FILES_AT_ONCE = 20
LINES_AT_ONCE = 3000
LIMITS = DiffLimits(
    files=1000, lines_of_a_file=7000, lines=9000, line_length=2000, bytes=2 * 1024 * 1024
)
COOKIE = "diff"
UNIFIED, SIDE = "unified", "side"
ONE_YEAR = 365 * 24 * 3600
CONTEXTS = {"3": 3, "10": 10, "25": 25, "all": MOST_CONTEXT}
# Counts up when rows are made otherwise, so that what was remembered before is made anew.
EDITION = 4

WORDS = {
    ChangeKind.ADD: "added",
    ChangeKind.DELETE: "deleted",
    ChangeKind.MOVE: "moved",
    ChangeKind.COPY: "copied",
    ChangeKind.MODIFY: "modified",
}


@dataclass(frozen=True)
class DiffOptions:
    """How a reader wants to see what differs."""

    side_by_side: bool = False
    context: str = "3"
    ignore_whitespace: bool = False

    @classmethod
    def read(cls, request: WebRequest) -> DiffOptions:
        """Read it from the query, and where that is silent, from what the browser remembers."""
        context = request.GET.get("context", "3")
        if context not in CONTEXTS:
            raise Invalid("The context is 3, 10, 25 or all.", context="context")
        shown = request.GET.get("diff", request.COOKIES.get(COOKIE, UNIFIED))
        return cls(shown == SIDE, context, request.GET.get("w") == "1")

    def selection(self, path: str = "", source_path: str = "") -> DiffSelection:
        """What of a difference is looked at."""
        return DiffSelection(path, source_path, CONTEXTS[self.context], self.ignore_whitespace)


@dataclass(frozen=True)
class RenderedFile:
    """A file of the diff, with its rows unless it comes later, by itself."""

    change: Change
    number: int
    added: int
    removed: int
    rows: RenderedRows
    is_binary: bool = False
    is_truncated: bool = False
    is_late: bool = False
    is_side: bool = False

    @property
    def word(self) -> str:
        """What happened to the file."""
        return WORDS[self.change.kind]

    @property
    def content_id(self) -> str:
        """What names the change of the file: both contents."""
        return f"{self.change.old_id or ''}:{self.change.new_id or ''}"

    @property
    def marks(self) -> list[str]:
        """What else there is to know of it, in a few words each."""
        return list(_marks(self.change))

    @property
    def html(self) -> str:
        """Return the rows as HTML; pushed content is escaped."""
        return "\n".join(self.rows.html)


@dataclass(frozen=True)
class RenderedDiff:
    """The diff of a page."""

    files: list[RenderedFile]
    left_out: int
    tree: str
    refusal: str = ""
    """Why there is no diff, where it takes more than a page may."""

    @property
    def added(self) -> int:
        """How many lines came, as far as they were counted."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """How many lines went, as far as they were counted."""
        return sum(file.removed for file in self.files)

    @property
    def count(self) -> int:
        """How many files differ."""
        return len(self.files) + self.left_out

    @property
    def is_counted(self) -> bool:
        """Whether the lines of all files were counted."""
        return not self.left_out and not any(file.is_truncated for file in self.files)


def drawn(
    actor: Actor, compared: Comparison, manner: DiffOptions, path: str = "", source_path: str = ""
) -> RenderedDiff:
    """Compare, and draw what differs; remembered by the commits, and by what was asked for."""
    return cached(
        "difference",
        EDITION,
        compared.repository.pk,
        compared.other.pk if compared.other else "",
        compared.old,
        compared.new,
        manner,
        path,
        source_path,
        make=lambda: _draw(actor, compared, manner, path, source_path),
    )


def remember(request: WebRequest, response: HttpResponse) -> HttpResponse:
    """Let the browser remember how its reader likes diffs, if they said so just now."""
    wanted = request.GET.get("diff", "")
    if wanted in {UNIFIED, SIDE}:
        response.set_cookie(COOKIE, wanted, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    return response


def asked(request: WebRequest, compared: Comparison) -> dict[str, Any]:
    """Read what a page is asked to show of a comparison: all of it, or with `file` one by its number."""
    actor = request.actor
    manner = DiffOptions.read(request)
    shown = _drawn_or_refused(actor, compared, manner)
    number = request.GET.get("file", "")
    found = {
        "manner": manner,
        "contexts": list(CONTEXTS),
        "is_one": bool(number),
        "file_address": _file_address(request),
        "compared": compared,
        "shown_in": compared.other or compared.repository,
    }
    if not number:
        return found | {"shown": shown, "files": shown.files}
    if not (number.isascii() and number.isdigit() and 0 < int(number[:9]) <= len(shown.files)):
        raise NoSuchFile()
    at = int(number[:9])
    change = shown.files[at - 1].change
    alone = drawn(actor, compared, manner, change.path, change.source_path or "").files
    files = [replace(file, number=at) for file in alone if file.change.path == change.path]
    return found | {"shown": shown, "files": files}


def _drawn_or_refused(actor: Actor, compared: Comparison, manner: DiffOptions) -> RenderedDiff:
    """Draw all of it; the page shows the rest of what it has where that takes too much."""
    try:
        return drawn(actor, compared, manner)
    except TooExpensive as error:
        return RenderedDiff(files=[], left_out=0, tree="", refusal=error.message)


def _file_address(request: WebRequest) -> str:
    """Return the URL of one file of this diff, without its number."""
    query = request.GET.copy()
    query.pop("file", None)
    return f"?{query.urlencode()}&file=" if query else "?file="


class NoSuchFile(NotFound):
    """A comparison has no file of that number."""

    exception_name = None

    def __init__(self) -> None:
        super().__init__("This diff has no such file.")


def _draw(
    actor: Actor, compared: Comparison, manner: DiffOptions, path: str, source_path: str
) -> RenderedDiff:
    selected = manner.selection(path, source_path)
    found = comparisons.file_diffs(actor, compared, selected, limits=LIMITS)
    files: list[RenderedFile] = []
    lines = 0
    for number, file in enumerate(found.files, start=1):
        own = sum(len(hunk.lines) for hunk in file.hunks)
        was_cut_by_others = file.truncated and own < LIMITS.lines_of_a_file
        is_too_much = lines > 0 and lines + own > LINES_AT_ONCE
        is_late = not path and (number > FILES_AT_ONCE or was_cut_by_others or is_too_much)
        lines += 0 if is_late else own
        files.append(_drawn_file(file, number, manner, is_late=is_late))
    leaves = (
        TreeNode(_shown(file.change.path), file.word, file.added, file.removed) for file in files
    )
    return RenderedDiff(files, found.left_out, file_tree.draw(leaves))


def _drawn_file(file: FileDiff, number: int, manner: DiffOptions, *, is_late: bool) -> RenderedFile:
    kinds = Counter(line.kind for hunk in file.hunks for line in hunk.lines)
    rows = (
        RenderedRows([], []) if is_late else diff_rows.draw(file, side_by_side=manner.side_by_side)
    )
    return RenderedFile(
        file.change,
        number,
        added=kinds[LineKind.ADDED],
        removed=kinds[LineKind.REMOVED],
        rows=rows,
        is_binary=file.is_binary,
        is_truncated=file.truncated,
        is_late=is_late,
        is_side=manner.side_by_side,
    )


def _marks(change: Change) -> list[str]:
    marks = []
    if change.similarity is not None and change.similarity < 100:
        marks.append(f"{change.similarity} % alike")
    old, new = change.old_mode, change.new_mode
    if new == SUBMODULE_MODE or (new is None and old == SUBMODULE_MODE):
        marks.append("submodule")
    if new == SYMLINK_MODE or (new is None and old == SYMLINK_MODE):
        marks.append("symbolic link")
    if old and new and old != new:
        marks.append(f"mode {old:o} → {new:o}")
    elif old is None and new == EXECUTABLE_MODE:
        marks.append("executable")
    return marks


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

"""What differs, as Bitbucket's JSON: changes, diffs with their hunks, sums."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from core import links
from gitengine.diff import DiffSelection
from gitengine.types import (
    EXECUTABLE_MODE,
    Change,
    ChangeKind,
    DiffStats,
    FileDiff,
    Hunk,
    Line,
    LineKind,
)
from repos.models import Repository
from repos.representations.contents import represent_path
from repos.representations.repositories import repository_path
from repos.selectors.comparisons import Comparison, ComparisonDiff


def represent_change(change: Change, compared: Comparison) -> dict[str, Any]:
    """A path that differs; `percentUnchanged` is -1 where nothing was moved or copied."""
    shown: dict[str, Any] = {}
    if change.new_id is not None:
        shown["contentId"] = change.new_id
    if change.old_id is not None:
        shown["fromContentId"] = change.old_id
    shown |= {
        "path": represent_path(change.path),
        "percentUnchanged": -1 if change.similarity is None else change.similarity,
        "type": change.kind.value,
        "nodeType": "SUBMODULE" if change.is_submodule else "FILE",
    }
    if change.new_mode is not None:
        shown["executable"] = change.new_mode == EXECUTABLE_MODE
    if change.old_mode is not None:
        shown["srcExecutable"] = change.old_mode == EXECUTABLE_MODE
    if change.source_path is not None:
        shown["srcPath"] = represent_path(change.source_path)
    return shown | {"links": {"self": [{"href": _address(change, compared)}]}}


def represent_diff(
    diff: ComparisonDiff, compared: Comparison, selected: DiffSelection
) -> dict[str, Any]:
    """All files that differ, with their lines."""
    return {
        "fromHash": compared.old,
        "toHash": compared.new,
        "contextLines": selected.context,
        "whitespace": "IGNORE_ALL" if selected.ignore_whitespace else "SHOW",
        "diffs": [represent_file_diff(file) for file in diff.files],
        "truncated": diff.is_truncated,
    }


def represent_file_diff(file: FileDiff) -> dict[str, Any]:
    """One file with its hunks."""
    change = file.change
    source, destination = change.source_path or change.path, change.path
    shown: dict[str, Any] = {
        "source": None if change.kind is ChangeKind.ADD else represent_path(source),
        "destination": (None if change.kind is ChangeKind.DELETE else represent_path(destination)),
        "hunks": [_hunk(hunk) for hunk in file.hunks],
        "truncated": file.truncated,
    }
    return shown | {"binary": True} if file.is_binary else shown


def represent_stats(stats: DiffStats) -> dict[str, Any]:
    """How much differs."""
    return {
        "filesChanged": stats.files,
        "totalInsertions": stats.added,
        "totalDeletions": stats.removed,
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    segments = [_segment(kind, list(lines)) for kind, lines in groupby(hunk.lines, _kind)]
    if hunk.truncated and segments:
        segments[-1]["truncated"] = True
    shown = {
        "sourceLine": hunk.old_start,
        "sourceSpan": hunk.old_count,
        "destinationLine": hunk.new_start,
        "destinationSpan": hunk.new_count,
        "segments": segments,
        "truncated": hunk.truncated,
    }
    return {"context": hunk.heading} | shown if hunk.heading else shown


def _kind(line: Line) -> LineKind:
    return line.kind


def _segment(kind: LineKind, lines: list[Line]) -> dict[str, Any]:
    return {"type": kind.value, "lines": [_line(line) for line in lines], "truncated": False}


def _line(line: Line) -> dict[str, Any]:
    return {
        "source": line.old_number,
        "destination": line.new_number,
        "line": line.text,
        "truncated": line.truncated,
    }


def _address(change: Change, compared: Comparison) -> str:
    where: Repository = compared.other or compared.repository
    page = links.absolute(f"{repository_path(where)}/commits/{compared.new}")
    return f"{page}#{links.path_segments(change.path)}"

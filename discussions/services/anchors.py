"""Anchors: the lines of a diff that comments are on."""

from __future__ import annotations

from typing import Any

from accounts.actor import Actor
from core.errors import Invalid
from discussions.models import LONGEST_PATH, Thread
from discussions.subjects import AnchorRequest
from gitengine import diff_lines, trees
from gitengine.errors import NoSuchPath
from gitengine.repository import GitRepository
from gitengine.types import EntryKind


def columns(
    actor: Actor, git: GitRepository, wanted: AnchorRequest, from_hash: str, to_hash: str
) -> dict[str, Any]:
    """Judge a place between two commits: the columns of a thread but for its diff type.

    NoSuchPath unless the file is there, before or after.
    """
    path, src_path = wanted.path.strip("/"), wanted.src_path.strip("/")
    if not path:
        raise Invalid("An anchor needs a path.", context="path")
    for one in (path, src_path):
        if len(one) > LONGEST_PATH:
            raise Invalid("The path is too long.", context="path")
    _check_place(git, path, src_path, from_hash, to_hash)
    fields = _line_fields(wanted)
    if "line" in fields:
        _check_line(git, fields, path, src_path, from_hash, to_hash)
    return {
        "path": path,
        "src_path": src_path if src_path != path else "",
        "from_hash": from_hash,
        "to_hash": to_hash,
        **fields,
    }


def _line_fields(wanted: AnchorRequest) -> dict[str, Any]:
    if wanted.line is None:
        return {}
    if not wanted.line_type:
        raise Invalid("A line needs a lineType.", context="lineType")
    is_removed = wanted.line_type == Thread.LineType.REMOVED
    file_type = wanted.file_type or (Thread.FileType.FROM if is_removed else Thread.FileType.TO)
    fields = {"line": wanted.line, "line_type": wanted.line_type, "file_type": file_type}
    if wanted.start_line is None:
        return fields
    if wanted.start_line > wanted.line:
        raise Invalid("The startLine must not come after the line.", context="startLine")
    start_type = wanted.start_line_type or wanted.line_type
    return fields | {"start_line": wanted.start_line, "start_line_type": start_type}


def _check_line(
    git: GitRepository,
    fields: dict[str, Any],
    path: str,
    src_path: str,
    from_hash: str,
    to_hash: str,
) -> None:
    """Refuse a line that is not in the diff that the anchor names, or is of another kind there."""
    is_old_side = fields["file_type"] == Thread.FileType.FROM
    for name, line, kind in (
        ("line", fields["line"], fields["line_type"]),
        ("startLine", fields.get("start_line"), fields.get("start_line_type")),
    ):
        if line is None:
            continue
        # The first line of a range may be a removed one where the last is an added one.
        side = kind == Thread.LineType.REMOVED or (is_old_side and kind != Thread.LineType.ADDED)
        found = diff_lines.of_line(
            git, from_hash or None, to_hash, path, src_path, line, is_old_side=side
        )
        where = "before the change" if side else "after it"
        if found is None:
            raise Invalid(f"{path} has no line {line} {where}.", context=name)
        if found.value != kind:
            raise Invalid(
                f"Line {line} of {path} is {found.value} in this diff, not {kind}.",
                context="lineType" if name == "line" else "startLineType",
            )


def _check_place(
    git: GitRepository, path: str, src_path: str, from_hash: str, to_hash: str
) -> None:
    """NoSuchPath unless the file is there, before or after."""
    try:
        _check_file(git, to_hash, path)
    except NoSuchPath:
        if not from_hash:
            raise
        _check_file(git, from_hash, src_path or path)


def _check_file(git: GitRepository, commit_id: str, path: str) -> None:
    # No diff shows a folder: what would stand on one, nobody would ever see.
    if trees.entry(git, commit_id, path).kind is EntryKind.DIRECTORY:
        raise NoSuchPath(path, commit_id)

"""The attributes that a merge on a clone of the target would heed, as a file for a repository without work tree.

In a work tree git reads `.gitattributes` from the folders of the files that it merges. A bare
repository has no work tree, and git 2.39 reads none from a tree there. So those of the target that
matter are written into one file for `core.attributesFile` (gitattributes(5)).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pygit2

from gitengine import processes
from gitengine.errors import GitFailed, InputTooLarge
from gitengine.quarantine import Quarantine
from gitengine.types import ObjectId

FILE = b".gitattributes"
MOST_BYTES = 1024 * 1024
MOST_FOLDERS = 5000
MOST_LISTED = 8 * 1024 * 1024
TIMEOUT = 60.0

_GLOB = re.compile(rb"([\\*?\[\]])")


def environment(
    incoming: Quarantine, ours: ObjectId, theirs: ObjectId, base: ObjectId | None
) -> dict[str, str]:
    """Return the configuration that makes git use the attributes of `ours`; empty without attributes.

    `ours`, `theirs` and `base` are commits or trees; without a base every folder of `theirs` counts.
    """
    changed = _changed(incoming, ours, theirs, base)
    text = _written(incoming, ours, changed)
    if not text:
        return {}
    file = incoming.path / f"attributes-{ours}"
    file.write_bytes(text)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.attributesFile",
        "GIT_CONFIG_VALUE_0": str(file),
    }


def _changed(
    incoming: Quarantine, ours: ObjectId, theirs: ObjectId, base: ObjectId | None
) -> set[bytes]:
    """The folders in which either side changed something."""
    folders: set[bytes] = {b""}
    if base is None:
        return folders
    for side in (theirs, ours):
        try:
            names = processes.run(
                ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, side],
                git_dir=incoming.git.path,
                env=incoming.env,
                timeout=TIMEOUT,
                most_output=MOST_LISTED,
            )
        except (InputTooLarge, GitFailed):
            # Then the attributes of the root alone are heeded.
            return {b""}
        for name in names.split(b"\0"):
            folder = name.rpartition(b"/")[0]
            while folder and folder not in folders and len(folders) < MOST_FOLDERS:
                folders.add(folder)
                folder = folder.rpartition(b"/")[0]
    return folders


def _written(incoming: Quarantine, ours: ObjectId, folders: Iterable[bytes]) -> bytes:
    opened = incoming.libgit2()
    root = opened[ours].peel(pygit2.Tree)
    lines: list[bytes] = []
    size = 0
    # Nearer files come later, and the last line that matches counts.
    for folder in sorted(folders, key=lambda one: (one.count(b"/") if one else -1, one)):
        text = _read(opened, root, folder)
        size += len(text)
        if size > MOST_BYTES:
            break
        lines += [_below(folder, line) if folder else line for line in text.splitlines()]
    return b"\n".join(lines) + b"\n" if lines else b""


def _read(opened: pygit2.Repository, root: pygit2.Tree, folder: bytes) -> bytes:
    tree: pygit2.Object = root
    for part in [*filter(None, folder.split(b"/")), FILE]:
        if not isinstance(tree, pygit2.Tree):
            return b""
        found = next((one for one in tree if one.raw_name == part), None)
        if found is None:
            return b""
        tree = found
    # Git follows no link for it either.
    if not isinstance(tree, pygit2.Blob) or tree.filemode == pygit2.enums.FileMode.LINK:
        return b""
    return tree.data if tree.size <= MOST_BYTES else b""


def _below(folder: bytes, line: bytes) -> bytes:
    """Write a line of a folder's own file as one that counts from the root."""
    line = line.strip()
    if not line or line.startswith((b"#", b"[attr]", b"!")):
        # Macros are defined at the root alone.
        return b""
    if line.startswith(b'"'):
        pattern, quote, rest = line[1:].partition(b'"')
        if not quote:
            return b""
    else:
        pattern, _, rest = line.partition(b" ")
        pattern, tab, more = pattern.partition(b"\t")
        rest = more + b" " + rest if tab else rest
    start = b"/" + _GLOB.sub(rb"\\\1", folder) + b"/"
    if pattern.startswith(b"/"):
        whole = start + pattern[1:]
    elif b"/" in pattern.rstrip(b"/"):
        whole = start + pattern
    else:
        whole = start + b"**/" + pattern
    if re.search(rb'[\s"]', whole):
        escaped = whole.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        whole = b'"' + escaped.replace(b"\t", b"\\t") + b'"'
    return whole + b" " + rest

"""One commit that changes files: made over trees in memory, never in a work tree.

Nothing here moves a ref. What stands at a path is looked at entry by entry, so that no symbolic
link is ever followed; other entries keep their bytes, however odd they are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from gitengine import trees
from gitengine.errors import EditRefused, NoSuchPath, NothingChanged
from gitengine.object_writer import BLOB, TREE, ObjectWriter, write_tree
from gitengine.repository import GitRepository
from gitengine.types import SYMLINK_MODE, Entry, EntryKind, ObjectId, Person

LONGEST_PATH = 4096
LONGEST_NAME = 255
NEW_FILE = b"100644"
FOLDER = b"40000"

# Characters that HFS+ passes over in a name.
_IGNORED_BY_HFS = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


@dataclass(frozen=True)
class Edit:
    """A change of a path: `content` is the new bytes, None keeps the current ones.

    With `moved_from` the file comes from there; with `is_removal` it goes.
    """

    path: str
    content: bytes | None = None
    moved_from: str | None = None
    is_removal: bool = False


def check_new_path(path: str) -> None:
    """Refuse a path that no careful Git would check out: what git-fsck(1) refuses, and what is too long."""
    if "\0" in path or any(ord(sign) < 32 or ord(sign) == 127 for sign in path):
        raise EditRefused("A path must not contain control characters.")
    if len(path.encode("utf-8", "surrogateescape")) > LONGEST_PATH:
        raise EditRefused(f"A path has {LONGEST_PATH} bytes at most.")
    for name in path.split("/"):
        if name in {"", ".", ".."}:
            raise EditRefused('A path has no empty parts, no "." and no "..".')
        if len(name.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
            raise EditRefused(f"A name in a path has {LONGEST_NAME} bytes at most.")
        if is_git_folder(name):
            raise EditRefused(f'"{name}" is a name that belongs to Git.')


def is_git_folder(name: str) -> bool:
    """Whether some file system takes this name for `.git` (CVE-2014-9390 and its kin)."""
    for part in name.split("\\"):
        plain = part.translate(_IGNORED_BY_HFS).lower()
        # NTFS drops spaces and periods at the end, and what follows a colon is a stream of the file.
        on_ntfs = plain.split(":", 1)[0].rstrip(" .")
        if {plain, on_ntfs} & {".git", "git~1"} or plain == "..":
            return True
    return False


def entry_at(git: GitRepository, commit_id: ObjectId | None, path: str) -> Entry | None:
    """Return the entry at a path of a commit, or None."""
    if commit_id is None:
        return None
    try:
        return trees.entry(git, commit_id, path)
    except NoSuchPath:
        return None


def check_is_file(found: Entry) -> None:
    """Refuse what is no plain file."""
    if found.kind is not EntryKind.FILE or found.mode == SYMLINK_MODE:
        kind = "symbolic link" if found.mode == SYMLINK_MODE else found.kind.value.lower()
        raise EditRefused(f'"{found.path}" is a {kind}; only files can be edited.')


def commit(
    draft: ObjectWriter,
    parent: ObjectId | None,
    changes: Sequence[Edit],
    *,
    person: Person,
    time: int,
    message: str,
) -> ObjectId:
    """Make one commit of changes to different files; NoSuchPath, EditRefused, or NothingChanged."""
    root: ObjectId | None = None
    if parent is not None:
        head = draft.read(parent).split(b"\n", 1)[0]
        root = head.removeprefix(b"tree ").decode("ascii")
    for change in changes:
        root = _tree_after(draft, parent, root, change)
    tree = root if root is not None else draft.add(TREE, b"")
    return draft.commit(tree, [parent] if parent else [], person, time, message)


def _tree_after(
    draft: ObjectWriter, parent: ObjectId | None, root: ObjectId | None, change: Edit
) -> ObjectId | None:
    check_new_path(change.path)
    source = change.moved_from if change.moved_from is not None else change.path
    standing = entry_at(draft.git, parent, source)
    if standing is not None:
        check_is_file(standing)
    elif change.is_removal or change.moved_from is not None or change.content is None:
        raise NoSuchPath(source, parent or "")
    mode = NEW_FILE if standing is None else b"%o" % standing.mode
    blob = standing.id if standing is not None else ""
    if change.content is not None:
        blob = draft.add(BLOB, change.content)
    stays = not change.is_removal and source == change.path
    if stays and standing is not None and standing.id == blob:
        raise NothingChanged("The file already has this content.")
    if change.is_removal or source != change.path:
        root = _changed(draft, root, _parts(source), None)
    if not change.is_removal:
        root = _changed(draft, root, _parts(change.path), (mode, blob))
    return root


def _parts(path: str) -> list[bytes]:
    return os.fsencode(path).split(b"/")


def _changed(
    draft: ObjectWriter,
    tree: ObjectId | None,
    parts: list[bytes],
    leaf: tuple[bytes, ObjectId] | None,
) -> ObjectId | None:
    """Give the tree with the leaf put at, or taken from, the end of the path; None if nothing is left."""
    # From the root down to the folder that holds the leaf, then up again: no recursion.
    levels: list[dict[bytes, tuple[bytes, bytes]]] = []
    current = tree
    for depth, name in enumerate(parts):
        entries = draft.entries(current) if current is not None else {}
        levels.append(entries)
        found = entries.get(name)
        if depth == len(parts) - 1:
            if leaf is not None and found is not None and _is_folder(found[0]):
                raise EditRefused("A folder already exists at this path.")
            break
        if found is not None and not _is_folder(found[0]):
            above = os.fsdecode(b"/".join(parts[: depth + 1]))
            raise EditRefused(f'"{above}" is not a folder, so nothing can be put below it.')
        current = found[1].hex() if found is not None else None
    below: tuple[bytes, ObjectId] | None = leaf
    for entries, name in zip(reversed(levels), reversed(parts), strict=True):
        if below is None:
            entries.pop(name, None)
        else:
            entries[name] = (below[0], bytes.fromhex(below[1]))
        below = (FOLDER, draft.add(TREE, write_tree(entries))) if entries else None
    return below[1] if below is not None else None


def _is_folder(mode: bytes) -> bool:
    return int(mode, 8) == trees.TREE_MODE

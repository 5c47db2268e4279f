"""Rebase, cherry-pick and revert on trees, without a work tree.

Most commits change what the other side left alone. Those are joined here, entry by entry, exactly
as git would: a path that both sides changed is the git program's affair, since it alone knows
renames and lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import pygit2

from gitengine import merge, objects, processes
from gitengine.errors import MergeConflict, NoSuchRevision, NothingChanged
from gitengine.object_writer import clean_message, entries_of, stamp, write_tree
from gitengine.quarantine import Quarantine
from gitengine.types import Commit, ObjectId, Person

TIMEOUT = 120.0
MOST_COMMITS = 10_000
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
TREE_MODE = b"40000"

Entry = tuple[bytes, bytes]


@dataclass(frozen=True)
class Committer:
    """The committer of rewritten commits, with the time in seconds since 1970."""

    committer: Person
    time: int


def rebase(incoming: Quarantine, source: ObjectId, onto: ObjectId, by: Committer) -> ObjectId:
    """Rebase the commits of `source` onto `onto`, as `git rebase` does; returns the new tip.

    Merges are left out, so is what is there already, and what becomes empty by it. Authors, their
    time and messages stay. MergeConflict.
    """
    tip = onto
    for commit in _to_be_moved(incoming, source, onto):
        made = _moved(incoming, commit, tip, by)
        tip = tip if made is None else made
    return tip


def revert(
    incoming: Quarantine,
    commit: Commit,
    onto: ObjectId,
    by: Committer,
    *,
    since: ObjectId | None = None,
) -> ObjectId:
    """Make a commit on `onto` that takes back what came with another since an older one, else its first parent.

    MergeConflict, NothingChanged.
    """
    before = since or _first_parent(commit)
    tree = _joined(incoming, commit.id, onto, _tree(incoming, commit.id), _before(incoming, before))
    subject = commit.message.split("\n", 1)[0]
    what = f"commit {commit.id}"
    if commit.parents not in ((), (before,)):
        what += f", reversing\nchanges made to {before}"
    message = f'Revert "{subject}"\n\nThis reverts {what}.\n'
    return _committed(incoming, tree, onto, message, by)


def cherry_pick(
    incoming: Quarantine,
    commit: Commit,
    onto: ObjectId,
    by: Committer,
    *,
    since: ObjectId | None = None,
) -> ObjectId:
    """Make a commit on `onto` that brings what came with another since an older one, else its first parent.

    MergeConflict, NothingChanged.
    """
    before = _before(incoming, since or _first_parent(commit))
    tree = _joined(incoming, commit.id, onto, before, _tree(incoming, commit.id))
    if tree == _tree(incoming, onto):
        raise NothingChanged("The target already has all changes of this commit.")
    data = _read(incoming.libgit2(), commit.id)
    return incoming.write("commit", _anew(data, tree, onto, by))


def _to_be_moved(incoming: Quarantine, source: ObjectId, onto: ObjectId) -> list[Commit]:
    """List what is not there yet, oldest first; what was picked already is left out."""
    output = processes.run(
        [
            "rev-list",
            "--reverse",
            "--topo-order",
            "--no-merges",
            "--cherry-pick",
            "--right-only",
            f"--max-count={MOST_COMMITS}",
            "--end-of-options",
            f"{onto}...{source}",
            "--",
        ],
        git_dir=incoming.git.path,
        env=incoming.env,
        timeout=TIMEOUT,
    )
    opened = incoming.libgit2()
    return [objects.read_commit(opened, one) for one in output.decode("ascii").split()]


def _moved(incoming: Quarantine, commit: Commit, tip: ObjectId, by: Committer) -> ObjectId | None:
    """Apply one commit on `tip`; returns None if nothing is left of it."""
    if commit.parents[:1] == (tip,):
        return commit.id
    parent = _before(incoming, _first_parent(commit))
    own, there = _tree(incoming, commit.id), _tree(incoming, tip)
    tree = _joined(incoming, commit.id, tip, parent, own)
    if tree == there and own != parent:
        return None
    return incoming.write("commit", _anew(_read(incoming.libgit2(), commit.id), tree, tip, by))


def _joined(
    incoming: Quarantine, commit: ObjectId, tip: ObjectId, base: ObjectId, theirs: ObjectId
) -> ObjectId:
    """Apply to a commit's tree what leads from one tree to another; MergeConflict names `commit`."""
    if EMPTY_TREE in (base, theirs):
        incoming.write("tree", b"")
    ours = _tree(incoming, tip)
    simple = _join_simply(incoming, incoming.libgit2(), base, ours, theirs)
    if simple is not None:
        return simple
    merged = merge.merge(incoming, tip, theirs, base=base)
    if merged.disagreements:
        raise MergeConflict(merged.conflicts, commit)
    return merged.tree


def _join_simply(
    incoming: Quarantine,
    opened: pygit2.Repository,
    base: ObjectId,
    ours: ObjectId,
    theirs: ObjectId,
) -> ObjectId | None:
    """Join trees of which each entry was changed by one side at most; None where one was by both."""
    if base in (theirs, ours) or ours == theirs:
        return ours if base == theirs else theirs
    sides = [_entries(opened, one) for one in (base, ours, theirs)]
    joined: dict[bytes, Entry] = {}
    for name in sides[0].keys() | sides[1].keys() | sides[2].keys():
        before, mine, other = (side.get(name) for side in sides)
        if mine == other or before == other:
            chosen = mine
        elif before == mine:
            chosen = other
        else:
            chosen = _join_folders(incoming, opened, before, mine, other)
            if chosen is None:
                return None
        if chosen is not None:
            joined[name] = chosen
    return incoming.write("tree", write_tree(joined))


def _join_folders(
    incoming: Quarantine,
    opened: pygit2.Repository,
    before: Entry | None,
    mine: Entry | None,
    other: Entry | None,
) -> Entry | None:
    if before is None or mine is None or other is None:
        return None
    if {before[0], mine[0], other[0]} != {TREE_MODE}:
        return None
    ids = (before[1].hex(), mine[1].hex(), other[1].hex())
    joined = _join_simply(incoming, opened, *ids)
    # A folder that ends empty is none, which only git decides.
    if joined is None or joined == EMPTY_TREE:
        return None
    return TREE_MODE, bytes.fromhex(joined)


def _anew(data: bytes, tree: ObjectId, parent: ObjectId, by: Committer) -> bytes:
    """Write a commit with another tree, parent and committer; what signed it is not true any more."""
    head, _, message = data.partition(b"\n\n")
    kept: dict[bytes, bytes] = {}
    for line in head.split(b"\n"):
        keyword = line.split(b" ", 1)[0]
        if keyword in (b"author", b"encoding"):
            kept.setdefault(keyword, line)
    lines = [f"tree {tree}".encode(), f"parent {parent}".encode()]
    lines.append(kept.get(b"author", b"author unknown <unknown> 0 +0000"))
    lines.append(f"committer {stamp(by.committer, by.time)}".encode())
    lines += [kept[b"encoding"]] if b"encoding" in kept else []
    return b"\n".join(lines) + b"\n\n" + message


def _committed(
    incoming: Quarantine, tree: ObjectId, parent: ObjectId, message: str, by: Committer
) -> ObjectId:
    if tree == _tree(incoming, parent):
        raise NothingChanged("There is nothing left to revert.")
    return merge.write_commit(
        incoming,
        tree,
        [parent],
        message=clean_message(message),
        author=by.committer,
        committer=by.committer,
        time=by.time,
    )


def _first_parent(commit: Commit) -> ObjectId | None:
    return commit.parents[0] if commit.parents else None


def _before(incoming: Quarantine, commit: ObjectId | None) -> ObjectId:
    """The tree before anything else came; an empty one where there was nothing."""
    return EMPTY_TREE if commit is None else _tree(incoming, commit)


def _tree(incoming: Quarantine, commit: ObjectId) -> ObjectId:
    return objects.read_commit(incoming.libgit2(), commit).tree


def _entries(opened: pygit2.Repository, tree: ObjectId) -> dict[bytes, Entry]:
    return {} if tree == EMPTY_TREE else entries_of(_read(opened, tree))


def _read(opened: pygit2.Repository, object_id: ObjectId) -> bytes:
    try:
        return bytes(opened.read(object_id)[1])
    except (KeyError, ValueError):
        raise NoSuchRevision(object_id) from None

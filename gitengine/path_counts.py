"""Counts the paths of a tree by its distinct subtrees, so that 10^9 paths are cheap to count.

A few small trees that hold each other many times are pushed in a second and take hours to list. Whatever
goes through all paths asks here first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

import pygit2
from pygit2.enums import ObjectType

from gitengine import objects
from gitengine.errors import NoSuchRevision, TooManyPaths
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

# More distinct trees than this are not looked at: a tree that has them holds too many paths.
MOST_TREES = 300_000
KEPT = 200_000

_most_paths = 5_000_000


class Objects(Protocol):
    """Where trees are found: a repository, or one with what waits in quarantine."""

    def libgit2(self) -> pygit2.Repository:
        """Open it."""


def configure(most_paths: int) -> None:
    """Set beyond how many paths a tree is not listed, compared or archived as a whole."""
    global _most_paths
    _most_paths = most_paths


def most_paths() -> int:
    """Give the limit."""
    return _most_paths


def of_commit(git: Objects, object_id: ObjectId) -> int:
    """Count the paths of a commit's or tree's files and folders; past the limit a number above it."""
    opened = git.libgit2()
    root = _tree(opened, object_id, "")
    return 0 if root is None else _below(opened, root.id)


def require_few(git: GitRepository, object_id: ObjectId) -> None:
    """Raise TooManyPaths if a commit or tree has more paths than the limit."""
    if of_commit(git, object_id) > _most_paths:
        raise TooManyPaths(_most_paths)


def require_few_differences(
    git: GitRepository, old: ObjectId | None, new: ObjectId, path: str = ""
) -> None:
    """Raise TooManyPaths if two commits or trees differ, below a path, in more paths than the limit.

    `old` None is the empty tree.
    """
    if all(of_commit(git, one) <= _most_paths for one in (old, new) if one is not None):
        return
    opened = git.libgit2()
    before = None if old is None else _tree(opened, old, path)
    if _differing(opened, before, _tree(opened, new, path)) > _most_paths:
        raise TooManyPaths(_most_paths)


def _tree(opened: pygit2.Repository, object_id: ObjectId, path: str) -> pygit2.Tree | None:
    """Find the tree at a path of a commit or tree; None where there is none: others say so in their words."""
    try:
        found = opened[object_id]
        root = found if isinstance(found, pygit2.Tree) else objects.tree_of(opened, object_id)
        at_path = root[path] if path else root
    except (KeyError, ValueError, NoSuchRevision):
        return None
    return at_path if isinstance(at_path, pygit2.Tree) else None


def _below(opened: pygit2.Repository, root: pygit2.Oid) -> int:
    """Count without recursion, each distinct tree once."""
    known = _counts.get(root)
    if known is not None:
        return known
    counted: dict[pygit2.Oid, int] = {}
    waiting = [root]
    while waiting:
        if len(counted) > MOST_TREES:
            _counts.keep({root: _most_paths + 1})
            return _most_paths + 1
        tree_id = waiting[-1]
        if tree_id in counted:
            waiting.pop()
            continue
        children: list[pygit2.Oid] = []
        total = 0
        tree = opened[tree_id]
        assert isinstance(tree, pygit2.Tree)
        for entry in tree:
            total += 1
            if entry.type != ObjectType.TREE:
                continue
            count = counted.get(entry.id)
            count = _counts.get(entry.id) if count is None else count
            if count is None:
                children.append(entry.id)
            else:
                total += count
        if children:
            waiting += children
            continue
        # Beyond the limit the number itself would grow with each level.
        counted[tree_id] = min(total, _most_paths + 1)
        waiting.pop()
    _counts.keep(counted)
    return counted[root]


def _differing(opened: pygit2.Repository, old: pygit2.Tree | None, new: pygit2.Tree | None) -> int:
    """Count the paths in which two trees differ, up to the limit; each pair of distinct trees once."""
    root = (old, new)
    counted: dict[tuple[bytes, bytes], int] = {}
    waiting: list[tuple[pygit2.Tree | None, pygit2.Tree | None]] = [root]
    while waiting:
        if len(counted) > MOST_TREES:
            return _most_paths + 1
        pair = waiting[-1]
        if _key(pair) in counted:
            waiting.pop()
            continue
        total, pairs = _differing_here(opened, *pair)
        missing = []
        for one in pairs:
            count = counted.get(_key(one))
            if count is None:
                missing.append(one)
            else:
                total += count
        if missing:
            waiting += missing
            continue
        counted[_key(pair)] = min(total, _most_paths + 1)
        waiting.pop()
    return counted[_key(root)]


def _key(pair: tuple[pygit2.Tree | None, pygit2.Tree | None]) -> tuple[bytes, bytes]:
    left, right = (b"" if one is None else bytes(one.id.raw) for one in pair)
    return left, right


def _differing_here(
    opened: pygit2.Repository, left: pygit2.Tree | None, right: pygit2.Tree | None
) -> tuple[int, list[tuple[pygit2.Tree | None, pygit2.Tree | None]]]:
    """Count the entries in which two trees differ, and give the folders among them."""
    if left is None or right is None:
        one = left if left is not None else right
        return (_below(opened, one.id) if one is not None else 0), []
    total = 0
    pairs: list[tuple[pygit2.Tree | None, pygit2.Tree | None]] = []
    before = {entry.raw_name: entry for entry in left}
    after = {entry.raw_name: entry for entry in right}
    for name in before.keys() | after.keys():
        was, is_now = before.get(name), after.get(name)
        if was is not None and is_now is not None and was.id == is_now.id:
            continue
        total += 1
        below_old = was if isinstance(was, pygit2.Tree) else None
        below_new = is_now if isinstance(is_now, pygit2.Tree) else None
        if below_old is not None or below_new is not None:
            pairs.append((below_old, below_new))
    return total, pairs


class _Counts:
    """Counts of trees that were met before, in this process: a tree's content never changes."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tree_id: pygit2.Oid) -> int | None:
        return self._known.get(tree_id.raw)

    def keep(self, counted: dict[pygit2.Oid, int]) -> None:
        with self._lock:
            for tree_id, count in counted.items():
                self._known[tree_id.raw] = count
            while len(self._known) > KEPT:
                self._known.popitem(last=False)


_counts = _Counts()

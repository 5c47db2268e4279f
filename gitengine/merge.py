"""Three-way merges without a work tree: the git program joins trees, the result waits in a quarantine.

Source: git-merge-tree(1). A merge moves no ref; whoever asked for it does.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from gitengine import merge_attributes, objects, processes
from gitengine.errors import GitError, NoSuchRevision
from gitengine.object_writer import clean_message, stamp
from gitengine.quarantine import Quarantine
from gitengine.refs import FULL_ID
from gitengine.types import ObjectId, Person

TIMEOUT = 120.0
MOST_OUTPUT = 16 * 1024 * 1024
MOST_CONFLICTS = 1000

_MERGE_TREE = ["merge-tree", "--write-tree", "-z", "--no-messages", "--allow-unrelated-histories"]


class ConflictSide(enum.Enum):
    """What one side did to a path."""

    NOTHING = "NOTHING"
    ADD = "ADD"
    MODIFY = "MODIFY"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path on which both sides disagree."""

    path: str
    ours: ConflictSide
    theirs: ConflictSide


@dataclass(frozen=True)
class MergeResult:
    """The tree that a merge gives, with the paths on which both sides disagree, if there are any.

    Where they do, the tree holds these files with the usual marks.
    """

    tree: ObjectId
    disagreements: tuple[Conflict, ...] = ()

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The paths alone."""
        return tuple(one.path for one in self.disagreements)


def merge(
    incoming: Quarantine, ours: ObjectId, theirs: ObjectId, *, base: ObjectId | None = None
) -> MergeResult:
    """Join two commits; without a `base`, from where their histories meet.

    The `.gitattributes` of `ours` are heeded, as on a clone where it is checked out. With a `base`,
    a commit or a tree, what leads from it to `theirs` is applied to `ours`, whatever
    their histories are: a cherry-pick has the parent for its base.
    """
    attributes = merge_attributes.environment(
        incoming, ours, theirs, base or _meeting(incoming, ours, theirs)
    )
    if base is not None:
        start = _stand_in(incoming, base)
        ours = _stand_in(incoming, ours, start)
        theirs = _stand_in(incoming, theirs, start)
    answer = processes.run(
        # Ids alone: this command knows no --end-of-options.
        [*_MERGE_TREE, _checked(ours), _checked(theirs)],
        git_dir=incoming.git.path,
        env={**incoming.env, **attributes},
        timeout=TIMEOUT,
        most_output=MOST_OUTPUT,
        ok_statuses=(0, 1),
    )
    tree, *stages = answer.decode("utf-8", "surrogateescape").split("\0")
    if not FULL_ID.fullmatch(tree):
        raise GitError("the merge gave no tree")
    return MergeResult(tree, _conflicts(stages))


def write_commit(
    incoming: Quarantine,
    tree: ObjectId,
    parents: Sequence[ObjectId],
    *,
    message: str,
    author: Person,
    committer: Person,
    time: int,
) -> ObjectId:
    """Write a commit of this tree, whose parents are these, into the quarantine."""
    lines = [f"tree {_checked(tree)}"]
    lines += [f"parent {_checked(parent)}" for parent in parents]
    lines += [f"author {stamp(author, time)}", f"committer {stamp(committer, time)}"]
    text = "\n".join([*lines, "", clean_message(message)])
    return incoming.write("commit", text.encode("utf-8", "replace"))


def _meeting(incoming: Quarantine, ours: ObjectId, theirs: ObjectId) -> ObjectId | None:
    """Where two histories meet: the first of several, which is enough to know what changed since."""
    try:
        found = incoming.libgit2().merge_base(ours, theirs)
    except (KeyError, ValueError):
        return None
    return None if found is None else str(found)


def _conflicts(stages: list[str]) -> tuple[Conflict, ...]:
    """Read `<mode> <id> <stage>\\t<path>` lines: 1 is the base, 2 ours, 3 theirs."""
    found: dict[str, dict[str, str]] = {}
    for line in stages:
        head, tab, path = line.partition("\t")
        if tab and len(found) < MOST_CONFLICTS:
            _, object_id, stage = head.split(" ")
            found.setdefault(path, {})[stage] = object_id
    return tuple(
        Conflict(path, _side(there, "2"), _side(there, "3")) for path, there in found.items()
    )


def _side(there: dict[str, str], stage: str) -> ConflictSide:
    base, own = there.get("1"), there.get(stage)
    if base is None:
        return ConflictSide.NOTHING if own is None else ConflictSide.ADD
    if own is None:
        return ConflictSide.DELETE
    return ConflictSide.NOTHING if own == base else ConflictSide.MODIFY


def _stand_in(incoming: Quarantine, thing: ObjectId, *parents: ObjectId) -> ObjectId:
    """Write a commit of the same tree with a history of our choice; no ref ever reaches it."""
    nobody = Person("merge", "merge@localhost")
    return write_commit(
        incoming,
        _tree_of(incoming, _checked(thing)),
        parents,
        message="a side of a merge",
        author=nobody,
        committer=nobody,
        time=0,
    )


def _tree_of(incoming: Quarantine, thing: ObjectId) -> ObjectId:
    opened = incoming.libgit2()
    try:
        return objects.read_commit(opened, thing).tree
    except NoSuchRevision:
        if thing in opened:
            return thing
        raise


def _checked(object_id: ObjectId) -> ObjectId:
    if not FULL_ID.fullmatch(object_id):
        raise NoSuchRevision(object_id)
    return object_id

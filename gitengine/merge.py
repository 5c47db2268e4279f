"""Three-way merges without a work tree: the git program joins trees, the result waits in a quarantine.

Source: git-merge-tree(1). A merge moves no ref; whoever asked for it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitengine import processes
from gitengine.errors import GitError, NoSuchRevision
from gitengine.quarantine import Quarantine
from gitengine.refs import FULL_ID
from gitengine.types import ObjectId, Person

TIMEOUT = 120.0
MOST_OUTPUT = 16 * 1024 * 1024

_MERGE_TREE = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]
_MERGE_TREE += ["--allow-unrelated-histories"]


@dataclass(frozen=True)
class Merged:
    """The tree that a merge gives, and the paths on which both sides disagree, if there are any."""

    tree: ObjectId
    conflicts: tuple[str, ...] = ()


def merge(
    incoming: Quarantine, ours: ObjectId, theirs: ObjectId, *, base: ObjectId | None = None
) -> Merged:
    """Join two commits; without a `base`, from where their histories meet.

    With a `base`, what leads from it to `theirs` is applied to `ours`, whatever their histories are:
    a cherry-pick has the parent for its base.
    """
    if base is not None:
        start = _stand_in(incoming, base)
        ours = _stand_in(incoming, ours, start)
        theirs = _stand_in(incoming, theirs, start)
    answer = processes.run(
        # Ids alone: this command knows no --end-of-options.
        [*_MERGE_TREE, _checked(ours), _checked(theirs)],
        git_dir=incoming.git.path,
        env=incoming.env,
        timeout=TIMEOUT,
        most_output=MOST_OUTPUT,
        ok_statuses=(0, 1),
    )
    tree, *paths = answer.decode("utf-8", "surrogateescape").split("\0")
    if not FULL_ID.fullmatch(tree):
        raise GitError("the merge gave no tree")
    return Merged(tree, tuple(dict.fromkeys(path for path in paths if path)))


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
    lines += [f"author {_signature(author, time)}", f"committer {_signature(committer, time)}"]
    text = "\n".join(lines) + f"\n\n{message.strip()}\n"
    written = processes.run(
        ["hash-object", "-t", "commit", "-w", "--stdin"],
        git_dir=incoming.git.path,
        stdin=text.replace("\0", "").encode("utf-8", "replace"),
        env=incoming.env,
    )
    return written.decode().strip()


def _stand_in(incoming: Quarantine, commit: ObjectId, *parents: ObjectId) -> ObjectId:
    """Write a commit of the same tree with a history of our choice; no ref ever reaches it."""
    tree = processes.run(
        ["rev-parse", "--verify", "--end-of-options", f"{_checked(commit)}^{{tree}}"],
        git_dir=incoming.git.path,
        env=incoming.env,
    )
    nobody = Person("merge", "merge@localhost")
    return write_commit(
        incoming,
        tree.decode().split()[-1],
        parents,
        message="a side of a merge",
        author=nobody,
        committer=nobody,
        time=0,
    )


def _checked(object_id: ObjectId) -> ObjectId:
    if not FULL_ID.fullmatch(object_id):
        raise NoSuchRevision(object_id)
    return object_id


def _signature(person: Person, time: int) -> str:
    # What would end a name or an address early is left out.
    def plain(text: str) -> str:
        return "".join(c for c in text if c not in "<>\n\0").strip() or "unknown"

    return f"{plain(person.name)} <{plain(person.email)}> {time} +0000"

"""Which objects may be had by their id: those that a visible ref reaches, and no others.

Git's own upload-pack hands out every object that exists (gitprotocol-v2(5)), so this check is what
keeps deleted branches, hidden refs and the objects of other forks apart.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from hashlib import sha256

from gitengine import processes, refs
from gitengine.budgets import Kind
from gitengine.errors import GitFailed
from gitengine.repository import GitRepository
from gitengine.types import ObjectId

TIMEOUT = 60.0
MOST_KNOWN = 50_000

# Which tips reach which commits, oldest first: the same page is asked for again and again.
_known: dict[tuple[bytes, ObjectId], None] = {}
_knowing = threading.Lock()


def unreachable(
    git: GitRepository, wanted: Collection[ObjectId], visible: refs.Visible = refs.everything
) -> set[ObjectId]:
    """Give wanted ids that no visible ref reaches, or that do not exist: all or only some of them.

    One is enough to refuse a request, and looking for each could cost a process each.
    """
    listed = refs.list_refs(git, visible=visible)
    tips = {ref.target for ref in listed} | {ref.peeled for ref in listed}
    left = set(wanted) - tips
    if not left:
        return set()
    kinds = _kinds(git, left)
    commits = {object_id for object_id in left if kinds.get(object_id) == "commit"}
    # A tag object is reached from a ref or another tag, never from a commit: another fork's tag, or a
    # deleted one, may name a commit of ours.
    others = {object_id for object_id in left if kinds.get(object_id) in {"tree", "blob", "tag"}}
    missing = left - commits - others
    return (
        missing | _unreachable_commits(git, commits, tips) | _unreachable_others(git, others, tips)
    )


def _kinds(git: GitRepository, ids: Collection[ObjectId]) -> dict[ObjectId, str]:
    answer = processes.run(
        ["cat-file", "--batch-check=%(objectname) %(objecttype)"],
        git_dir=git.path,
        stdin="".join(f"{object_id}\n" for object_id in ids).encode(),
    )
    lines = (line.split(" ") for line in answer.decode().splitlines())
    return {object_id: kind for object_id, kind in lines if kind != "missing"}


def _unreachable_commits(
    git: GitRepository, commits: set[ObjectId], tips: Collection[ObjectId]
) -> set[ObjectId]:
    state = _state_of(tips)
    commits = {one for one in commits if (state, one) not in _known}
    if not commits:
        return set()
    if _none_is_new(git, commits, tips):
        _remember(state, commits)
        return set()
    suspects = sorted(commits)
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        suspects = suspects[len(half) :] if _none_is_new(git, half, tips) else half
    return set(suspects)


def _state_of(tips: Collection[ObjectId]) -> bytes:
    return sha256("".join(sorted(tips)).encode()).digest()


def _remember(state: bytes, commits: Collection[ObjectId]) -> None:
    """Keep what was found reachable: from the same tips it always is."""
    with _knowing:
        for object_id in commits:
            _known[(state, object_id)] = None
        while len(_known) > MOST_KNOWN:
            del _known[next(iter(_known))]


def _none_is_new(
    git: GitRepository, commits: Collection[ObjectId], tips: Collection[ObjectId]
) -> bool:
    """Whether the tips reach all of these commits: nothing is left of them without what the tips have."""
    revisions = [*commits, *(f"^{tip}" for tip in tips)]
    try:
        answer = processes.run(
            ["rev-list", "--max-count=1", "--ignore-missing", "--stdin"],
            git_dir=git.path,
            stdin="".join(f"{revision}\n" for revision in revisions).encode(),
            timeout=TIMEOUT,
            # A client fetches: a large history takes more than a page may.
            kind=Kind.SENDING,
        )
    except GitFailed:
        return False
    return not answer.strip()


def _unreachable_others(
    git: GitRepository, others: set[ObjectId], tips: Collection[ObjectId]
) -> set[ObjectId]:
    """Walk from the tips until every one is seen; newest first, since a lazy clone asks for what is new."""
    left = set(others)
    if not left:
        return left
    walk = processes.stream(
        ["rev-list", "--objects", "--no-object-names", "--in-commit-order", "--stdin"],
        git_dir=git.path,
        stdin="".join(f"{tip}\n" for tip in tips).encode(),
        timeout=TIMEOUT,
        kind=Kind.SENDING,
    )
    rest = b""
    for chunk in walk:
        *lines, rest = (rest + chunk).split(b"\n")
        left.difference_update(line.decode() for line in lines)
        if not left:
            walk.close()
            break
    return left

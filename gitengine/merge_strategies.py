"""The ways in which a pull request is merged, by Bitbucket's names; objects alone, no ref moves."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gitengine import commit_rewriting, history, merge
from gitengine.commit_rewriting import Committer
from gitengine.errors import MergeConflict, NotFastForward
from gitengine.quarantine import Quarantine
from gitengine.types import ObjectId, Person


class Strategy(enum.Enum):
    """How commits of a source come to a target."""

    NO_FF = "no-ff"
    FF = "ff"
    FF_ONLY = "ff-only"
    REBASE_NO_FF = "rebase-no-ff"
    REBASE_FF_ONLY = "rebase-ff-only"
    SQUASH = "squash"
    SQUASH_FF_ONLY = "squash-ff-only"


@dataclass(frozen=True)
class MergeRequest:
    """What is merged: two commits, the message of the commit that joins them, who signs what.

    `author` is who gets the credit of a squashed commit; all else is the committer's.
    """

    target: ObjectId
    source: ObjectId
    message: str
    author: Person
    committer: Person
    time: int


def apply(incoming: Quarantine, strategy: Strategy, wanted: MergeRequest) -> ObjectId:
    """Make what the target is to become, in the quarantine; gives its id. MergeConflict, NotFastForward."""
    return _WAYS[strategy](incoming, wanted)


def _merge(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    return _join(incoming, wanted, wanted.source)


def _fast_forward_or_merge(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    if _is_ahead(incoming, wanted):
        return wanted.source
    return _merge(incoming, wanted)


def _fast_forward(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    _require_ahead(incoming, wanted)
    return wanted.source


def _rebase_and_merge(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    return _join(incoming, wanted, _rebased(incoming, wanted))


def _rebase(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    return _rebased(incoming, wanted)


def _squash(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    tree = _merged_tree(incoming, wanted.target, wanted.source)
    return merge.write_commit(
        incoming,
        tree,
        [wanted.target],
        message=wanted.message,
        author=wanted.author,
        committer=wanted.committer,
        time=wanted.time,
    )


def _squash_fast_forward(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    _require_ahead(incoming, wanted)
    return _squash(incoming, wanted)


def _join(incoming: Quarantine, wanted: MergeRequest, source: ObjectId) -> ObjectId:
    tree = _merged_tree(incoming, wanted.target, source)
    return merge.write_commit(
        incoming,
        tree,
        [wanted.target, source],
        message=wanted.message,
        author=wanted.committer,
        committer=wanted.committer,
        time=wanted.time,
    )


def _merged_tree(incoming: Quarantine, target: ObjectId, source: ObjectId) -> ObjectId:
    merged = merge.merge(incoming, target, source)
    if merged.disagreements:
        raise MergeConflict(merged.conflicts)
    return merged.tree


def _rebased(incoming: Quarantine, wanted: MergeRequest) -> ObjectId:
    signed = Committer(wanted.committer, wanted.time)
    return commit_rewriting.rebase(incoming, wanted.source, wanted.target, signed)


def _is_ahead(incoming: Quarantine, wanted: MergeRequest) -> bool:
    return history.is_ancestor(incoming.git, wanted.target, wanted.source)


def _require_ahead(incoming: Quarantine, wanted: MergeRequest) -> None:
    if not _is_ahead(incoming, wanted):
        raise NotFastForward(
            "The source branch is not up to date with the target branch, so it cannot be "
            "fast-forwarded. Rebase it, or merge the target into it."
        )


_WAYS = {
    Strategy.NO_FF: _merge,
    Strategy.FF: _fast_forward_or_merge,
    Strategy.FF_ONLY: _fast_forward,
    Strategy.REBASE_NO_FF: _rebase_and_merge,
    Strategy.REBASE_FF_ONLY: _rebase,
    Strategy.SQUASH: _squash,
    Strategy.SQUASH_FF_ONLY: _squash_fast_forward,
}

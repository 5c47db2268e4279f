"""Whether the commits of a pull request reached its target by a move of the target, as a merge is.

A source that goes back to the target has nothing any more that the target lacks, and yet nobody
merged it. So we ask of each head that the source had whether the target took it in meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from accounts.actor import Actor
from gitengine import history
from gitengine.errors import GitError
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from pullrequests.models import Activity, PullRequest


@dataclass(frozen=True)
class _Stay:
    """A head of the source, with where the target was when it came, and when it went."""

    head: ObjectId
    # Empty where all we know is that the target did not have it.
    before: ObjectId
    after: ObjectId


def is_merged(actor: Actor, git: GitRepository, pull_request: PullRequest, to_id: ObjectId) -> bool:
    """Whether the target, now at `to_id`, contains all commits of the source through this move."""
    if not _has(git, to_id, pull_request.from_id):
        return False
    return any(
        _has(git, stay.after, stay.head) and not _has(git, stay.before, stay.head)
        for stay in _stays(pull_request, to_id)
    )


def _stays(row: PullRequest, to_id: ObjectId) -> list[_Stay]:
    """The heads since a job last looked, the last one where the source is now."""
    moves = list(
        row.activities.filter(action=Activity.Action.RESCOPED)
        .exclude(from_hash=F("previous_from_hash"))
        .order_by("pk")
    )
    judged = [number for number, one in enumerate(moves, 1) if one.from_hash == row.judged_from]
    moves = moves[judged[-1] :] if judged else moves
    head = moves[0].previous_from_hash if moves else row.from_id
    before = row.judged_to
    stays = []
    for move in moves:
        stays.append(_Stay(head, before, move.to_hash))
        head, before = move.from_hash, move.to_hash
    return [*stays, _Stay(head, before, to_id)]


def _has(git: GitRepository, target: ObjectId, head: ObjectId) -> bool:
    if not target:
        return False
    try:
        return history.is_ancestor(git, head, target)
    except GitError:
        # What is not here was never taken in.
        return False

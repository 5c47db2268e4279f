"""Note that a pull request is merged: by the server, or because a push brought its commits to the target."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.actor import Actor, Via
from core import events
from gitengine.types import ObjectId, RefCommand
from pullrequests.events import PullRequestMerged
from pullrequests.models import Activity, PullRequest
from pullrequests.services import locking
from repos.models import RefChange, Repository


def note(
    actor: Actor, repository: Repository, cause: dict[str, Any], moved: dict[str, RefCommand]
) -> None:
    """Note the merge for which the server moved the target: the refs are the truth, so whatever it is now."""
    rows = PullRequest.objects.select_for_update(of=("self",))
    rows = rows.select_related("repository", "author")
    row = rows.filter(pk=cause["pull_request"], repository=repository).first()
    if row is None or row.state == PullRequest.State.MERGED or row.to_ref not in moved:
        return
    # A push to a fork, which takes another lock, may be noted by now: what it brought is not in the merge.
    row.from_id = cause.get("from_id", row.from_id)
    row.to_id = cause.get("to_id", row.to_id)
    _record(actor, row, moved[row.to_ref].new)


def settle(actor: Actor, row: PullRequest) -> bool:
    """Note that the commits reached the target by a push; False if the refs moved meanwhile."""
    with locking.alone(actor, row) as now:
        if (now.from_id, now.to_id) != (row.from_id, row.to_id):
            return False
        change = _change_that_brought(now)
        by = actor
        if change is not None and change.push.user is not None:
            by = Actor(user=change.push.user, via=Via.SYSTEM)
        # Where the target was without it: what the pull request brought is seen against that.
        now.to_id = now.judged_to or (now.to_id if change is None else change.old_id)
        _record(by, now, now.from_id)
    return True


def _change_that_brought(row: PullRequest) -> RefChange | None:
    """The change that moved the target to where it is."""
    changes = RefChange.objects.filter(
        push__repository=row.repository, ref=row.to_ref, new_id=row.to_id
    )
    return changes.select_related("push__user").order_by("-pk").first()


def _record(actor: Actor, row: PullRequest, commit_id: ObjectId) -> None:
    """Note that it is merged, within the caller's transaction."""
    row.state = PullRequest.State.MERGED
    row.merge_commit = commit_id
    row.closed_at = timezone.now()
    row.is_updating = False
    fields = ("state", "merge_commit", "closed_at", "is_updating", "from_id", "to_id")
    locking.touch(actor, row, *fields)
    Activity.objects.create(
        pull_request=row,
        user=actor.user,
        action=Activity.Action.MERGED,
        details={"commit": commit_id},
    )
    events.publish(PullRequestMerged(actor, row))

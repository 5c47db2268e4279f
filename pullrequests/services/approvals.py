"""Reset approvals when the approved commits change."""

from __future__ import annotations

from functools import cache

from accounts.actor import Actor, Via
from core import events
from gitengine import history, patch_ids
from gitengine.errors import GitError
from gitengine.repository import GitRepository
from gitengine.types import ObjectId
from pullrequests.events import PullRequestReviewed
from pullrequests.models import Activity, Participant, PullRequest
from pullrequests.selectors import settings
from pullrequests.services import locking

APPROVED, UNAPPROVED = Participant.Status.APPROVED, Participant.Status.UNAPPROVED


def reset(actor: Actor, git: GitRepository, row: PullRequest) -> None:
    """Take back each approval of another patch than this, where the place asks for that.

    What somebody approved is theirs alone: neither do all approve the same head, nor has a job
    looked at each of them. A rebase that leaves the patch as it was leaves the approvals, too.
    """
    if not settings.checks(actor, row.repository).resets_approvals:
        return
    stale = _stale(git, row)
    if not stale:
        return
    # Patches take their time; what people said meanwhile counts more than what was read before.
    with locking.alone(actor, row) as now:
        if (now.from_id, now.to_id) == (row.from_id, row.to_id):
            for participant in stale:
                _take_back(now, participant)


def _stale(git: GitRepository, row: PullRequest) -> list[Participant]:
    """Who approved another patch."""

    @cache
    def bounds(head: ObjectId, target: ObjectId) -> tuple[ObjectId, ObjectId]:
        return history.merge_base(git, head, target) or target, head

    @cache
    def patch(base: ObjectId, head: ObjectId) -> str:
        return patch_ids.of_range(git, base, head)

    def fits(one: Participant) -> bool:
        seen, shown = (
            (one.last_reviewed, one.reviewed_against or row.to_id),
            (row.from_id, row.to_id),
        )
        if seen == shown:
            return True
        try:
            was, is_now = bounds(*seen), bounds(*shown)
            return was == is_now or patch(*was) == patch(*is_now)
        except GitError:
            # Nobody can tell what it was: not the same.
            return False

    approved = row.participants.filter(status=APPROVED).select_related("user")
    return [one for one in approved if not fits(one)]


def _take_back(row: PullRequest, participant: Participant) -> None:
    """Reset an approval in the caller's transaction, unless the reviewer changed it meanwhile."""
    as_read = Participant.objects.filter(
        pk=participant.pk,
        status=APPROVED,
        last_reviewed=participant.last_reviewed,
        reviewed_against=participant.reviewed_against,
    )
    if not as_read.update(status=UNAPPROVED):
        return
    participant.status = UNAPPROVED
    Activity.objects.create(
        pull_request=row, user=participant.user, action=Activity.Action.UNAPPROVED
    )
    by = Actor(user=participant.user, via=Via.SYSTEM)
    events.publish(PullRequestReviewed(by, row, participant, APPROVED))

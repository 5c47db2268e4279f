"""A source or target moved: note the new heads with the push, draw the consequences in a job.

With the push only rows are written. The job, until which a veto stands, looks at the refs as they
are then: so whatever order pushes, kills and repeats come in, the last run settles it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.actor import Actor, Via
from core import events, jobs
from gitengine import history, merge, refs
from gitengine.errors import GitError
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import ObjectId, RefChangeKind, RefCommand
from pullrequests.errors import IllegalPullRequestState, NoSuchPullRequest
from pullrequests.events import PullRequestMerged, PullRequestModified, PullRequestSourceMoved
from pullrequests.models import Activity, PullRequest
from pullrequests.selectors import arrival
from pullrequests.selectors import heads as find
from pullrequests.services import changing, drifting, heads, lifecycle
from repos import storage
from repos.errors import RepositoryArchived
from repos.models import Push, RefChange, Repository
from repos.services import ref_moves, ref_updates

RESCOPE = lifecycle.PREPARE
RESCOPE_TARGET = "pullrequests.rescope_target"
FOLLOWED = (refs.BRANCHES, refs.TAGS)
# Of many pull requests to one target, so that what somebody waits for comes in between.
MOST_AT_ONCE = 20
MOST_SHOWN_COMMITS = 25
MOST_COMPARED_COMMITS = 10_000


def note(actor: Actor, push: Push, changes: tuple[RefCommand, ...]) -> None:
    """Write down with a push what it did to pull requests from and to its refs; rows alone."""
    repository = push.repository
    moved = {one.name: one for one in changes if one.name.startswith(FOLLOWED)}
    if push.cause and "pull_request" in push.cause:
        _record_merge(actor, repository, push.cause, moved)
    for row in find.open_from(repository, moved):
        change = moved[row.from_ref]
        # What is told late is out of date, and a tag hides its commit: the job looks for itself.
        if change.kind is RefChangeKind.UPDATE and row.from_id == change.old:
            _move_source(actor, row, change.new)
        PullRequest.objects.filter(pk=row.pk).update(is_updating=True)
        jobs.enqueue(RESCOPE, row.pk, unique_key=f"{RESCOPE}:{row.pk}")
    for name in find.targets_among(repository, moved):
        change = moved[name]
        rows = PullRequest.objects.filter(
            repository=repository, to_ref=name, state=PullRequest.State.OPEN
        )
        if change.kind is RefChangeKind.DELETE:
            rows.update(is_updating=True)
        else:
            rows.update(is_updating=True, to_id=change.new)
        jobs.enqueue(
            RESCOPE_TARGET,
            repository.pk,
            name,
            unique_key=f"{RESCOPE_TARGET}:{repository.pk}:{name}",
        )


def note_gone(actor: Actor, repository: Repository) -> None:
    """Write down that a source goes, so that its pull requests are looked at."""
    # The row may be gone by now, and with it what names it.
    sourceless = Q(from_repository=None) | Q(from_repository=repository.pk)
    rows = PullRequest.objects.filter(sourceless, state=PullRequest.State.OPEN)
    for key in rows.values_list("pk", flat=True):
        jobs.enqueue(RESCOPE, key, unique_key=f"{RESCOPE}:{key}")


def settle_target(actor: Actor, repository_id: int, name: str) -> None:
    """Settle some of the pull requests to a target that moved, and come again for the rest."""
    rows = PullRequest.objects.filter(
        repository=repository_id, to_ref=name, state=PullRequest.State.OPEN, is_updating=True
    )
    waiting = list(rows.order_by("-updated_at", "-pk")[: MOST_AT_ONCE + 1])
    for row in waiting[:MOST_AT_ONCE]:
        settle(actor, row.pk)
    if len(waiting) > MOST_AT_ONCE:
        jobs.enqueue(
            RESCOPE_TARGET,
            repository_id,
            name,
            unique_key=f"{RESCOPE_TARGET}:{repository_id}:{name}",
        )


def settle(actor: Actor, key: int) -> None:
    """Let an open pull request agree with where its refs are, and know what a merge would give."""
    row = (
        PullRequest.objects.select_related("repository__project", "from_repository__project")
        .filter(pk=key, state=PullRequest.State.OPEN)
        .first()
    )
    if row is None:
        return
    try:
        settled = _settle(actor, row)
    except (NoSuchPullRequest, IllegalPullRequestState, RepositoryArchived):
        # Closed or deleted meanwhile; what is archived is settled once it is in use again.
        return
    if not settled:
        jobs.enqueue(RESCOPE, key, unique_key=f"{RESCOPE}:{key}", delay=timedelta(seconds=1))


def _settle(actor: Actor, row: PullRequest) -> bool:
    """Do it once; gives whether refs stood still meanwhile."""
    from_id, to_id = find.actual(row)
    if from_id is None or to_id is None:
        _settle_without(actor, row, from_id, to_id)
        return True
    if (row.from_id, row.to_id) != (from_id, to_id):
        with changing.alone(actor, row) as row:
            if row.from_id != from_id:
                _move_source(actor, row, from_id)
            row.to_id = to_id
            changing.touch(actor, row, "to_id", is_newer=False)
    heads.bring(actor, row)
    with storage.opened(row.repository) as git:
        if arrival.is_merged(actor, git, row, to_id):
            return _settle_merged(actor, row)
        _tell_of_target(actor, git, row)
        _complete_story(git, row)
        drifting.drift(actor, git, row)
        drifting.reset(actor, git, row)
        outcome = _judged(actor, git, row)
    with changing.alone(actor, row) as now:
        if (now.from_id, now.to_id) != (from_id, to_id):
            return False
        now.outcome, now.conflicts = outcome, row.conflicts
        now.judged_from, now.judged_to = from_id, to_id
        now.is_updating = False
        now.save(update_fields=["outcome", "conflicts", "judged_from", "judged_to", "is_updating"])
    return True


def _settle_without(
    actor: Actor, row: PullRequest, from_id: ObjectId | None, to_id: ObjectId | None
) -> None:
    """Close what lost its source; what lost its target goes where that was merged, else is closed too."""
    if to_id is not None:
        with storage.opened(row.repository) as git:
            is_merged = arrival.is_merged(actor, git, row, to_id)
        if is_merged and _settle_merged(actor, row):
            return
    elif from_id is not None and (target := _target_of_target(row)) is not None:
        _retarget(actor, row, target)
        return
    with changing.alone(actor, row) as now:
        lifecycle.close(actor, now)


def _target_of_target(row: PullRequest) -> str | None:
    """Where the branch went that was the target: it was merged, and deleted after that."""
    merged = PullRequest.objects.filter(
        repository=row.repository,
        from_repository=row.repository,
        from_ref=row.to_ref,
        state=PullRequest.State.MERGED,
    )
    name = merged.order_by("-closed_at").values_list("to_ref", flat=True).first()
    if name is None or name == row.from_ref:
        return None
    pair = PullRequest.pair_of(row.from_repository_id, row.from_ref, row.repository_id, name)
    if PullRequest.objects.filter(pair=pair, state=PullRequest.State.OPEN).exists():
        return None
    with storage.opened(row.repository) as git:
        return name if refs.find(git, name) is not None else None


def _retarget(actor: Actor, row: PullRequest, name: str) -> None:
    with changing.alone(actor, row) as now:
        was_ref, was_id = now.to_ref, now.to_id
        with storage.opened(now.repository) as git:
            now.to_id = refs.values(git, [name])[name]
        now.to_ref = name
        now.pair = PullRequest.pair_of(
            now.from_repository_id, now.from_ref, now.repository_id, name
        )
        changing.touch(actor, now, "to_ref", "to_id", "pair")
        Activity.objects.create(pull_request=now, action=Activity.Action.UPDATED)
        events.publish(
            PullRequestModified(
                actor,
                now,
                previous_title=now.title,
                previous_description=now.description,
                previous_to_ref=was_ref,
                previous_to_id=was_id,
                was_draft=now.is_draft,
            )
        )
        jobs.enqueue(RESCOPE, now.pk, unique_key=f"{RESCOPE}:{now.pk}")


def _move_source(actor: Actor, row: PullRequest, new: ObjectId) -> None:
    """Note a new head of the source, within the caller's transaction."""
    old = row.from_id
    row.from_id = new
    row.is_updating = True
    changing.touch(actor, row, "from_id", "is_updating")
    Activity.objects.create(
        pull_request=row,
        user=actor.user,
        action=Activity.Action.RESCOPED,
        from_hash=new,
        previous_from_hash=old,
        to_hash=row.to_id,
        previous_to_hash=row.to_id,
    )
    events.publish(PullRequestSourceMoved(actor, row, old))


def _tell_of_target(actor: Actor, git: GitRepository, row: PullRequest) -> None:
    """Note that the target moved, if it took in some of the commits; else nobody needs to know."""
    if row.judged_from != row.from_id or row.judged_to in ("", row.to_id):
        return
    before = history.count(git, [row.from_id], [row.judged_to])
    if history.count(git, [row.from_id], [row.to_id]) < before:
        Activity.objects.create(
            pull_request=row,
            action=Activity.Action.RESCOPED,
            from_hash=row.from_id,
            previous_from_hash=row.from_id,
            to_hash=row.to_id,
            previous_to_hash=row.judged_to,
        )


def _complete_story(git: GitRepository, row: PullRequest) -> None:
    """Say of each move which commits came and went."""
    moves = row.activities.filter(action=Activity.Action.RESCOPED, details__isnull=True)
    for activity in moves.order_by("pk"):
        try:
            before = _range(git, activity.previous_from_hash, activity.previous_to_hash)
            after = _range(git, activity.from_hash, activity.to_hash)
        except GitError:
            # A head that its fork threw away before we saw it: how it moved is told without them.
            continue
        were, are = set(before), set(after)
        details = {
            "added": _some([one for one in after if one not in were]),
            "removed": _some([one for one in before if one not in are]),
        }
        Activity.objects.filter(pk=activity.pk).update(details=details)


def _range(git: GitRepository, new: ObjectId, old: ObjectId) -> list[ObjectId]:
    return history.ids(git, [new], [old], limit=MOST_COMPARED_COMMITS)


def _some(ids: list[ObjectId]) -> dict[str, object]:
    return {"total": len(ids), "commits": ids[:MOST_SHOWN_COMMITS]}


def _judged(actor: Actor, git: GitRepository, row: PullRequest) -> PullRequest.Outcome:
    """What a merge would give; where it is clean, the ref `merge` leads to it."""
    if (row.judged_from, row.judged_to) == (row.from_id, row.to_id):
        return PullRequest.Outcome(row.outcome)
    with quarantine(git) as incoming:
        merged = merge.merge(incoming, row.to_id, row.from_id)
        row.conflicts = [
            [RefChange.shown(one.path), one.ours.value, one.theirs.value]
            for one in merged.disagreements
        ]
        if merged.disagreements:
            return PullRequest.Outcome.CONFLICTED
        name = find.merge_name(row.number)
        commit = merge.write_commit(
            incoming,
            merged.tree,
            [row.to_id, row.from_id],
            message=f"Merge of pull request #{row.number} as it would be",
            author=ref_moves.NOBODY,
            committer=ref_moves.NOBODY,
            # The same heads give the same commit.
            time=history.commit(git, row.from_id).committer_time,
        )
        old = refs.values(git, [name])[name]
        if old != commit:
            incoming.pack(commit)
            command = RefCommand(name, old, commit)
            ref_updates.move(
                actor,
                row.repository,
                [command],
                reason=Push.Reason.REVIEW,
                objects=incoming,
                guard=heads.unless_deleted(actor, row),
            )
    return PullRequest.Outcome.CLEAN


def _settle_merged(actor: Actor, row: PullRequest) -> bool:
    """Note that the commits reached the target by a push; False if the refs moved meanwhile."""
    with changing.alone(actor, row) as now:
        if (now.from_id, now.to_id) != (row.from_id, row.to_id):
            return False
        change = _change_that_brought(now)
        by = actor
        if change is not None and change.push.user is not None:
            by = Actor(user=change.push.user, via=Via.SYSTEM)
        # Where the target was without it: what the pull request brought is seen against that.
        now.to_id = now.judged_to or (now.to_id if change is None else change.old_id)
        record_merge(by, now, now.from_id)
    return True


def _change_that_brought(row: PullRequest) -> RefChange | None:
    """The change that moved the target to where it is."""
    changes = RefChange.objects.filter(
        push__repository=row.repository, ref=row.to_ref, new_id=row.to_id
    )
    return changes.select_related("push__user").order_by("-pk").first()


def _record_merge(
    actor: Actor, repository: Repository, cause: dict[str, Any], moved: dict[str, RefCommand]
) -> None:
    """Note the merge for which the server moved the target: the refs are the truth, so whatever it is now."""
    rows = PullRequest.objects.select_for_update(of=("self",))
    rows = rows.select_related("repository", "author")
    row = rows.filter(pk=cause["pull_request"], repository=repository).first()
    if row is None or row.state == PullRequest.State.MERGED or row.to_ref not in moved:
        return
    record_merge(actor, row, moved[row.to_ref].new)


def record_merge(actor: Actor, row: PullRequest, commit_id: ObjectId) -> None:
    """Note that it is merged, within the caller's transaction."""
    row.state = PullRequest.State.MERGED
    row.merge_commit = commit_id
    row.closed_at = timezone.now()
    row.is_updating = False
    changing.touch(actor, row, "state", "merge_commit", "closed_at", "is_updating", "to_id")
    Activity.objects.create(
        pull_request=row,
        user=actor.user,
        action=Activity.Action.MERGED,
        details={"commit": commit_id},
    )
    events.publish(PullRequestMerged(actor, row))

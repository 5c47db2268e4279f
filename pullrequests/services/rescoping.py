"""A source or target moved: note the new heads with the push, draw the consequences in a job.

With the push only rows are written. The job, until which a veto stands, looks at the refs as they
are then: so whatever order pushes, kills and repeats come in, the last run settles it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.actor import Actor
from core import events
from gitengine import history, merge, refs
from gitengine.errors import GitError
from gitengine.quarantine import quarantine
from gitengine.repository import GitRepository
from gitengine.types import ObjectId, RefChangeKind, RefCommand
from infrastructure import file_locks, jobs
from pullrequests.errors import IllegalPullRequestState, NoSuchPullRequest
from pullrequests.events import PullRequestModified, PullRequestSourceMoved
from pullrequests.models import Activity, PullRequest
from pullrequests.selectors import merged_by_push
from pullrequests.selectors import pull_request_refs as find
from pullrequests.services import (
    anchor_drift,
    approvals,
    lifecycle,
    locking,
    merge_records,
    pull_request_refs,
)
from repos import storage
from repos.errors import RepositoryArchived
from repos.models import Push, RefChange, Repository
from repos.services import ref_moves, ref_updates

RESCOPE = lifecycle.PREPARE
RESCOPE_TARGET = "pullrequests.rescope_target"
FOLLOWED = (refs.BRANCHES, refs.TAGS)
# Of many pull requests to one target, so that what somebody waits for comes in between: whoever asks
# for one of the others has it settled at once.
MOST_AT_ONCE = 10
BETWEEN_BATCHES = timedelta(seconds=0.5)
MOST_SHOWN_COMMITS = 25
MOST_COMPARED_COMMITS = 10_000
# Seconds that a job waits for another that settles the same pull request.
LONGEST_WAIT = 30.0
LOCKS = 256


def note(actor: Actor, push: Push, changes: tuple[RefCommand, ...]) -> None:
    """Write down with a push what it did to pull requests from and to its refs; rows alone."""
    repository = push.repository
    moved = {one.name: one for one in changes if one.name.startswith(FOLLOWED)}
    if push.cause and "pull_request" in push.cause:
        merge_records.note(actor, repository, push.cause, moved)
    for row in find.open_from(repository, moved):
        change = moved[row.from_ref]
        # What is told late is out of date, and a tag hides its commit: the job looks for itself.
        if change.kind is RefChangeKind.UPDATE:
            _move_source(actor, row, change.old, change.new)
        _still_open(row).update(is_updating=True)
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
    rows.update(is_updating=True)
    _look_at(rows)


def note_unarchived(actor: Actor, repository: Repository) -> None:
    """Write down that a target is in use again: what happened meanwhile was left alone until now."""
    _look_at(
        PullRequest.objects.filter(
            repository=repository, state=PullRequest.State.OPEN, is_updating=True
        )
    )


def settle_target(actor: Actor, repository_id: int, name: str) -> None:
    """Settle some of the pull requests to a target that moved, and come again for the rest."""
    rows = PullRequest.objects.filter(
        repository=repository_id,
        # Else they would wait on, and this would come again without end.
        repository__is_archived=False,
        to_ref=name,
        state=PullRequest.State.OPEN,
        is_updating=True,
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
            delay=BETWEEN_BATCHES,
        )


def settle(actor: Actor, key: int, *, seconds: float = LONGEST_WAIT) -> bool:
    """Let an open pull request agree with where its refs are, and know what a merge would give.

    One at a time for each pull request, in whatever process: who came second finds the work done.
    Gives whether that is so now; where it takes longer than `seconds`, it is left to a job.
    """
    with file_locks.held(f"pull-request-{key % LOCKS}", seconds=seconds) as has_turn:
        if has_turn:
            return _settle_or_enqueue(actor, key)
    jobs.enqueue(RESCOPE, key, unique_key=f"{RESCOPE}:{key}", delay=timedelta(seconds=1))
    return False


def _settle_or_enqueue(actor: Actor, key: int) -> bool:
    row = (
        PullRequest.objects.select_related("repository__project", "from_repository__project")
        .filter(pk=key, state=PullRequest.State.OPEN)
        .first()
    )
    if row is None:
        return True
    try:
        settled = _settle(actor, row)
    except (NoSuchPullRequest, IllegalPullRequestState, RepositoryArchived):
        # Closed or deleted meanwhile; what is archived is settled once it is in use again (`note_unarchived`).
        return True
    if not settled:
        jobs.enqueue(RESCOPE, key, unique_key=f"{RESCOPE}:{key}", delay=timedelta(seconds=1))
    return settled


def _settle(actor: Actor, row: PullRequest) -> bool:
    """Do it once; gives whether refs stood still meanwhile."""
    from_id, to_id = find.actual(row)
    if from_id is None or to_id is None:
        return _settle_without(actor, row, from_id, to_id)
    if (row.from_id, row.to_id) != (from_id, to_id):
        with locking.alone(actor, row) as now:
            if now.from_id != row.from_id:
                return False
            if now.from_id != from_id and not _move_source(actor, now, now.from_id, from_id):
                return False
            now.to_id = to_id
            locking.touch(actor, now, "to_id", is_newer=False)
            row = now
    pull_request_refs.bring(actor, row)
    with storage.opened(row.repository) as git:
        if merged_by_push.is_merged(actor, git, row, to_id):
            return merge_records.settle(actor, row)
        _tell_of_target(actor, git, row)
        _complete_story(git, row)
        anchor_drift.drift(actor, git, row)
        approvals.reset(actor, git, row)
        outcome = _judged(actor, git, row)
    with locking.alone(actor, row) as now:
        if (now.from_id, now.to_id) != (from_id, to_id):
            return False
        now.outcome, now.conflicts = outcome, row.conflicts
        now.judged_from, now.judged_to = from_id, to_id
        now.is_updating = False
        now.save(update_fields=["outcome", "conflicts", "judged_from", "judged_to", "is_updating"])
    return True


def _settle_without(
    actor: Actor, row: PullRequest, from_id: ObjectId | None, to_id: ObjectId | None
) -> bool:
    """Close what lost its source; what lost its target goes where that was merged, else is closed too.

    Gives whether refs stood still meanwhile.
    """
    if to_id is None and from_id is not None and (target := _target_of_target(row)) is not None:
        _retarget(actor, row, target)
        return True
    is_there = pull_request_refs.bring(actor, row)
    if is_there and to_id is not None:
        with storage.opened(row.repository) as git:
            is_merged = merged_by_push.is_merged(actor, git, row, to_id)
        if is_merged:
            return merge_records.settle(actor, row)
    with locking.alone(actor, row) as now:
        if now.from_id != row.from_id:
            return False
        if not is_there:
            # Pushed to a fork that went before anybody could bring it: what was here before is all there is.
            now.from_id = find.held(now) or now.from_id
            now.save(update_fields=["from_id"])
        lifecycle.close(actor, now)
    return True


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
    with locking.alone(actor, row) as now:
        was_ref, was_id = now.to_ref, now.to_id
        with storage.opened(now.repository) as git:
            now.to_id = refs.values(git, [name])[name]
        now.to_ref = name
        now.pair = PullRequest.pair_of(
            now.from_repository_id, now.from_ref, now.repository_id, name
        )
        locking.touch(actor, now, "to_ref", "to_id", "pair")
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


def _move_source(actor: Actor, row: PullRequest, old: ObjectId, new: ObjectId) -> bool:
    """Note a new head of the source, within the caller's transaction; False if it is not the old one, or closed.

    A push to a fork holds another lock than what merges or closes, so the row may be out of date.
    """
    has_moved = (
        _still_open(row)
        .filter(from_id=old)
        .update(from_id=new, is_updating=True, version=F("version") + 1, updated_at=timezone.now())
    )
    if not has_moved:
        return False
    row.refresh_from_db(fields=["from_id", "to_id", "is_updating", "version", "updated_at"])
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
    return True


def _still_open(row: PullRequest) -> QuerySet[PullRequest]:
    """Return the row if it is still open."""
    return PullRequest.objects.filter(pk=row.pk, state=PullRequest.State.OPEN)


def _look_at(rows: QuerySet[PullRequest]) -> None:
    for key in rows.values_list("pk", flat=True):
        jobs.enqueue(RESCOPE, key, unique_key=f"{RESCOPE}:{key}")


def _tell_of_target(actor: Actor, git: GitRepository, row: PullRequest) -> None:
    """Publish that the target moved, if it took some of the commits."""
    if row.judged_from != row.from_id or row.judged_to in ("", row.to_id):
        return
    if find.commit_of(git, row.judged_to) is None:
        # Rewritten, and gone for good: nobody can tell.
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
            # A head that went with its fork: what it was is not known any more.
            before = after = []
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
                guard=pull_request_refs.while_open(actor, row),
            )
    return PullRequest.Outcome.CLEAN

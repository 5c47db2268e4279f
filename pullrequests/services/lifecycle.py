"""Propose, change, decline, reopen and delete pull requests."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Invalid
from discussions.models import Thread
from discussions.services import comments
from gitengine import history, refs
from gitengine.errors import NoSuchRevision
from gitengine.types import ObjectId
from infrastructure import jobs
from pullrequests.errors import (
    DuplicatePullRequest,
    EmptyPullRequest,
    IllegalPullRequestState,
    UnfitTarget,
)
from pullrequests.events import (
    PullRequestDeclined,
    PullRequestDeleted,
    PullRequestModified,
    PullRequestOpened,
    PullRequestReopened,
)
from pullrequests.models import Activity, Participant, PullRequest, PullRequestSequence
from pullrequests.models.pull_requests import LONGEST_DESCRIPTION, LONGEST_TITLE
from pullrequests.representations import represent_pull_request
from pullrequests.selectors import pull_request_refs as find_heads
from pullrequests.selectors import pull_requests as find
from pullrequests.services import locking, pull_request_refs, reviews
from pullrequests.services.discussion import PullRequestSubject
from repos import access, storage
from repos.errors import NoSuchBranch, RepositoryArchived
from repos.models import Repository

PREPARE = "pullrequests.rescope"


@dataclass(frozen=True)
class Proposal:
    """What is to be merged where, in the words of who proposes it; refs by short or full name."""

    title: str
    source: Repository
    from_ref: str
    to_ref: str
    description: str = ""
    reviewers: tuple[str, ...] = ()
    is_draft: bool = False


@dataclass(frozen=True)
class PullRequestChanges:
    """What is to be different; None leaves as it is."""

    title: str | None = None
    description: str | None = None
    to_ref: str | None = None
    reviewers: tuple[str, ...] | None = None
    is_draft: bool | None = None


def propose(actor: Actor, repository: Repository, proposal: Proposal) -> PullRequest:
    """Open a pull request to a repository.

    NoSuchBranch, UnfitTarget, EmptyPullRequest, DuplicatePullRequest, InvalidReviewers.
    """
    find.require_voice(actor, repository)
    source = proposal.source
    if source.pk != repository.pk:
        access.require(actor, Permission.REPO_VIEW, source)
        if source.hierarchy_id != repository.hierarchy_id:
            raise UnfitTarget(
                f"{source} and {repository} are not in the same fork network.", context="fromRef"
            )
    if repository.is_archived:
        raise RepositoryArchived(str(repository))
    _check_words(proposal.title, proposal.description)
    from_ref, from_id = _end(actor, source, proposal.from_ref, "fromRef")
    to_ref, to_id = _target(actor, repository, proposal.to_ref)
    _require_news(repository, source, (from_ref, from_id), (to_ref, to_id))
    asked = reviews.judge_reviewers(actor, repository, proposal.reviewers, author=actor.user)
    try:
        with transaction.atomic():
            row = PullRequest.objects.create(
                repository=repository,
                number=_next_number(repository),
                title=proposal.title.strip(),
                description=proposal.description,
                is_draft=proposal.is_draft,
                author=actor.user,
                from_repository=source,
                from_ref=from_ref,
                from_id=from_id,
                to_ref=to_ref,
                to_id=to_id,
                pair=PullRequest.pair_of(source.pk, from_ref, repository.pk, to_ref),
                is_updating=True,
            )
            people = [Participant(pull_request=row, user=actor.user, role=Participant.Role.AUTHOR)]
            people += [
                Participant(pull_request=row, user=user, role=Participant.Role.REVIEWER)
                for user in asked
            ]
            Participant.objects.bulk_create(people)
            _note(actor, row, Activity.Action.OPENED)
            events.publish(PullRequestOpened(actor, row))
            _prepare(row)
    except IntegrityError:
        raise _duplicate(actor, source, from_ref, repository, to_ref) from None
    pull_request_refs.bring(Actor.system(), row)
    return find.again(actor, row)


def edit(
    actor: Actor, pull_request: PullRequest, changes: PullRequestChanges, *, version: int | None
) -> PullRequest:
    """Change the words, the target, the reviewers or the draft status; by the author or who may write."""
    _require_owner(actor, pull_request)
    _check_words(changes.title, changes.description)
    repository = pull_request.repository
    target = None
    if changes.to_ref is not None:
        target = _target(actor, repository, changes.to_ref)
    try:
        with locking.alone(actor, pull_request, version=version) as row:
            was = copy.copy(row)
            if changes.title is not None:
                row.title = changes.title.strip()
            if changes.description is not None:
                row.description = changes.description
            if changes.is_draft is not None:
                row.is_draft = changes.is_draft
            if target is not None and target[0] != row.to_ref:
                source = row.from_repository
                if source is None:
                    raise UnfitTarget("The source branch no longer exists.", context="toRef")
                _require_news(repository, source, (row.from_ref, row.from_id), target)
                row.to_ref, row.to_id = target
                row.pair = PullRequest.pair_of(source.pk, row.from_ref, repository.pk, row.to_ref)
                row.is_updating = True
                _prepare(row)
            reviewers_changed = changes.reviewers is not None and reviews.set_reviewers(
                actor, row, changes.reviewers
            )
            if _differs(was, row):
                fields = ("title", "description", "is_draft", "to_ref", "to_id", "pair")
                locking.touch(actor, row, *fields, "is_updating")
                if not reviewers_changed:
                    _note(actor, row, Activity.Action.UPDATED)
                events.publish(
                    PullRequestModified(
                        actor,
                        row,
                        previous_title=was.title,
                        previous_description=was.description,
                        previous_to_ref=was.to_ref,
                        previous_to_id=was.to_id,
                        was_draft=was.is_draft,
                    )
                )
            elif reviewers_changed:
                locking.touch(actor, row)
    except IntegrityError:
        if target is None or pull_request.from_repository is None:
            # Of the pair of refs it was not.
            raise
        raise _duplicate(
            actor, pull_request.from_repository, pull_request.from_ref, repository, target[0]
        ) from None
    return find.again(actor, pull_request)


def decline(
    actor: Actor, pull_request: PullRequest, *, version: int | None, reason: str = ""
) -> PullRequest:
    """Close it unmerged, perhaps with a comment that says why; by the author or who may write."""
    _require_owner(actor, pull_request)
    with locking.alone(actor, pull_request, version=version) as row:
        if reason.strip():
            comments.begin(actor, PullRequestSubject(row), text=reason)
        close(actor, row)
    return find.again(actor, pull_request)


def close(actor: Actor, row: PullRequest) -> None:
    """Note that it is declined, within the caller's transaction."""
    row.state = PullRequest.State.DECLINED
    row.closed_at = timezone.now()
    row.is_updating = False
    locking.touch(actor, row, "state", "closed_at", "is_updating")
    _note(actor, row, Activity.Action.DECLINED)
    events.publish(PullRequestDeclined(actor, row))


def reopen(actor: Actor, pull_request: PullRequest, *, version: int | None) -> PullRequest:
    """Reopen a declined pull request with the current refs; for its author and writers."""
    _require_owner(actor, pull_request)
    repository = pull_request.repository
    from_id, to_id = find_heads.actual(pull_request)
    try:
        with locking.alone(actor, pull_request, version=version, must_be_open=False) as row:
            if row.state != PullRequest.State.DECLINED:
                raise IllegalPullRequestState("Only a declined pull request can be reopened.")
            source = row.from_repository
            if source is None or from_id is None:
                raise IllegalPullRequestState(f"The source {row.from_display_id} no longer exists.")
            if to_id is None:
                raise IllegalPullRequestState(f"The target {row.to_display_id} no longer exists.")
            _require_news(repository, source, (row.from_ref, from_id), (row.to_ref, to_id))
            row.state = PullRequest.State.OPEN
            row.closed_at = None
            row.is_updating = True
            locking.touch(actor, row, "state", "closed_at", "is_updating")
            _note(actor, row, Activity.Action.REOPENED)
            events.publish(PullRequestReopened(actor, row))
            # Where its refs went meanwhile is for the job to see, as after a push.
            _prepare(row)
    except IntegrityError:
        assert pull_request.from_repository is not None
        raise _duplicate(
            actor,
            pull_request.from_repository,
            pull_request.from_ref,
            repository,
            pull_request.to_ref,
        ) from None
    return find.again(actor, pull_request)


def delete(actor: Actor, pull_request: PullRequest, *, version: int | None) -> None:
    """Remove it with all that was said; by its author unless it was merged, or by administrators."""
    find.require_voice(actor, pull_request.repository)
    is_own = actor.user is not None and pull_request.author_id == actor.user.pk
    if not is_own or pull_request.state == PullRequest.State.MERGED:
        access.require(
            actor, Permission.REPO_ADMIN, pull_request.repository, scope=Scope.PULL_REQUEST_WRITE
        )
    with locking.alone(actor, pull_request, version=version, must_be_open=False) as row:
        # While who takes part can still be told.
        events.publish(PullRequestDeleted(actor, copy.copy(row)))
        repository_id, number = row.repository_id, row.number
        # Comments hang on their threads, which know nothing of pull requests.
        Thread.objects.filter(of_pull_request__pull_request=row).delete()
        row.delete()
        jobs.enqueue("pullrequests.forget", repository_id, number)


def require_deletable_source(actor: Actor, pull_request: PullRequest) -> None:
    """Refuse to delete a source that another open pull request needs, or that is no branch."""
    if not pull_request.from_ref.startswith(refs.BRANCHES):
        raise UnfitTarget("The source is not a branch.", context="fromRef")
    others = PullRequest.objects.filter(
        from_repository=pull_request.from_repository,
        from_ref=pull_request.from_ref,
        state=PullRequest.State.OPEN,
    )
    if others.exclude(pk=pull_request.pk).exists():
        raise UnfitTarget("Another open pull request uses this source branch.", context="fromRef")


def _require_owner(actor: Actor, pull_request: PullRequest) -> None:
    find.require_voice(actor, pull_request.repository)
    if actor.user is None or pull_request.author_id != actor.user.pk:
        access.require(
            actor, Permission.REPO_WRITE, pull_request.repository, scope=Scope.PULL_REQUEST_WRITE
        )


def _check_words(title: str | None, description: str | None) -> None:
    if title is not None and not title.strip():
        raise Invalid("Please enter a title.", context="title")
    if title is not None and len(title.strip()) > LONGEST_TITLE:
        raise Invalid(
            f"The title must not be longer than {LONGEST_TITLE} characters.", context="title"
        )
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise Invalid(
            f"The description must not be longer than {LONGEST_DESCRIPTION} characters.",
            context="description",
        )


def _end(actor: Actor, repository: Repository, name: str, context: str) -> tuple[str, ObjectId]:
    """Find a branch or tag by its short or full name, and the commit that it leads to."""
    with storage.opened(repository) as git:
        wanted = [name] if name.startswith("refs/") else [refs.BRANCHES + name, refs.TAGS + name]
        for full in wanted:
            if not full.startswith((refs.BRANCHES, refs.TAGS)):
                continue
            found = refs.find(git, full)
            if found is None:
                continue
            try:
                return full, refs.commit_behind(git, found.target)
            except NoSuchRevision:
                raise UnfitTarget(f'"{name}" leads to no commit.', context=context) from None
    raise NoSuchBranch(f'Branch or tag "{name}" does not exist in repository {repository}.')


def _target(actor: Actor, repository: Repository, name: str) -> tuple[str, ObjectId]:
    full, commit_id = _end(actor, repository, name, "toRef")
    if not full.startswith(refs.BRANCHES):
        raise UnfitTarget("The target of a pull request must be a branch.", context="toRef")
    return full, commit_id


def _require_news(
    repository: Repository,
    source: Repository,
    start: tuple[str, ObjectId],
    target: tuple[str, ObjectId],
) -> None:
    """Refuse where the target has everything that the source has."""
    (from_ref, from_id), (to_ref, to_id) = start, target
    with storage.opened(repository) as own:
        git = own if source.pk == repository.pk else own.reading(storage.git_of(source))
        if history.is_ancestor(git, from_id, to_id):
            raise EmptyPullRequest(_short(from_ref), _short(to_ref), str(repository))


def _next_number(repository: Repository) -> int:
    """Take the repository's next number, and keep others waiting until it is used or given back."""
    PullRequestSequence.objects.get_or_create(repository=repository)
    PullRequestSequence.objects.filter(repository=repository).update(last=F("last") + 1)
    return PullRequestSequence.objects.values_list("last", flat=True).get(repository=repository)


def _duplicate(
    actor: Actor, source: Repository, from_ref: str, repository: Repository, to_ref: str
) -> DuplicatePullRequest:
    pair = PullRequest.pair_of(source.pk, from_ref, repository.pk, to_ref)
    rows = find.with_places(actor, PullRequest.objects.filter(pair=pair))
    existing = rows.filter(state=PullRequest.State.OPEN).first()
    if existing is None:
        return DuplicatePullRequest({})
    with_addresses = not actor.is_anonymous
    found = find.one(actor, existing)
    return DuplicatePullRequest(represent_pull_request(found, with_addresses=with_addresses))


def _differs(was: PullRequest, row: PullRequest) -> bool:
    fields = ("title", "description", "is_draft", "to_ref")
    return any(getattr(was, field) != getattr(row, field) for field in fields)


def _note(actor: Actor, row: PullRequest, action: Activity.Action) -> None:
    Activity.objects.create(pull_request=row, user=actor.user, action=action)


def _prepare(row: PullRequest) -> None:
    """Enqueue a job that updates the refs and the mergeability."""
    jobs.enqueue(PREPARE, row.pk, unique_key=f"{PREPARE}:{row.pk}")


def _short(name: str) -> str:
    return name.split("/", 2)[-1]

"""Who is asked to judge a pull request, and what they think of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.actor import Actor
from accounts.models import User
from accounts.permissions import Permission, Scope
from accounts.representations import represent_user_with_address
from core import events
from core.errors import Invalid
from discussions.models import Comment, Thread
from discussions.services import comments
from pullrequests.errors import (
    InvalidReviewers,
    NoSuchParticipant,
    NoSuchReview,
    SourceMoved,
    UnfitStatus,
)
from pullrequests.events import PullRequestReviewed, PullRequestReviewersChanged
from pullrequests.models import Activity, Participant, PullRequest
from pullrequests.selectors import pull_request_comments
from pullrequests.selectors import pull_requests as find
from pullrequests.services import locking
from pullrequests.services.discussion import PullRequestSubject
from repos import access
from repos.models import Repository

MOST_REVIEWERS = 100

_NOTED_AS = {
    Participant.Status.APPROVED: Activity.Action.APPROVED,
    Participant.Status.NEEDS_WORK: Activity.Action.REVIEWED,
    Participant.Status.UNAPPROVED: Activity.Action.UNAPPROVED,
}


def judge_reviewers(
    actor: Actor, repository: Repository, names: Iterable[str], *, author: User | None
) -> list[User]:
    """Find the users of these names, who may all read and of whom none is the author; InvalidReviewers."""
    wanted = {name.lower(): name for name in names}
    if len(wanted) > MOST_REVIEWERS:
        raise Invalid(
            f"A pull request has at most {MOST_REVIEWERS} reviewers.", context="reviewers"
        )
    if not wanted:
        return []
    # Lowered by the database and by us: they differ on letters that hardly anybody uses.
    rows = User.objects.alias(lowered=Lower("name")).filter(
        Q(lowered__in=list(wanted)) | Q(name__in=list(wanted.values())),
        removed_at=None,
        is_active=True,
        type=User.Type.NORMAL,
    )
    known = {user.name.lower(): user for user in rows}
    # What is public is read by everybody.
    is_open = repository.is_public or repository.project.is_public
    readers = (
        {user.pk for user in known.values()}
        if is_open
        else set(
            User.objects.filter(
                pk__in=access.holders(Permission.REPO_READ, repository)
            ).values_list("pk", flat=True)
        )
    )
    errors: list[tuple[str, str]] = []
    valid: list[User] = []
    for lowered, name in wanted.items():
        user = known.get(lowered)
        if user is None:
            errors.append((name, f"{name} is not a user."))
        elif author is not None and user.pk == author.pk:
            errors.append((name, "The author of a pull request cannot be a reviewer."))
        elif user.pk not in readers:
            errors.append((name, f"{name} does not have permission to review pull requests here."))
        else:
            valid.append(user)
    if errors:
        raise InvalidReviewers(
            errors, [{"user": represent_user_with_address(user)} for user in valid]
        )
    return valid


def set_reviewers(actor: Actor, row: PullRequest, names: Iterable[str]) -> bool:
    """Let exactly these be asked, within the caller's transaction; gives whether anything changed.

    Who is asked no more stays one who takes part.
    """
    asked = {
        one.user.name.lower(): one
        for one in row.participants.select_related("user")
        if one.role == Participant.Role.REVIEWER
    }
    wanted = list(dict.fromkeys(name.lower() for name in names))
    # Who is asked already may have lost sight of it, and stays asked until somebody takes them off.
    new = [name for name in wanted if name not in asked]
    added = judge_reviewers(actor, row.repository, new, author=row.author)
    removed = [one for name, one in asked.items() if name not in wanted]
    return _change(actor, row, added, removed)


def add(actor: Actor, pull_request: PullRequest, name: str) -> Participant:
    """Add a reviewer; for writers."""
    _require_writer(actor, pull_request)
    with locking.alone(actor, pull_request, must_be_open=False) as row:
        people = judge_reviewers(actor, row.repository, [name], author=row.author)
        if _change(actor, row, people, []):
            locking.touch(actor, row)
        return row.participants.select_related("user").get(user=people[0])


def remove(actor: Actor, pull_request: PullRequest, slug: str) -> None:
    """Remove a reviewer, who stays a participant; for writers."""
    _require_writer(actor, pull_request)
    with locking.alone(actor, pull_request, must_be_open=False) as row:
        one = get(actor, row, slug)
        if one.role == Participant.Role.REVIEWER and _change(actor, row, [], [one]):
            locking.touch(actor, row)


def get(actor: Actor, pull_request: PullRequest, slug: str) -> Participant:
    """Who takes part under this slug or name; NoSuchParticipant."""
    rows = pull_request.participants.select_related("user")
    found = (
        rows.filter(user__slug=slug.lower()).first() or rows.filter(user__name__iexact=slug).first()
    )
    if found is None:
        raise NoSuchParticipant(f"{slug[:100]} is not a participant of {pull_request}.")
    return found


def judge(
    actor: Actor,
    pull_request: PullRequest,
    status: str,
    *,
    version: int | None = None,
    last_reviewed: str = "",
) -> Participant:
    """Note what the actor thinks; UnfitStatus for the author, SourceMoved."""
    find.require_voice(actor, pull_request.repository)
    if status not in Participant.Status.values:
        raise UnfitStatus("A status is APPROVED, NEEDS_WORK or UNAPPROVED.", context="status")
    with locking.alone(actor, pull_request, version=version) as row:
        if last_reviewed and last_reviewed != row.from_id:
            raise SourceMoved(row.version, -1 if version is None else version)
        return record(actor, row, Participant.Status(status))


def record(actor: Actor, row: PullRequest, status: Participant.Status) -> Participant:
    """Note what the actor thinks, within the caller's transaction."""
    if actor.user is not None and row.author_id == actor.user.pk:
        raise UnfitStatus("The author of a pull request cannot review it.", context="status")
    participant = locking.join(actor, row)
    previous = participant.status
    participant.status = status
    if status != Participant.Status.UNAPPROVED:
        participant.last_reviewed, participant.reviewed_against = row.from_id, row.to_id
    participant.save(update_fields=["status", "last_reviewed", "reviewed_against"])
    if previous != status:
        Activity.objects.create(pull_request=row, user=actor.user, action=_NOTED_AS[status])
        locking.touch(actor, row, is_newer=False)
        events.publish(PullRequestReviewed(actor, row, participant, previous))
    return participant


def _change(actor: Actor, row: PullRequest, added: list[User], removed: list[Participant]) -> bool:
    really_added = []
    for user in added:
        # Who says something right now takes part as well, and waits for no lock of ours.
        one, is_new = Participant.objects.get_or_create(
            pull_request=row, user=user, defaults={"role": Participant.Role.REVIEWER}
        )
        if not is_new:
            if one.role != Participant.Role.PARTICIPANT:
                continue
            one.role = Participant.Role.REVIEWER
            one.save(update_fields=["role"])
        really_added.append(user)
    for one in removed:
        one.role = Participant.Role.PARTICIPANT
        one.save(update_fields=["role"])
    if not really_added and not removed:
        return False
    gone = tuple(one.user for one in removed)
    details = {
        "addedReviewers": [user.pk for user in really_added],
        "removedReviewers": [user.pk for user in gone],
    }
    Activity.objects.create(
        pull_request=row, user=actor.user, action=Activity.Action.UPDATED, details=details
    )
    events.publish(PullRequestReviewersChanged(actor, row, tuple(really_added), gone))
    return True


def _require_writer(actor: Actor, pull_request: PullRequest) -> None:
    find.require_voice(actor, pull_request.repository)
    access.require(
        actor, Permission.REPO_WRITE, pull_request.repository, scope=Scope.PULL_REQUEST_WRITE
    )


def finish(
    actor: Actor,
    pull_request: PullRequest,
    *,
    text: str = "",
    status: str = "",
    version: int | None = None,
    last_reviewed: str = "",
) -> int:
    """Publish everything that the actor kept back, with a last word and a judgement, in one go.

    Gives how many comments that were. NoSuchReview where there is nothing to publish, SourceMoved.
    """
    subject = PullRequestSubject(pull_request)
    subject.require_voice(actor)
    if status and status not in Participant.Status.values:
        raise UnfitStatus("A status is APPROVED, NEEDS_WORK or UNAPPROVED.", context="status")
    with locking.alone(actor, pull_request, version=version, must_be_open=False) as row:
        if last_reviewed and last_reviewed != row.from_id:
            raise SourceMoved(row.version, -1 if version is None else version)
        if status and not row.is_open:
            locking.check(actor, row)
        subject = PullRequestSubject(row)
        drafts = list(
            pull_request_comments.own_drafts(actor, subject).select_related("thread").order_by("pk")
        )
        if not drafts and not text.strip() and not status:
            raise NoSuchReview(f"There is no review of {row} to finish.")
        pull_request_comments.own_drafts(actor, subject).update(state=Comment.State.OPEN)
        for draft in drafts:
            draft.state = Comment.State.OPEN
            subject.added(actor, draft)
        if text.strip():
            comments.begin(actor, subject, text=text)
        if status:
            record(actor, row, Participant.Status(status))
    return len(drafts) + bool(text.strip())


def discard(actor: Actor, pull_request: PullRequest) -> None:
    """Throw away what the actor kept back."""
    subject = PullRequestSubject(pull_request)
    subject.require_voice(actor)
    with transaction.atomic():
        drafts = pull_request_comments.own_drafts(actor, subject)
        threads = list(drafts.filter(parent=None).values_list("thread", flat=True))
        drafts.delete()
        Thread.objects.filter(pk__in=threads).delete()

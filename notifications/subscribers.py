"""Creates notifications for events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from accounts.actor import Actor
from core import events
from discussions import events as talk
from discussions import markup
from discussions.models import Comment
from notifications import mail_server, selectors
from notifications.models import Kind
from notifications.services import notices
from notifications.services.notices import NoticeContent
from pullrequests import events as pulls
from pullrequests.models import Participant, PullRequest
from pullrequests.representations import pull_request_path
from repos import events as places
from repos.representations import repository_path
from repos.storage import SERVER_OWNED

JUDGEMENTS = {
    Participant.Status.APPROVED: "approved the pull request",
    Participant.Status.NEEDS_WORK: "requested changes",
    Participant.Status.UNAPPROVED: "withdrew the review of the pull request",
}
MOST_REFS = 5

E = TypeVar("E")


def _listens_to(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Subscribe, and ask nothing of the database as long as mail goes nowhere."""

    def register(told: Callable[[E], None]) -> Callable[[E], None]:
        @events.subscribe(event_type)
        def tell_if_anybody_hears(event: E) -> None:
            if mail_server.read() is not None:
                told(event)

        return tell_if_anybody_hears

    return register


@_listens_to(pulls.PullRequestOpened)
def opened(event: pulls.PullRequestOpened) -> None:
    """Tell the reviewers, and who watches the repository."""
    text = event.pull_request.description
    _tell(event, Kind.OPENED, "proposed a pull request", text, named_in=text)


@_listens_to(pulls.PullRequestModified)
def modified(event: pulls.PullRequestModified) -> None:
    """Tell of new words, a new target, or that it is no draft any more."""
    one = event.pull_request
    if one.to_ref != event.previous_to_ref:
        deed = f"changed the target to {one.to_display_id}"
    elif one.is_draft != event.was_draft:
        deed = "made it a draft" if one.is_draft else "marked it as ready for review for review"
    elif one.title != event.previous_title:
        deed = f"changed the title from “{event.previous_title}”"
    else:
        deed = "changed the description"
    new = one.description if one.description != event.previous_description else ""
    _tell(event, Kind.UPDATED, deed, new, named_in=new, not_in=event.previous_description)


@_listens_to(pulls.PullRequestSourceMoved)
def source_moved(event: pulls.PullRequestSourceMoved) -> None:
    """Tell that there is something new to look at."""
    _tell(event, Kind.UPDATED, "updated the source branch")


@_listens_to(pulls.PullRequestReviewersChanged)
def reviewers_changed(event: pulls.PullRequestReviewersChanged) -> None:
    """Tell those who are asked to look at it."""
    if event.added:
        news = _news(event.pull_request, Kind.OPENED, "requested your review of the pull request")
        notices.tell(event.actor, news, [user.pk for user in event.added])


@_listens_to(pulls.PullRequestReviewed)
def reviewed(event: pulls.PullRequestReviewed) -> None:
    """Notify of a review."""
    deed = JUDGEMENTS[Participant.Status(event.participant.status)]
    if event.actor.is_system:
        deed = "needs to review again: a push changed the approved commits"
    _tell(event, Kind.REVIEWED, deed)


@_listens_to(pulls.PullRequestMerged)
def merged(event: pulls.PullRequestMerged) -> None:
    """Tell that it is done."""
    _tell(event, Kind.MERGED, "merged the pull request")


@_listens_to(pulls.PullRequestDeclined)
def declined(event: pulls.PullRequestDeclined) -> None:
    """Tell that it will not be."""
    _tell(event, Kind.DECLINED, "declined the pull request")


@_listens_to(pulls.PullRequestReopened)
def reopened(event: pulls.PullRequestReopened) -> None:
    """Tell that it may be after all."""
    _tell(event, Kind.DECLINED, "reopened the pull request")


@_listens_to(pulls.PullRequestCommentAdded)
def commented(event: pulls.PullRequestCommentAdded) -> None:
    """Tell what was said, or is to be done."""
    said = event.comment
    kind, deed = Kind.COMMENTED, "replied" if said.parent_id else "commented"
    if said.severity == Comment.Severity.BLOCKER:
        kind, deed = Kind.TASK, "added a task"
    elif said.thread.path:
        deed += f" on {said.thread.path}"
    _tell(event, kind, deed, named_in=said.text, comment=said)


@_listens_to(pulls.PullRequestCommentEdited)
def comment_edited(event: pulls.PullRequestCommentEdited) -> None:
    """Notify newly mentioned users, and of changes of a task."""
    said = event.comment
    if said.severity == Comment.Severity.BLOCKER and said.text == event.previous_text:
        is_done = said.state == Comment.State.RESOLVED
        deed = "resolved a task" if is_done else "reopened a task"
        _tell(event, Kind.TASK, deed, comment=said)
        return
    news = _news(event.pull_request, Kind.MENTIONED, "mentioned you", comment=said)
    named = _named(said.text, event.previous_text)
    notices.tell(event.actor, news, (), named)


@_listens_to(talk.CommitCommentAdded)
def commit_commented(event: talk.CommitCommentAdded) -> None:
    """Tell who watches the commit."""
    path = f"{repository_path(event.repository)}/commits/{event.commit_id}"
    news = NoticeContent(
        Kind.COMMENTED,
        event.repository,
        "replied" if event.comment.parent_id else "commented on the commit",
        f"{path}#comment-{event.comment.pk}",
        comment=event.comment,
        commit_id=event.commit_id,
    )
    users = selectors.commit_watchers(event.repository, event.commit_id)
    notices.tell(event.actor, news, users, _named(event.comment.text))


@_listens_to(places.RefsChanged)
def pushed(event: places.RefsChanged) -> None:
    """Tell who watches the repository."""
    moved = [
        change
        for change in event.changes
        if change.name.startswith(("refs/heads/", "refs/tags/"))
        and not change.name.startswith(SERVER_OWNED)
    ]
    users = selectors.watchers(event.push.repository) if moved else ()
    if not users:
        return
    words = {"ADD": "created", "UPDATE": "pushed to", "DELETE": "deleted"}
    told = [f"{words[one.kind.name]} {one.name.split('/', 2)[-1]}" for one in moved[:MOST_REFS]]
    if len(moved) > MOST_REFS:
        told.append(f"moved {len(moved) - MOST_REFS} more refs")
    deed = ", ".join(told).encode("utf-8", "replace").decode()
    repository = event.push.repository
    news = NoticeContent(Kind.PUSHED, repository, deed, f"{repository_path(repository)}/commits")
    notices.tell(event.actor, news, users)


def _tell(
    event: Any,
    kind: Kind,
    deed: str,
    text: str = "",
    *,
    named_in: str = "",
    not_in: str = "",
    comment: Comment | None = None,
) -> None:
    actor: Actor = event.actor
    news = _news(event.pull_request, kind, deed, text, comment)
    named = _named(named_in, not_in) if named_in else set()
    notices.tell(actor, news, selectors.who_cares_about(event.pull_request), named)


def _news(
    pull_request: PullRequest,
    kind: Kind,
    deed: str,
    text: str = "",
    comment: Comment | None = None,
) -> NoticeContent:
    path = f"{pull_request_path(pull_request)}/overview"
    if comment is not None:
        path += f"?commentId={comment.pk}"
    return NoticeContent(kind, pull_request.repository, deed, path, text, comment, pull_request)


def _named(text: str, before: str = "") -> set[int]:
    """Who is named in a text and was not before."""
    now = {user.pk for user in markup.mentioned(text)}
    return now - {user.pk for user in markup.mentioned(before)} if before else now

"""What happened to pull requests."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from accounts.models import User
from discussions.models import Comment
from pullrequests.models import Participant, PullRequest
from repos.models import Project, Repository


@dataclass(frozen=True)
class PullRequestOpened:
    """A pull request came to be."""

    actor: Actor
    pull_request: PullRequest


@dataclass(frozen=True)
class PullRequestModified:
    """Its title, description, target or draft status changed; the rest is how it was."""

    actor: Actor
    pull_request: PullRequest
    previous_title: str
    previous_description: str
    previous_to_ref: str
    previous_to_id: str
    was_draft: bool


@dataclass(frozen=True)
class PullRequestReviewersChanged:
    """Others are asked to look at it."""

    actor: Actor
    pull_request: PullRequest
    added: tuple[User, ...]
    removed: tuple[User, ...]


@dataclass(frozen=True)
class PullRequestReviewed:
    """The review status of a participant changed."""

    actor: Actor
    pull_request: PullRequest
    participant: Participant
    previous_status: str


@dataclass(frozen=True)
class PullRequestSourceMoved:
    """Its source branch leads to another commit."""

    actor: Actor
    pull_request: PullRequest
    previous_from_id: str


@dataclass(frozen=True)
class PullRequestMerged:
    """It is merged: by the server, or because its commits reached the target by a push."""

    actor: Actor
    pull_request: PullRequest


@dataclass(frozen=True)
class PullRequestDeclined:
    """It will not be merged."""

    actor: Actor
    pull_request: PullRequest


@dataclass(frozen=True)
class PullRequestReopened:
    """It may be merged after all."""

    actor: Actor
    pull_request: PullRequest


@dataclass(frozen=True)
class PullRequestDeleted:
    """A pull request is being deleted with its comments; published before it is gone."""

    actor: Actor
    pull_request: PullRequest


@dataclass(frozen=True)
class PullRequestCommentAdded:
    """A comment or reply was added; a reply has a parent."""

    actor: Actor
    pull_request: PullRequest
    comment: Comment


@dataclass(frozen=True)
class PullRequestCommentEdited:
    """A comment says something else now, or a task is resolved or open again."""

    actor: Actor
    pull_request: PullRequest
    comment: Comment
    previous_text: str


@dataclass(frozen=True)
class PullRequestCommentDeleted:
    """A comment is gone; it is given as it was."""

    actor: Actor
    pull_request: PullRequest
    comment: Comment


@dataclass(frozen=True)
class DefaultReviewersSet:
    """Others are asked by default, in words; None where there was or is no condition."""

    actor: Actor
    place: Project | Repository
    old: str | None
    new: str | None


@dataclass(frozen=True)
class PullRequestSettingsChanged:
    """Merge settings of a project, repository or the site (None) changed."""

    actor: Actor
    place: Project | Repository | None
    old: dict[str, object]
    new: dict[str, object]

"""The catalogue of webhook events: their keys and payloads.

A new event is a line in ENTRIES and one in KEYS; the payloads are in webhooks/payloads.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from builds import events as builds
from discussions import events as talk
from discussions.models import Comment
from gitengine.types import RefChangeKind
from pullrequests import events as pulls
from pullrequests.models import Participant
from repos import events as places
from repos.models import Project, Repository
from webhooks import payloads

PING = "diagnostics:ping"
# What some versions of Bitbucket called it.
ALIASES = {"pr:reviewer:changes_requested": "pr:reviewer:needs_work"}

REPOSITORY, PULL_REQUEST, PROJECT, MORE = "Repository", "Pull request", "Project", "More"


@dataclass(frozen=True)
class Key:
    """How people choose it: under which heading, in which words."""

    group: str
    title: str


# In the order of Bitbucket's page; what is under MORE is beyond Bitbucket.
KEYS: dict[str, Key] = {
    "repo:refs_changed": Key(REPOSITORY, "Push"),
    "repo:forked": Key(REPOSITORY, "Forked"),
    "repo:modified": Key(REPOSITORY, "Modified"),
    "repo:comment:added": Key(REPOSITORY, "Commit comment added"),
    "repo:comment:edited": Key(REPOSITORY, "Commit comment edited"),
    "repo:comment:deleted": Key(REPOSITORY, "Commit comment deleted"),
    "repo:secret_detected": Key(REPOSITORY, "Secret detected"),
    "mirror:repo_synchronized": Key(REPOSITORY, "Mirror synchronised"),
    "pr:opened": Key(PULL_REQUEST, "Opened"),
    "pr:from_ref_updated": Key(PULL_REQUEST, "Source branch updated"),
    "pr:modified": Key(PULL_REQUEST, "Modified"),
    "pr:reviewer:updated": Key(PULL_REQUEST, "Reviewers updated"),
    "pr:reviewer:approved": Key(PULL_REQUEST, "Approved"),
    "pr:reviewer:unapproved": Key(PULL_REQUEST, "Unapproved"),
    "pr:reviewer:needs_work": Key(PULL_REQUEST, "Changes requested"),
    "pr:merged": Key(PULL_REQUEST, "Merged"),
    "pr:declined": Key(PULL_REQUEST, "Declined"),
    "pr:deleted": Key(PULL_REQUEST, "Deleted"),
    "pr:comment:added": Key(PULL_REQUEST, "Comment added"),
    "pr:comment:edited": Key(PULL_REQUEST, "Comment edited"),
    "pr:comment:deleted": Key(PULL_REQUEST, "Comment deleted"),
    "project:modified": Key(PROJECT, "Modified"),
    "repo:created": Key(MORE, "Repository created in the project"),
    "repo:deleted": Key(MORE, "Repository of the project deleted"),
    "repo:default_branch_modified": Key(MORE, "Default branch changed"),
    "repo:tag_created": Key(MORE, "Tag created"),
    "repo:tag_deleted": Key(MORE, "Tag deleted"),
    "repo:build_status": Key(MORE, "Build status reported"),
    "pr:reopened": Key(MORE, "Pull request reopened"),
    "pr:reviewer:approvals_reset": Key(MORE, "Approval withdrawn by a push"),
    "pr:task:added": Key(MORE, "Task added"),
    "pr:task:edited": Key(MORE, "Task edited, resolved or reopened"),
}
# What only a project is told: its own changes.
OF_PROJECTS = {"project:modified", "repo:created", "repo:deleted"}


def keys_of(place: Project | Repository) -> dict[str, Key]:
    """Return the event keys that a webhook of this scope can have."""
    if isinstance(place, Project):
        return KEYS
    return {key: shown for key, shown in KEYS.items() if key not in OF_PROJECTS}


@dataclass(frozen=True)
class Entry:
    """One webhook event; `fields` returns the payload beside key, date and actor."""

    event_type: type
    key: str
    place: Callable[[Any], Project | Repository | None]
    fields: Callable[[Any], dict[str, Any]]
    applies: Callable[[Any], bool] = lambda _: True


# What is added to a payload before it is sent for the first time, where it would hold up the event.
COMPLETED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "repo:refs_changed": payloads.with_commits
}


def _repository(event: Any) -> Repository | None:
    return event.repository  # type: ignore[no-any-return]


def _target(event: Any) -> Repository | None:
    return event.pull_request.repository  # type: ignore[no-any-return]


def _pull_request(
    event_type: type,
    key: str,
    fields: Callable[[Any], dict[str, Any]] = payloads.pull_request,
    applies: Callable[[Any], bool] = lambda _: True,
) -> Entry:
    return Entry(event_type, key, _target, fields, applies)


def _reviewed_as(status: str) -> Callable[[Any], bool]:
    return lambda event: event.participant.status == status


def _is_task(event: Any) -> bool:
    return bool(event.comment.severity == Comment.Severity.BLOCKER)


def _has_tag(kind: RefChangeKind) -> Callable[[Any], bool]:
    return lambda event: bool(payloads.tags(event, kind))


ENTRIES: tuple[Entry, ...] = (
    Entry(
        places.RefsChanged,
        "repo:refs_changed",
        lambda event: event.push.repository,
        payloads.refs_changed,
        lambda event: bool(payloads.told_changes(event)),
    ),
    Entry(
        places.RefsChanged,
        "repo:tag_created",
        lambda event: event.push.repository,
        lambda event: payloads.tags_changed(event, RefChangeKind.ADD),
        _has_tag(RefChangeKind.ADD),
    ),
    Entry(
        places.RefsChanged,
        "repo:tag_deleted",
        lambda event: event.push.repository,
        lambda event: payloads.tags_changed(event, RefChangeKind.DELETE),
        _has_tag(RefChangeKind.DELETE),
    ),
    Entry(places.RepositoryForked, "repo:forked", lambda event: event.origin, payloads.forked),
    Entry(places.RepositoryModified, "repo:modified", _repository, payloads.repository_modified),
    Entry(
        places.ProjectModified,
        "project:modified",
        lambda event: event.project,
        payloads.project_modified,
    ),
    Entry(
        places.RepositoryCreated,
        "repo:created",
        lambda event: event.repository.project,
        payloads.repository,
    ),
    Entry(
        places.RepositoryDeleted,
        "repo:deleted",
        lambda event: event.repository.project,
        payloads.repository,
    ),
    Entry(
        places.DefaultBranchModified,
        "repo:default_branch_modified",
        _repository,
        payloads.default_branch_modified,
    ),
    Entry(talk.CommitCommentAdded, "repo:comment:added", _repository, payloads.commit_comment),
    Entry(talk.CommitCommentEdited, "repo:comment:edited", _repository, payloads.commit_comment),
    Entry(talk.CommitCommentDeleted, "repo:comment:deleted", _repository, payloads.commit_comment),
    Entry(
        builds.BuildStatusReported,
        "repo:build_status",
        lambda event: event.status.repository,
        payloads.build_status,
    ),
    _pull_request(pulls.PullRequestOpened, "pr:opened"),
    _pull_request(pulls.PullRequestReopened, "pr:reopened"),
    _pull_request(pulls.PullRequestMerged, "pr:merged"),
    _pull_request(pulls.PullRequestDeclined, "pr:declined"),
    _pull_request(pulls.PullRequestDeleted, "pr:deleted"),
    _pull_request(pulls.PullRequestModified, "pr:modified", payloads.modified),
    _pull_request(pulls.PullRequestSourceMoved, "pr:from_ref_updated", payloads.source_moved),
    _pull_request(
        pulls.PullRequestReviewersChanged, "pr:reviewer:updated", payloads.reviewers_changed
    ),
    _pull_request(
        pulls.PullRequestReviewed,
        "pr:reviewer:approved",
        payloads.reviewed,
        _reviewed_as(Participant.Status.APPROVED),
    ),
    _pull_request(
        pulls.PullRequestReviewed,
        "pr:reviewer:unapproved",
        payloads.reviewed,
        _reviewed_as(Participant.Status.UNAPPROVED),
    ),
    _pull_request(
        pulls.PullRequestReviewed,
        "pr:reviewer:needs_work",
        payloads.reviewed,
        _reviewed_as(Participant.Status.NEEDS_WORK),
    ),
    _pull_request(
        pulls.PullRequestReviewed,
        "pr:reviewer:approvals_reset",
        payloads.reviewed,
        # By the server, in the name of who had approved.
        lambda event: event.actor.is_system,
    ),
    _pull_request(pulls.PullRequestCommentAdded, "pr:comment:added", payloads.comment),
    _pull_request(pulls.PullRequestCommentEdited, "pr:comment:edited", payloads.comment),
    _pull_request(pulls.PullRequestCommentDeleted, "pr:comment:deleted", payloads.comment),
    _pull_request(pulls.PullRequestCommentAdded, "pr:task:added", payloads.comment, _is_task),
    _pull_request(pulls.PullRequestCommentEdited, "pr:task:edited", payloads.comment, _is_task),
)

"""Webhook payloads with the fields of Bitbucket.

https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html, with what newer
versions and recorded payloads have beside it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts import selectors as people
from accounts.actor import Actor
from accounts.models import User
from accounts.representations import represent_person, represent_user_with_address
from builds.representations import represent_build
from core.errors import DomainError
from discussions.models import Comment
from discussions.representations import represent_comment
from discussions.selectors.comments import CommentAbilities, CommentWithReplies
from gitengine import history, refs
from gitengine.errors import GitError
from gitengine.types import ZERO_ID, RefChangeKind, RefCommand
from pullrequests.representations import represent_participant, represent_pull_request
from pullrequests.selectors import pull_requests
from repos import storage
from repos.models import Repository
from repos.representations import (
    represent_commit,
    represent_project,
    represent_ref,
    represent_repository,
)

# So many of the newest commits are told with a push.
MOST_COMMITS = 5


def envelope(key: str, actor: Actor, at: datetime, fields: dict[str, Any]) -> dict[str, Any]:
    """What every payload begins with; the offset of the date has no colon."""
    return {
        "eventKey": key,
        "date": at.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "actor": represent_person(actor.user, with_addresses=True),
        **fields,
    }


def told_changes(event: Any) -> list[RefCommand]:
    """The branches and tags of a push; Bitbucket tells nothing of other refs, such as refs/notes."""
    return [
        change for change in event.changes if change.name.startswith((refs.BRANCHES, refs.TAGS))
    ]


def tags(event: Any, kind: RefChangeKind) -> list[RefCommand]:
    """The tags of a push that were made, or removed."""
    return [
        change
        for change in event.changes
        if change.name.startswith("refs/tags/") and change.kind is kind
    ]


def refs_changed(event: Any) -> dict[str, Any]:
    """A push; its commits are read later, without the repository lock."""
    return {
        "repository": _repository(event.push.repository),
        "changes": [_ref_change(change) for change in told_changes(event)],
    }


def with_commits(told: dict[str, Any]) -> dict[str, Any]:
    """The same push with the newest commits of its first change that brought any."""
    row = Repository.objects.filter(pk=told["repository"]["id"]).first()
    change = next((one for one in told["changes"] if one["toHash"] != ZERO_ID), None)
    commits = _newest_commits(row, change["fromHash"], change["toHash"]) if row and change else []
    return {**told, "commits": commits, "toCommit": commits[0]} if commits else told


def tags_changed(event: Any, kind: RefChangeKind) -> dict[str, Any]:
    """The tags alone."""
    return {
        "repository": _repository(event.push.repository),
        "changes": [_ref_change(change) for change in tags(event, kind)],
    }


def forked(event: Any) -> dict[str, Any]:
    """A fork, with what it was forked from."""
    origin = {"origin": _repository(event.origin)}
    return {"repository": _repository(event.repository) | origin}


def repository(event: Any) -> dict[str, Any]:
    """A repository that came or went."""
    return {"repository": _repository(event.repository)}


def repository_modified(event: Any) -> dict[str, Any]:
    """A repository, before and after."""
    return {"old": _repository(event.old), "new": _repository(event.repository)}


def project_modified(event: Any) -> dict[str, Any]:
    """A project, before and after."""
    return {"old": represent_project(event.old), "new": represent_project(event.project)}


def default_branch_modified(event: Any) -> dict[str, Any]:
    """Which branch is shown first, before and after."""
    return {
        "repository": _repository(event.repository),
        "old": represent_ref(event.old),
        "new": represent_ref(event.new),
    }


def commit_comment(event: Any) -> dict[str, Any]:
    """What was said of a commit."""
    shown = {
        "repository": _repository(event.repository),
        "commit": event.commit_id,
        "comment": _comment(event.comment),
    }
    return shown | _around(event)


def build_status(event: Any) -> dict[str, Any]:
    """How a build went."""
    return {
        "repository": _repository(event.status.repository),
        "commit": event.status.commit_id,
        "build": represent_build(event.status),
    }


def pull_request(event: Any) -> dict[str, Any]:
    """A pull request as it is now."""
    shown = represent_pull_request(
        pull_requests.one(Actor.system(), event.pull_request), with_addresses=True
    )
    for end in ("fromRef", "toRef"):
        # What it was forked from is shown to who may see that, and a machine is nobody.
        shown[end].get("repository", {}).pop("origin", None)
    return {"pullRequest": shown}


def modified(event: Any) -> dict[str, Any]:
    """What its title, description and target were before."""
    target = represent_ref(event.previous_to_ref) | {
        "latestCommit": event.previous_to_id,
        "latestChangeset": event.previous_to_id,
    }
    return pull_request(event) | {
        "previousTitle": event.previous_title,
        "previousDescription": event.previous_description,
        "previousTarget": target,
        "previousDraft": event.was_draft,
    }


def source_moved(event: Any) -> dict[str, Any]:
    """Where its source was before."""
    return pull_request(event) | {"previousFromHash": event.previous_from_id}


def reviewers_changed(event: Any) -> dict[str, Any]:
    """Who is asked, and who no more."""
    return pull_request(event) | {
        "addedReviewers": _users(event.added),
        "removedReviewers": _users(event.removed),
    }


def reviewed(event: Any) -> dict[str, Any]:
    """Who thinks what, and what they thought before."""
    return pull_request(event) | {
        "participant": represent_participant(event.participant, with_addresses=True),
        "previousStatus": event.previous_status,
    }


def comment(event: Any) -> dict[str, Any]:
    """What was said of a pull request."""
    return pull_request(event) | {"comment": _comment(event.comment)} | _around(event)


def _around(event: Any) -> dict[str, Any]:
    """Whose answer a comment is, and what it said before."""
    shown: dict[str, Any] = {}
    if event.comment.parent_id is not None:
        shown["commentParentId"] = event.comment.parent_id
    if hasattr(event, "previous_text"):
        shown["previousComment"] = event.previous_text
    return shown


def _comment(row: Comment) -> dict[str, Any]:
    nothing = CommentAbilities(may_edit=False, may_delete=False, may_transition=False)
    shown = represent_comment(CommentWithReplies(row, nothing), with_addresses=True)
    # What may be done with it depends on who looks.
    del shown["permittedOperations"]
    return shown


def _repository(row: Repository) -> dict[str, Any]:
    shown = represent_repository(row)
    shown.pop("origin", None)
    return shown


def _users(users: tuple[User, ...]) -> list[dict[str, Any]]:
    return [represent_user_with_address(user) for user in users]


def _ref_change(change: RefCommand) -> dict[str, Any]:
    return {
        "ref": represent_ref(change.name),
        "refId": change.name,
        "fromHash": change.old,
        "toHash": change.new,
        "type": change.kind.name,
    }


def _newest_commits(row: Repository, old: str, new: str) -> list[dict[str, Any]]:
    try:
        with storage.opened(row) as git:
            left_out = [old] if old != ZERO_ID else []
            found = history.log(git, [new], since=left_out, limit=MOST_COMMITS)
    except (GitError, DomainError):
        # The news goes out without: the commits may be gone by now.
        return []
    addresses = [person.email for one in found for person in (one.author, one.committer)]
    known = people.by_address(Actor.system(), addresses)
    return [represent_commit(one, known) for one in found]

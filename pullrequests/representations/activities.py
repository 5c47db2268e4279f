"""What happened to a pull request, and what was said about it, as Bitbucket's JSON."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.representations import represent_person
from discussions.models import Thread
from discussions.representations import represent_anchor, represent_comment
from discussions.selectors.comments import CommentWithReplies
from gitengine.types import Commit
from pullrequests.models import Activity
from pullrequests.representations.pull_requests import milliseconds
from pullrequests.selectors.activities import ActivityEntry
from repos.representations import represent_commit
from repos.representations.contents import People


def represent_activity(
    happened: ActivityEntry, people: People, *, with_addresses: bool
) -> dict[str, Any]:
    """One thing that happened, newest fields as Bitbucket writes them."""
    activity = happened.activity
    shown: dict[str, Any] = {
        "id": activity.pk,
        "createdDate": milliseconds(activity.created_at),
        "user": represent_person(activity.user, with_addresses=with_addresses),
        "action": activity.action,
    }
    if happened.said is not None:
        shown |= _comment(happened, with_addresses)
    if activity.action == Activity.Action.RESCOPED:
        shown |= _rescope(happened, people)
    if happened.merge_commit is not None:
        shown["commit"] = represent_commit(happened.merge_commit, people)
    if happened.added_reviewers or happened.removed_reviewers:
        shown["addedReviewers"] = _people(happened.added_reviewers, with_addresses)
        shown["removedReviewers"] = _people(happened.removed_reviewers, with_addresses)
    return shown


def represent_talk(said: CommentWithReplies, *, with_addresses: bool) -> dict[str, Any]:
    """A comment on a pull request, with its answers; its anchor tells whether the code has left it."""
    shown = represent_comment(said, with_addresses=with_addresses)
    if "anchor" in shown:
        shown["anchor"] = _anchor(said.comment.thread)
    return shown


def _comment(happened: ActivityEntry, with_addresses: bool) -> dict[str, Any]:
    assert happened.said is not None
    thread = happened.said.comment.thread
    shown: dict[str, Any] = {
        "commentAction": "ADDED",
        "comment": represent_talk(happened.said, with_addresses=with_addresses),
    }
    if thread.is_anchored:
        shown["commentAnchor"] = _anchor(thread)
    snippet = thread.of_pull_request.snippet
    if snippet is not None:
        shown["diff"] = snippet
    return shown


def _anchor(thread: Thread) -> dict[str, Any]:
    return represent_anchor(thread) | {"orphaned": thread.of_pull_request.is_orphaned}


def _rescope(happened: ActivityEntry, people: People) -> dict[str, Any]:
    activity, details = happened.activity, happened.activity.details or {}

    def some(commits: list[Commit], name: str) -> dict[str, Any]:
        return {
            "commits": [represent_commit(one, people) for one in commits],
            "total": details.get(name, {}).get("total", 0),
        }

    return {
        "fromHash": activity.from_hash,
        "previousFromHash": activity.previous_from_hash,
        "previousToHash": activity.previous_to_hash,
        "toHash": activity.to_hash,
        "added": some(happened.added, "added"),
        "removed": some(happened.removed, "removed"),
    }


def _people(users: list[User], with_addresses: bool) -> list[dict[str, Any]]:
    return [represent_person(user, with_addresses=with_addresses) for user in users]

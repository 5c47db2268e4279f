"""The story of a pull request, with everything that tells it; few queries, however long a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from accounts.actor import Actor
from accounts.models import User
from core.errors import Invalid
from core.paging import Page, PageRequest, page_of_rows
from discussions.models import Comment
from discussions.selectors import comments as talk
from discussions.selectors.comments import CommentWithReplies
from discussions.subjects import CommentSubject
from gitengine import history
from gitengine.errors import NoSuchRevision
from gitengine.repository import GitRepository
from gitengine.types import Commit
from pullrequests.models import Activity, PullRequest
from pullrequests.selectors import contents

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class ActivityEntry:
    """One thing that happened, with what its row only names."""

    activity: Activity
    said: CommentWithReplies | None = None
    added: list[Commit] = field(default_factory=list)
    removed: list[Commit] = field(default_factory=list)
    merge_commit: Commit | None = None
    added_reviewers: list[User] = field(default_factory=list)
    removed_reviewers: list[User] = field(default_factory=list)


def page(
    actor: Actor,
    pull_request: PullRequest,
    subject: CommentSubject,
    wanted: PageRequest,
    *,
    from_id: str = "",
    from_type: str = "",
) -> Page[ActivityEntry]:
    """What happened, newest first; with `from_id` from that activity, or that comment's, on."""
    rows = Activity.objects.filter(pull_request=pull_request)
    if from_id:
        rows = rows.filter(pk__lte=_start(pull_request, from_id, from_type.upper()))
    rows = rows.select_related("user", "comment").order_by("-pk")
    found = page_of_rows(rows, wanted)
    values = _told(actor, pull_request, subject, found.values)
    return Page(values, found.start, found.limit, found.next_start)


def latest(actor: Actor, pull_request: PullRequest) -> int:
    """The number of what happened last."""
    rows = Activity.objects.filter(pull_request=pull_request).order_by("-pk")
    return rows.values_list("pk", flat=True).first() or 0


def _start(pull_request: PullRequest, number: str, kind: str) -> int:
    if kind not in {"COMMENT", "ACTIVITY"}:
        raise Invalid("A fromId needs a fromType: COMMENT or ACTIVITY.", context="fromType")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Invalid("The fromId must be a whole number.", context="fromId")
    if kind == "ACTIVITY":
        return int(number)
    thread = Comment.objects.filter(pk=int(number)).values("thread")
    rows = Activity.objects.filter(pull_request=pull_request, comment__thread__in=thread)
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise Invalid("There is no such comment.", context="fromId")
    return found


def _told(
    actor: Actor, pull_request: PullRequest, subject: CommentSubject, rows: list[Activity]
) -> list[ActivityEntry]:
    comments = [row.comment for row in rows if row.comment is not None]
    said = {one.comment.pk: one for one in talk.with_replies(actor, subject, comments)}
    people = _people(rows)
    commits = _commits(pull_request, rows)
    told = []
    for row in rows:
        details = row.details or {}
        merge = details.get("commit", "")
        told.append(
            ActivityEntry(
                row,
                said=said.get(row.comment_id or 0),
                added=_found(commits, details.get("added", {}).get("commits", [])),
                removed=_found(commits, details.get("removed", {}).get("commits", [])),
                merge_commit=commits.get(merge),
                added_reviewers=_found(people, details.get("addedReviewers", [])),
                removed_reviewers=_found(people, details.get("removedReviewers", [])),
            )
        )
    return told


def _found(known: dict[K, V], keys: Iterable[K]) -> list[V]:
    return [known[key] for key in keys if key in known]


def _people(rows: list[Activity]) -> dict[int, User]:
    keys = {
        key
        for row in rows
        for name in ("addedReviewers", "removedReviewers")
        for key in (row.details or {}).get(name, [])
    }
    return User.objects.in_bulk(keys) if keys else {}


def _commits(pull_request: PullRequest, rows: list[Activity]) -> dict[str, Commit]:
    wanted: list[str] = []
    for row in rows:
        details = row.details or {}
        wanted += [*details.get("added", {}).get("commits", [])]
        wanted += [*details.get("removed", {}).get("commits", [])]
        if details.get("commit"):
            wanted.append(details["commit"])
    if not wanted:
        return {}
    with contents.opened(pull_request) as git:
        return {one.id: one for key in set(wanted) for one in _commit(git, key)}


def _commit(git: GitRepository, object_id: str) -> list[Commit]:
    """Return the commit, or None if it is gone from the history."""
    try:
        return [history.commit(git, object_id)]
    except NoSuchRevision:
        return []

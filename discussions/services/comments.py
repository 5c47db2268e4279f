"""Say something about a subject, change it, take it back; every comment has a version that must be known."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission
from core.errors import Forbidden, Invalid
from discussions.errors import CommentNotDeletable, CommentOutOfDate, NoSuchComment
from discussions.models import Comment, Thread
from discussions.selectors import comments as find
from discussions.subjects import AnchorRequest, CommentSubject
from repos import access
from repos.errors import RepositoryArchived
from repos.models import Repository

LONGEST_TEXT = 32_768
# Deeper than that, an answer stands beside what it answers: JSON has no room for endless depth.
MOST_DEPTH = 40


@dataclass(frozen=True)
class CommentChanges:
    """What is to be different about a comment; None leaves as it is."""

    text: str | None = None
    severity: str | None = None
    state: str | None = None
    thread_resolved: bool | None = None


def begin(
    actor: Actor,
    subject: CommentSubject,
    *,
    text: str,
    severity: str = Comment.Severity.NORMAL,
    anchor: AnchorRequest | None = None,
    is_draft: bool = False,
) -> Comment:
    """Begin a thread about the subject, in general or at a place of its diff."""
    _require_open(actor, subject)
    check_text(actor, text)
    _check_draft(subject, is_draft)
    place = subject.place(actor, anchor) if anchor else {}
    with transaction.atomic():
        thread = Thread.objects.create(repository=subject.repository, **place)
        subject.attach(actor, thread)
        comment = Comment.objects.create(
            thread=thread,
            author=actor.user,
            text=text,
            severity=severity,
            state=_first_state(is_draft),
        )
        if not is_draft:
            subject.added(actor, comment)
    return comment


def reply(
    actor: Actor,
    subject: CommentSubject,
    parent: Comment,
    *,
    text: str,
    severity: str = Comment.Severity.NORMAL,
    is_draft: bool = False,
) -> Comment:
    """Answer a comment; what answers a draft is one."""
    _require_open(actor, subject)
    check_text(actor, text)
    is_draft = is_draft or parent.state == Comment.State.PENDING
    _check_draft(subject, is_draft)
    with transaction.atomic():
        _lock(parent)
        if parent.depth >= MOST_DEPTH and parent.parent is not None:
            parent = parent.parent
        comment = Comment.objects.create(
            thread=parent.thread,
            parent=parent,
            depth=parent.depth + 1,
            author=actor.user,
            text=text,
            severity=severity,
            state=_first_state(is_draft),
        )
        if not is_draft:
            subject.added(actor, comment)
    return comment


def edit(
    actor: Actor,
    subject: CommentSubject,
    comment: Comment,
    changes: CommentChanges,
    *,
    version: int | None,
) -> Comment:
    """Change a comment: its words only by its author, the rest by an administrator too."""
    _require_open(actor, subject)
    if not subject.presides(actor):
        _require_change(actor, subject.repository, comment)
    fields = _changed_fields(actor, comment, changes)
    thread_fields = _changed_thread_fields(actor, comment, changes)
    previous = comment.text
    with transaction.atomic():
        _lock(comment)
        current = _check_version(comment, version)
        if not fields and not thread_fields:
            return comment
        found = Comment.objects.filter(pk=comment.pk, version=current)
        if not found.update(version=F("version") + 1, updated_at=timezone.now(), **fields):
            raise CommentOutOfDate(_version_of(comment), version)
        if thread_fields:
            Thread.objects.filter(pk=comment.thread_id).update(**thread_fields)
        changed = find.get(actor, subject, str(comment.pk))
        if changed.state != Comment.State.PENDING:
            subject.edited(actor, changed, previous)
    return changed


def delete(actor: Actor, subject: CommentSubject, comment: Comment, *, version: int | None) -> None:
    """Delete a comment without replies, with its thread if it is the first."""
    _require_open(actor, subject)
    _require_change(actor, subject.repository, comment)
    with transaction.atomic():
        _lock(comment)
        _check_version(comment, version)
        if Comment.objects.filter(parent=comment).exists():
            raise CommentNotDeletable()
        gone = copy.copy(comment)
        if comment.state != Comment.State.PENDING:
            subject.deleted(actor, gone)
        Comment.objects.filter(pk=comment.pk).delete()
        if comment.parent_id is None:
            Thread.objects.filter(pk=comment.thread_id).delete()


def _require_open(actor: Actor, subject: CommentSubject) -> None:
    subject.require_voice(actor)
    if subject.repository.is_archived:
        raise RepositoryArchived(str(subject.repository))


def _check_draft(subject: CommentSubject, is_draft: bool) -> None:
    if is_draft and not subject.takes_drafts:
        raise Invalid("A new comment on a commit is OPEN.", context="state")


def _first_state(is_draft: bool) -> Comment.State:
    return Comment.State.PENDING if is_draft else Comment.State.OPEN


def _require_change(actor: Actor, repository: Repository, comment: Comment) -> None:
    if not _is_author(actor, comment):
        # What a secret must be for was asked with the voice.
        access.require(actor, Permission.REPO_ADMIN, repository)


def _is_author(actor: Actor, comment: Comment) -> bool:
    return actor.user is not None and comment.author_id == actor.user.pk


def _lock(comment: Comment) -> None:
    """Lock a thread for a reply or deletion; raises NoSuchComment if the comment is gone."""
    Thread.objects.select_for_update().filter(pk=comment.thread_id).first()
    if not Comment.objects.filter(pk=comment.pk).exists():
        raise NoSuchComment(str(comment.pk))


def _check_version(comment: Comment, expected: int | None) -> int:
    current = _version_of(comment)
    if current != expected:
        raise CommentOutOfDate(current, expected)
    return current


def _version_of(comment: Comment) -> int:
    return Comment.objects.values_list("version", flat=True).get(pk=comment.pk)


def check_text(actor: Actor, text: str) -> None:
    """Refuse an empty text, and one that is too long."""
    if not text.strip():
        raise Invalid("Please enter some text.", context="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(
            f"Your comment is too long. The limit is {LONGEST_TEXT} characters.", context="text"
        )


def _changed_fields(actor: Actor, comment: Comment, changes: CommentChanges) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if changes.text is not None and changes.text != comment.text:
        if not _is_author(actor, comment):
            raise Forbidden("Only the author of a comment may change its text.")
        check_text(actor, changes.text)
        fields["text"] = changes.text
    severity = changes.severity or comment.severity
    if severity != comment.severity:
        fields["severity"] = severity
    state = changes.state or comment.state
    if severity == Comment.Severity.NORMAL and state == Comment.State.RESOLVED:
        if changes.state is not None and comment.state != Comment.State.RESOLVED:
            raise Invalid("Only a task can be resolved.", context="state")
        # What is no task any more is not a resolved one.
        state = Comment.State.OPEN
    if (state == Comment.State.PENDING) != (comment.state == Comment.State.PENDING):
        raise Invalid(
            "A pending comment becomes public only by finishing the review.", context="state"
        )
    if state != comment.state:
        is_resolved = state == Comment.State.RESOLVED
        fields["state"] = state
        fields["resolver"] = actor.user if is_resolved else None
        fields["resolved_at"] = timezone.now() if is_resolved else None
    return fields


def _changed_thread_fields(
    actor: Actor, comment: Comment, changes: CommentChanges
) -> dict[str, Any]:
    was = comment.thread.resolved_at is not None
    if changes.thread_resolved is None or changes.thread_resolved == was:
        return {}
    if comment.parent_id is not None:
        raise Invalid(
            "Only the first comment of a thread can be resolved.", context="threadResolved"
        )
    if changes.thread_resolved:
        return {"resolver": actor.user, "resolved_at": timezone.now()}
    return {"resolver": None, "resolved_at": None}

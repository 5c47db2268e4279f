"""Say something about a commit, change it, take it back; every comment has a version that must be known."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Forbidden, Invalid
from discussions.errors import CommentNotDeletable, CommentOutOfDate, NoSuchComment
from discussions.events import CommitCommentAdded, CommitCommentDeleted, CommitCommentEdited
from discussions.models import LONGEST_PATH, Comment, CommitThread, Thread
from discussions.selectors import comments as find
from gitengine import trees
from gitengine.errors import NoSuchPath
from gitengine.repository import GitRepository
from repos import access, storage
from repos.errors import RepositoryArchived
from repos.models import Repository
from repos.selectors import contents
from repos.services import watching

LONGEST_TEXT = 32_768
# Deeper than that, an answer stands beside what it answers: JSON has no room for endless depth.
MOST_DEPTH = 40


@dataclass(frozen=True)
class AnchorRequest:
    """Where in a diff a comment is to stand; empty fields are worked out."""

    path: str
    src_path: str = ""
    line: int | None = None
    line_type: str = ""
    file_type: str = ""
    diff_type: str = ""
    from_hash: str = ""
    to_hash: str = ""
    start_line: int | None = None
    start_line_type: str = ""


@dataclass(frozen=True)
class Changes:
    """What is to be different about a comment; None leaves as it is."""

    text: str | None = None
    severity: str | None = None
    state: str | None = None
    thread_resolved: bool | None = None


def add_to_commit(
    actor: Actor,
    repository: Repository,
    commit_id: str,
    *,
    text: str,
    severity: str = Comment.Severity.NORMAL,
    anchor: AnchorRequest | None = None,
) -> Comment:
    """Begin a thread about a commit, in general or at a place of its diff."""
    _require_open(actor, repository)
    check_text(actor, text)
    place = _anchor_fields(actor, repository, commit_id, anchor) if anchor else {}
    with transaction.atomic():
        thread = Thread.objects.create(repository=repository, **place)
        CommitThread.objects.create(thread=thread, repository=repository, commit_id=commit_id)
        comment = Comment.objects.create(
            thread=thread, author=actor.user, text=text, severity=severity
        )
        watching.watch_commit(actor, repository, commit_id)
        events.publish(CommitCommentAdded(actor, repository, commit_id, comment))
    return comment


def reply(
    actor: Actor,
    repository: Repository,
    commit_id: str,
    parent: Comment,
    *,
    text: str,
    severity: str = Comment.Severity.NORMAL,
) -> Comment:
    """Answer a comment."""
    _require_open(actor, repository)
    check_text(actor, text)
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
        )
        watching.watch_commit(actor, repository, commit_id)
        events.publish(CommitCommentAdded(actor, repository, commit_id, comment))
    return comment


def edit(
    actor: Actor,
    repository: Repository,
    commit_id: str,
    comment: Comment,
    changes: Changes,
    *,
    version: int | None,
) -> Comment:
    """Change a comment: its words only by its author, the rest by an administrator too."""
    _require_open(actor, repository)
    _require_change(actor, repository, comment)
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
        changed = find.get_of_commit(actor, repository, commit_id, str(comment.pk))
        if "text" in fields:
            events.publish(CommitCommentEdited(actor, repository, commit_id, changed, previous))
    return changed


def delete(
    actor: Actor, repository: Repository, commit_id: str, comment: Comment, *, version: int | None
) -> None:
    """Take back a comment that nobody answered, with its thread if it began it."""
    _require_open(actor, repository)
    _require_change(actor, repository, comment)
    with transaction.atomic():
        _lock(comment)
        _check_version(comment, version)
        if Comment.objects.filter(parent=comment).exists():
            raise CommentNotDeletable()
        gone = copy.copy(comment)
        Comment.objects.filter(pk=comment.pk).delete()
        if comment.parent_id is None:
            Thread.objects.filter(pk=comment.thread_id).delete()
        events.publish(CommitCommentDeleted(actor, repository, commit_id, gone))


def _require_open(actor: Actor, repository: Repository) -> None:
    find.require_voice(actor, repository)
    if repository.is_archived:
        raise RepositoryArchived(str(repository))


def _require_change(actor: Actor, repository: Repository, comment: Comment) -> None:
    if not _is_author(actor, comment):
        access.require(actor, Permission.REPO_ADMIN, repository, scope=Scope.REPOSITORY)


def _is_author(actor: Actor, comment: Comment) -> bool:
    return actor.user is not None and comment.author_id == actor.user.pk


def _lock(comment: Comment) -> None:
    """Let nobody answer or delete in the same thread meanwhile; NoSuchComment if somebody has."""
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


def _changed_fields(actor: Actor, comment: Comment, changes: Changes) -> dict[str, Any]:
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
    if state == Comment.State.PENDING:
        raise Invalid("A comment on a commit cannot be pending.", context="state")
    if state != comment.state:
        is_resolved = state == Comment.State.RESOLVED
        fields["state"] = state
        fields["resolver"] = actor.user if is_resolved else None
        fields["resolved_at"] = timezone.now() if is_resolved else None
    return fields


def _changed_thread_fields(actor: Actor, comment: Comment, changes: Changes) -> dict[str, Any]:
    was = comment.thread.resolved_at is not None
    if changes.thread_resolved is None or changes.thread_resolved == was:
        return {}
    if comment.parent_id is not None:
        raise Invalid(
            "A thread is resolved by its first comment, not by an answer.", context="threadResolved"
        )
    if changes.thread_resolved:
        return {"resolver": actor.user, "resolved_at": timezone.now()}
    return {"resolver": None, "resolved_at": None}


def _anchor_fields(
    actor: Actor, repository: Repository, commit_id: str, wanted: AnchorRequest
) -> dict[str, Any]:
    """Judge an anchor, and complete it."""
    if wanted.to_hash and find.commit_id_of(actor, repository, wanted.to_hash) != commit_id:
        raise Invalid("The toHash must be the commit that the comment is on.", context="toHash")
    parents = contents.commit(actor, repository, commit_id).parents
    first_parent = parents[0] if parents else ""
    from_hash = first_parent
    if wanted.from_hash:
        from_hash = find.commit_id_of(actor, repository, wanted.from_hash)
    diff_type = wanted.diff_type or (
        Thread.DiffType.COMMIT if from_hash in (*parents, "") else Thread.DiffType.RANGE
    )
    if diff_type == Thread.DiffType.EFFECTIVE:
        raise Invalid("An EFFECTIVE diff is a pull request's.", context="diffType")
    path, src_path = wanted.path.strip("/"), wanted.src_path.strip("/")
    for one in (path, src_path):
        if len(one) > LONGEST_PATH:
            raise Invalid("The path is too long.", context="path")
    with storage.opened(repository) as git:
        _check_place(git, path, src_path, from_hash, commit_id)
    return {
        "path": path,
        "src_path": src_path if src_path != path else "",
        "from_hash": from_hash,
        "to_hash": commit_id,
        "diff_type": diff_type,
        **_line_fields(wanted),
    }


def _line_fields(wanted: AnchorRequest) -> dict[str, Any]:
    if wanted.line is None:
        return {}
    if not wanted.line_type:
        raise Invalid("A line needs a lineType.", context="lineType")
    is_removed = wanted.line_type == Thread.LineType.REMOVED
    file_type = wanted.file_type or (Thread.FileType.FROM if is_removed else Thread.FileType.TO)
    fields = {"line": wanted.line, "line_type": wanted.line_type, "file_type": file_type}
    if wanted.start_line is None:
        return fields
    if wanted.start_line > wanted.line:
        raise Invalid("The startLine must not come after the line.", context="startLine")
    start_type = wanted.start_line_type or wanted.line_type
    return fields | {"start_line": wanted.start_line, "start_line_type": start_type}


def _check_place(
    git: GitRepository, path: str, src_path: str, from_hash: str, to_hash: str
) -> None:
    """NoSuchPath unless the file is there, before or after."""
    try:
        trees.entry(git, to_hash, path)
    except NoSuchPath:
        if not from_hash:
            raise
        trees.entry(git, from_hash, src_path or path)

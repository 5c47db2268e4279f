"""What happened in discussions."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actor import Actor
from discussions.models import Comment
from repos.models import Repository


@dataclass(frozen=True)
class CommitCommentAdded:
    """A comment or reply on a commit was added; a reply has a parent."""

    actor: Actor
    repository: Repository
    commit_id: str
    comment: Comment


@dataclass(frozen=True)
class CommitCommentEdited:
    """A comment says something else now, or is resolved or open again."""

    actor: Actor
    repository: Repository
    commit_id: str
    comment: Comment
    previous_text: str


@dataclass(frozen=True)
class CommitCommentDeleted:
    """A comment is gone; it is given as it was."""

    actor: Actor
    repository: Repository
    commit_id: str
    comment: Comment

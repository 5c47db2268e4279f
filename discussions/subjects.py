"""What people talk about: a commit here, a pull request in an upper app. Threads know nothing of either."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.actor import Actor
from discussions.models import Comment, Thread
from repos.models import Repository


@dataclass(frozen=True)
class AnchorRequest:
    """The requested anchor of a comment; empty fields are derived."""

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


class CommentSubject(ABC):
    """Something that can be commented on: who can comment, which anchors exist, which events are published."""

    repository: Repository
    # Whether a reviewer may write what only they see until the review is finished.
    takes_drafts: bool = False
    # What is read along with each comment.
    beside: tuple[str, ...] = ()

    @abstractmethod
    def require_voice(self, actor: Actor) -> None:
        """Refuse who may not speak there."""

    @abstractmethod
    def has_voice(self, actor: Actor) -> bool:
        """Whether a page offers to speak."""

    @abstractmethod
    def comments(self) -> QuerySet[Comment]:
        """Every comment on it."""

    @abstractmethod
    def attach(self, actor: Actor, thread: Thread) -> None:
        """Note that a new thread is about it."""

    @abstractmethod
    def place(self, actor: Actor, wanted: AnchorRequest) -> dict[str, Any]:
        """Judge a place in a diff, and complete it: the columns of a thread."""

    @abstractmethod
    def since(self, actor: Actor, revision: str) -> str:
        """The whole id of a commit that comments are narrowed to."""

    def presides(self, actor: Actor) -> bool:
        """Whether the actor may change all but the words of others, beside the administrators."""
        return False

    @abstractmethod
    def added(self, actor: Actor, comment: Comment) -> None:
        """Publish a new comment."""

    @abstractmethod
    def edited(self, actor: Actor, comment: Comment, previous: str) -> None:
        """Tell that a comment is another: its words, or what is to be done about it."""

    @abstractmethod
    def deleted(self, actor: Actor, comment: Comment) -> None:
        """Tell that a comment is gone."""

"""Commits as what people talk about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.actor import Actor
from core import events
from core.errors import Invalid
from discussions.events import CommitCommentAdded, CommitCommentDeleted, CommitCommentEdited
from discussions.models import Comment, CommitThread, Thread
from discussions.selectors import comments as find
from discussions.services import anchors
from discussions.subjects import AnchorRequest, CommentSubject
from repos import storage
from repos.models import Repository
from repos.selectors import contents
from repos.services import watching


@dataclass(frozen=True)
class CommitSubject(CommentSubject):
    """A commit of a repository, by its whole id."""

    repository: Repository
    commit_id: str

    def require_voice(self, actor: Actor) -> None:
        """Refuse who may not speak there."""
        find.require_voice(actor, self.repository)

    def has_voice(self, actor: Actor) -> bool:
        """Whether a page offers to speak."""
        return find.may_talk(actor, self.repository)

    def comments(self) -> QuerySet[Comment]:
        """Every comment on it."""
        return Comment.objects.filter(
            thread__of_commit__repository=self.repository,
            thread__of_commit__commit_id=self.commit_id,
        )

    def attach(self, actor: Actor, thread: Thread) -> None:
        """Note that a new thread is about it."""
        CommitThread.objects.create(
            thread=thread, repository=self.repository, commit_id=self.commit_id
        )

    def place(self, actor: Actor, wanted: AnchorRequest) -> dict[str, Any]:
        """Judge a place in its diff, and complete it."""
        if wanted.to_hash and self.since(actor, wanted.to_hash) != self.commit_id:
            raise Invalid("The toHash must be the commit that the comment is on.", context="toHash")
        parents = contents.commit(actor, self.repository, self.commit_id).parents
        from_hash = parents[0] if parents else ""
        if wanted.from_hash:
            from_hash = self.since(actor, wanted.from_hash)
        diff_type = wanted.diff_type or (
            Thread.DiffType.COMMIT if from_hash in (*parents, "") else Thread.DiffType.RANGE
        )
        if diff_type == Thread.DiffType.EFFECTIVE:
            raise Invalid("An EFFECTIVE diff is a pull request's.", context="diffType")
        with storage.opened(self.repository) as git:
            columns = anchors.columns(actor, git, wanted, from_hash, self.commit_id)
        return columns | {"diff_type": diff_type}

    def since(self, actor: Actor, revision: str) -> str:
        """The whole id of a commit that comments are narrowed to."""
        return find.commit_id_of(actor, self.repository, revision)

    def added(self, actor: Actor, comment: Comment) -> None:
        """Publish a new comment; its author watches the commit from now on."""
        watching.watch_commit(actor, self.repository, self.commit_id)
        events.publish(CommitCommentAdded(actor, self.repository, self.commit_id, comment))

    def edited(self, actor: Actor, comment: Comment, previous: str) -> None:
        """Tell that a comment says something else."""
        events.publish(
            CommitCommentEdited(actor, self.repository, self.commit_id, comment, previous)
        )

    def deleted(self, actor: Actor, comment: Comment) -> None:
        """Tell that a comment is gone."""
        events.publish(CommitCommentDeleted(actor, self.repository, self.commit_id, comment))

"""Pull requests as what people talk about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from accounts.actor import Actor
from accounts.permissions import Permission, Scope
from core import events
from discussions.models import Comment, Thread
from discussions.services import anchors
from discussions.subjects import AnchorRequest, CommentSubject
from gitengine.diff import DiffSelection
from gitengine.types import FileDiff, Hunk, Line, LineKind
from pullrequests.events import (
    PullRequestCommentAdded,
    PullRequestCommentDeleted,
    PullRequestCommentEdited,
)
from pullrequests.models import Activity, PullRequest, PullRequestThread
from pullrequests.selectors import contents
from pullrequests.selectors import pull_requests as find
from pullrequests.services import locking
from repos import access
from repos.models import Repository
from repos.representations.diffs import represent_file_diff
from repos.selectors import comparisons
from repos.selectors.comparisons import Comparison

SNIPPET_CONTEXT = 4
MOST_SNIPPET_LINES = 30


@dataclass(frozen=True)
class PullRequestSubject(CommentSubject):
    """A pull request; reviewers keep drafts there until they finish their review."""

    pull_request: PullRequest
    takes_drafts = True
    beside = ("thread__of_pull_request",)

    @property
    def repository(self) -> Repository:  # type: ignore[override]
        """The target's repository."""
        return self.pull_request.repository

    def require_voice(self, actor: Actor) -> None:
        """Refuse who may not speak there."""
        find.require_voice(actor, self.repository)

    def has_voice(self, actor: Actor) -> bool:
        """Whether a page offers to speak."""
        may = access.may(
            actor, Permission.REPO_VIEW, self.repository, scope=Scope.PULL_REQUEST_WRITE
        )
        return may and actor.user is not None and not self.repository.is_archived

    def presides(self, actor: Actor) -> bool:
        """Whether the actor proposed it: then they may resolve what others asked for."""
        return actor.user is not None and self.pull_request.author_id == actor.user.pk

    def comments(self) -> QuerySet[Comment]:
        """Every comment on it."""
        return Comment.objects.filter(thread__of_pull_request__pull_request=self.pull_request)

    def attach(self, actor: Actor, thread: Thread) -> None:
        """Note that a new thread is about it, with the lines around its place."""
        PullRequestThread.objects.create(
            thread=thread, pull_request=self.pull_request, snippet=self._snippet(actor, thread)
        )

    def place(self, actor: Actor, wanted: AnchorRequest) -> dict[str, Any]:
        """Judge a place in one of its diffs, and complete it."""
        diff_type = wanted.diff_type or (
            Thread.DiffType.RANGE
            if wanted.from_hash and wanted.to_hash and not self._is_effective(wanted)
            else Thread.DiffType.EFFECTIVE
        )
        compared = contents.effective(actor, self.pull_request)
        if diff_type == Thread.DiffType.COMMIT:
            compared = contents.between(actor, self.pull_request, "", wanted.to_hash)
        elif diff_type == Thread.DiffType.RANGE:
            compared = contents.between(actor, self.pull_request, wanted.from_hash, wanted.to_hash)
        with contents.opened(self.pull_request) as git:
            columns = anchors.columns(actor, git, wanted, compared.old or "", compared.new)
        return columns | {"diff_type": diff_type}

    def since(self, actor: Actor, revision: str) -> str:
        """The whole id of a commit that comments are narrowed to."""
        with contents.opened(self.pull_request) as git:
            return contents.commit_id(git, self.pull_request, revision)

    def added(self, actor: Actor, comment: Comment) -> None:
        """Publish a new comment; its author becomes a participant."""
        locking.join(actor, self.pull_request)
        if comment.parent_id is None:
            Activity.objects.create(
                pull_request=self.pull_request,
                user=actor.user,
                action=Activity.Action.COMMENTED,
                comment=comment,
            )
        locking.stir(actor, self.pull_request)
        events.publish(PullRequestCommentAdded(actor, self.pull_request, comment))

    def edited(self, actor: Actor, comment: Comment, previous: str) -> None:
        """Tell that a comment says something else."""
        locking.stir(actor, self.pull_request)
        events.publish(PullRequestCommentEdited(actor, self.pull_request, comment, previous))

    def deleted(self, actor: Actor, comment: Comment) -> None:
        """Tell that a comment is gone."""
        locking.stir(actor, self.pull_request)
        events.publish(PullRequestCommentDeleted(actor, self.pull_request, comment))

    def _is_effective(self, wanted: AnchorRequest) -> bool:
        """Whether these are the heads, by which clients name the whole."""
        heads = (self.pull_request.to_id, self.pull_request.from_id)
        return (wanted.from_hash, wanted.to_hash) == heads

    def _snippet(self, actor: Actor, thread: Thread) -> dict[str, Any] | None:
        """The lines around a place, as they are now: shown with the story however the code moves on."""
        if thread.line is None:
            return None
        pull_request = self.pull_request
        other = pull_request.from_repository if pull_request.is_from_fork else None
        compared = Comparison(self.repository, thread.from_hash or None, thread.to_hash, other)
        selected = DiffSelection(
            path=thread.path, source_path=thread.src_path, context=SNIPPET_CONTEXT
        )
        found = comparisons.file_diffs(actor, compared, selected)
        near = [_near(file, thread) for file in found.files]
        return next((represent_file_diff(one) for one in near if one.hunks), None)


def _near(file: FileDiff, thread: Thread) -> FileDiff:
    """Keep of a diff the lines of the place, and a few before it; nothing where it shows none of them."""
    is_old = thread.file_type == Thread.FileType.FROM
    unwanted = LineKind.ADDED if is_old else LineKind.REMOVED
    first = thread.start_line or thread.line or 0

    def number(line: Line) -> int:
        return line.old_number if is_old else line.new_number

    for hunk in file.hunks:
        standing = [
            index
            for index, line in enumerate(hunk.lines)
            if line.kind is not unwanted and first <= number(line) <= (thread.line or 0)
        ]
        if standing:
            begin = max(0, standing[0] - SNIPPET_CONTEXT)
            lines = hunk.lines[begin : standing[-1] + 1][-MOST_SNIPPET_LINES:]
            return replace(file, hunks=(_hunk_of(hunk, lines),))
    return replace(file, hunks=())


def _hunk_of(hunk: Hunk, lines: tuple[Line, ...]) -> Hunk:
    return Hunk(
        old_start=lines[0].old_number,
        old_count=sum(line.kind is not LineKind.ADDED for line in lines),
        new_start=lines[0].new_number,
        new_count=sum(line.kind is not LineKind.REMOVED for line in lines),
        heading=hunk.heading,
        lines=lines,
    )

"""Endpoints of what is said about commits: comments and reactions."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from discussions.api.serializers import ChangedCommentBody, NewCommentBody
from discussions.models import Comment
from discussions.representations import represent_comment, represent_reaction
from discussions.selectors import comments as find
from discussions.services import comments, reactions
from discussions.services.comments import AnchorRequest, Changes
from repos.api.resources import RepositoryResource
from repos.models import Repository


class CommitResource(RepositoryResource):
    """A resource below a commit."""

    def commit_id(self, repository: Repository) -> str:
        """The commit that the path names."""
        return find.commit_id_of(self.actor, repository, self.kwargs["commit_id"])

    def comment(self, repository: Repository, commit_id: str) -> Comment:
        """The comment that the path names, if it is on this commit."""
        return find.get_of_commit(self.actor, repository, commit_id, self.kwargs["comment_id"])

    def represent(self, said: find.Said) -> dict[str, Any]:
        """A comment as this caller may see it."""
        return represent_comment(said, with_addresses=not self.actor.is_anonymous)

    def show_comment(self, repository: Repository, comment: Comment, status: int = 200) -> Response:
        """Answer with a comment and what was answered to it."""
        said = find.said(self.actor, repository, comment)
        shown = self.represent(said)
        if comment.parent_id is not None:
            shown["parent"] = {"id": comment.parent_id}
        return self.show(shown, status)

    def version(self, body_version: int | None = None) -> int | None:
        """The version that the caller knows, from the body or the query."""
        text = self.request.query_params.get("version", "")
        if body_version is not None or not text:
            return body_version
        plain = text.removeprefix("-")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
            raise Invalid("The version must be a whole number.", context="version")
        return int(text)


class CommitComments(CommitResource):
    """/commits/{commitId}/comments"""

    def get(self, request: Request, **_: str) -> Response:
        """List what was said, each with its answers; with `path` about one file."""
        query = request.query_params
        repository = self.repository()
        page = find.of_commit(
            self.actor,
            repository,
            self.commit_id(repository),
            self.wanted(),
            path=query.get("path", "").strip("/"),
            since=query.get("since", ""),
        )
        return self.show_page(page, self.represent)

    def post(self, request: Request, **_: str) -> Response:
        """Say something, or answer a comment."""
        repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        commit_id = self.commit_id(repository)
        body = self.read(NewCommentBody)
        if body.get("state") not in (None, Comment.State.OPEN):
            raise Invalid("A new comment on a commit is OPEN.", context="state")
        severity = body.get("severity") or Comment.Severity.NORMAL
        if body.get("parent"):
            number = str(body["parent"]["id"])
            parent = find.get_of_commit(self.actor, repository, commit_id, number)
            made = comments.reply(
                self.actor, repository, commit_id, parent, text=body["text"], severity=severity
            )
        else:
            made = comments.add_to_commit(
                self.actor,
                repository,
                commit_id,
                text=body["text"],
                severity=severity,
                anchor=self._anchor(body["anchor"]) if body.get("anchor") else None,
            )
        return self.show_comment(repository, made, 201)

    def _anchor(self, body: dict[str, Any]) -> AnchorRequest:
        marker = body.get("multilineMarker") or {}
        return AnchorRequest(
            path=body["path"],
            src_path=body.get("srcPath") or "",
            line=body.get("line") or None,
            line_type=body.get("lineType") or "",
            file_type=body.get("fileType") or "",
            diff_type=body.get("diffType") or "",
            from_hash=body.get("fromHash") or self.request.query_params.get("since", ""),
            to_hash=body.get("toHash") or "",
            start_line=marker.get("startLine"),
            start_line_type=marker.get("startLineType") or "",
        )


class CommitCommentDetail(CommitResource):
    """/commits/{commitId}/comments/{commentId}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show a comment."""
        repository = self.repository()
        comment = self.comment(repository, self.commit_id(repository))
        return self.show_comment(repository, comment)

    def put(self, request: Request, **_: str) -> Response:
        """Change a comment whose version the caller knows."""
        repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        commit_id = self.commit_id(repository)
        comment = self.comment(repository, commit_id)
        body = self.read(ChangedCommentBody)
        changes = Changes(
            text=body.get("text"),
            severity=body.get("severity"),
            state=body.get("state"),
            thread_resolved=body.get("threadResolved"),
        )
        changed = comments.edit(
            self.actor,
            repository,
            commit_id,
            comment,
            changes,
            version=self.version(body.get("version")),
        )
        return self.show_comment(repository, changed)

    def delete(self, request: Request, **_: str) -> Response:
        """Delete a comment whose version the caller knows."""
        repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        commit_id = self.commit_id(repository)
        comment = self.comment(repository, commit_id)
        comments.delete(self.actor, repository, commit_id, comment, version=self.version())
        return self.nothing()


class CommitCommentReaction(CommitResource):
    """/comment-likes/latest/.../comments/{commentId}/reactions/{emoticon}"""

    def put(self, request: Request, emoticon: str, **_: str) -> Response:
        """React to a comment."""
        repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        comment = self.comment(repository, self.commit_id(repository))
        made = reactions.add(self.actor, repository, comment, emoticon)
        return self.show(represent_reaction(made, find.said(self.actor, repository, comment)))

    def delete(self, request: Request, emoticon: str, **_: str) -> Response:
        """Take a reaction back."""
        repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        comment = self.comment(repository, self.commit_id(repository))
        reactions.remove(self.actor, repository, comment, emoticon)
        return self.nothing()

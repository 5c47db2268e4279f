"""Endpoints of what is said about a subject, whatever it is: comments and reactions."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.representations import represent_person
from core.errors import Invalid
from discussions.api.serializers import ChangedCommentBody, NewCommentBody
from discussions.models import Comment
from discussions.representations import represent_comment, represent_reaction
from discussions.selectors import comments as find
from discussions.selectors.comments import CommentWithReplies
from discussions.services import comments, reactions
from discussions.services.comments import CommentChanges
from discussions.subjects import AnchorRequest, CommentSubject
from repos.api.resources import RepositoryResource


class SubjectResource(RepositoryResource):
    """A resource below something that people talk about."""

    @abstractmethod
    def talked(self, *, to_speak: bool = False) -> CommentSubject:
        """Return the subject of the path, for reading or commenting."""

    def comment(self, subject: CommentSubject) -> Comment:
        """The comment that the path names, if it is on this subject."""
        return find.get(self.actor, subject, self.kwargs["comment_id"])

    def represent(self, said: CommentWithReplies) -> dict[str, Any]:
        """A comment as this caller may see it."""
        return represent_comment(said, with_addresses=not self.actor.is_anonymous)

    def show_comment(
        self, subject: CommentSubject, comment: Comment, status: int = 200
    ) -> Response:
        """Answer with a comment and what was answered to it."""
        said = find.said(self.actor, subject, comment)
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

    def say(self, *, severity: str = Comment.Severity.NORMAL) -> Response:
        """Say what the body says, or answer the comment that it names."""
        subject = self.talked(to_speak=True)
        body = self.read(NewCommentBody)
        if body.get("state") == Comment.State.RESOLVED:
            raise Invalid("A new comment is OPEN or PENDING.", context="state")
        is_draft = body.get("state") == Comment.State.PENDING
        chosen = body.get("severity") or severity
        if body.get("parent"):
            parent = find.get(self.actor, subject, str(body["parent"]["id"]))
            made = comments.reply(
                self.actor, subject, parent, text=body["text"], severity=chosen, is_draft=is_draft
            )
        else:
            made = comments.begin(
                self.actor,
                subject,
                text=body["text"],
                severity=chosen,
                anchor=self._anchor(body["anchor"]) if body.get("anchor") else None,
                is_draft=is_draft,
            )
        return self.show_comment(subject, made, 201)

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


class SubjectComments(SubjectResource):
    """The comments on a subject."""

    def get(self, request: Request, **_: str) -> Response:
        """List what was said, each with its answers; with `path` about one file."""
        query = request.query_params
        page = find.page(
            self.actor,
            self.talked(),
            self.wanted(),
            path=query.get("path", "").strip("/"),
            since=query.get("since", ""),
        )
        return self.show_page(page, self.represent)

    def post(self, request: Request, **_: str) -> Response:
        """Say something, or answer a comment."""
        return self.say()


class SubjectCommentDetail(SubjectResource):
    """One comment on a subject."""

    def get(self, request: Request, **_: str) -> Response:
        """Show a comment."""
        subject = self.talked()
        return self.show_comment(subject, self.comment(subject))

    def put(self, request: Request, **_: str) -> Response:
        """Change a comment whose version the caller knows."""
        subject = self.talked(to_speak=True)
        comment = self.comment(subject)
        body = self.read(ChangedCommentBody)
        changes = CommentChanges(
            text=body.get("text"),
            severity=body.get("severity"),
            state=body.get("state"),
            thread_resolved=body.get("threadResolved"),
        )
        version = self.version(body.get("version"))
        changed = comments.edit(self.actor, subject, comment, changes, version=version)
        return self.show_comment(subject, changed)

    def delete(self, request: Request, **_: str) -> Response:
        """Delete a comment whose version the caller knows."""
        subject = self.talked(to_speak=True)
        comments.delete(self.actor, subject, self.comment(subject), version=self.version())
        return self.nothing()


class SubjectCommentReaction(SubjectResource):
    """A reaction to a comment on a subject."""

    def put(self, request: Request, emoticon: str, **_: str) -> Response:
        """React to a comment."""
        subject = self.talked(to_speak=True)
        comment = self.comment(subject)
        made = reactions.add(self.actor, subject, comment, emoticon)
        return self.show(
            represent_reaction(
                made,
                find.said(self.actor, subject, comment),
                with_addresses=not self.actor.is_anonymous,
            )
        )

    def delete(self, request: Request, emoticon: str, **_: str) -> Response:
        """Take a reaction back."""
        subject = self.talked(to_speak=True)
        reactions.remove(self.actor, subject, self.comment(subject), emoticon)
        return self.nothing()


class SubjectCommentLikes(SubjectResource):
    """Who likes a comment on a subject, as clients of older versions ask."""

    def get(self, request: Request, **_: str) -> Response:
        """List who likes the comment."""
        subject = self.talked()
        page = find.likers(self.actor, subject, self.comment(subject), self.wanted())
        with_addresses = not self.actor.is_anonymous
        return self.show_page(
            page, lambda user: represent_person(user, with_addresses=with_addresses)
        )

    def post(self, request: Request, **_: str) -> Response:
        """Like the comment."""
        subject = self.talked(to_speak=True)
        reactions.like(self.actor, subject, self.comment(subject))
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Like it no more."""
        subject = self.talked(to_speak=True)
        reactions.unlike(self.actor, subject, self.comment(subject))
        return self.nothing()

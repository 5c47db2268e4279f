"""Endpoints of what is said about commits."""

from __future__ import annotations

from discussions.api.subjects import (
    SubjectCommentDetail,
    SubjectCommentLikes,
    SubjectCommentReaction,
    SubjectComments,
    SubjectResource,
)
from discussions.selectors import comments as find
from discussions.services.commits import CommitSubject
from discussions.subjects import CommentSubject


class _OfCommit(SubjectResource):
    """A resource below a commit."""

    def talked(self, *, to_speak: bool = False) -> CommentSubject:
        """The commit that the path names."""
        if to_speak:
            repository = find.place_to_talk(self.actor, self.kwargs["key"], self.kwargs["slug"])
        else:
            repository = self.repository()
        commit_id = find.commit_id_of(self.actor, repository, self.kwargs["commit_id"])
        return CommitSubject(repository, commit_id)


class CommitComments(_OfCommit, SubjectComments):
    """/commits/{commitId}/comments"""


class CommitCommentDetail(_OfCommit, SubjectCommentDetail):
    """/commits/{commitId}/comments/{commentId}"""


class CommitCommentReaction(_OfCommit, SubjectCommentReaction):
    """/comment-likes/latest/.../comments/{commentId}/reactions/{emoticon}"""


class CommitCommentLikes(_OfCommit, SubjectCommentLikes):
    """/comment-likes/latest/.../comments/{commentId}/likes, of older versions"""

"""Endpoints of what is said about a pull request: comments, tasks, reviews, suggestions, activities."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from discussions.api.subjects import (
    SubjectCommentDetail,
    SubjectCommentLikes,
    SubjectCommentReaction,
    SubjectComments,
    SubjectResource,
)
from discussions.models import Comment, Thread
from discussions.selectors.comments import CommentWithReplies
from pullrequests.api.serializers import FinishBody, SuggestionBody
from pullrequests.models import PullRequest
from pullrequests.representations import represent_activity, represent_talk
from pullrequests.selectors import activities, pull_request_comments
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.activities import ActivityEntry
from pullrequests.services import reviews, suggestions
from pullrequests.services.discussion import PullRequestSubject
from pullrequests.services.suggestions import ChosenSuggestion
from repos.api.resources import RepositoryResource


class _OfPullRequest(SubjectResource):
    """A resource below what is said about a pull request."""

    def pull_request(self) -> PullRequest:
        """The pull request that the path names."""
        return find.get(self.actor, self.repository(), self.kwargs["number"])

    def talked(self, *, to_speak: bool = False) -> PullRequestSubject:
        """Return the pull request, for reading or commenting."""
        subject = PullRequestSubject(self.pull_request())
        if to_speak:
            subject.require_voice(self.actor)
        return subject

    def represent(self, said: CommentWithReplies) -> dict[str, Any]:
        """A comment as this caller may see it."""
        return represent_talk(said, with_addresses=not self.actor.is_anonymous)

    def states(self) -> tuple[str, ...]:
        """The states of comments that the query asks for."""
        query = self.request.query_params
        named = (*query.getlist("state"), *query.getlist("states"))
        return pull_request_comments.checked(named, Comment.State, "state")


class PullRequestComments(_OfPullRequest, SubjectComments):
    """/pull-requests/{id}/comments"""

    def get(self, request: Request, **_: str) -> Response:
        """List what was said at a path, each with its answers."""
        query = request.query_params
        path = query.get("path", "").strip("/")
        if not path:
            raise Invalid("A path query parameter is required.", context="path")
        types = (*query.getlist("diffType"), *query.getlist("diffTypes"))
        narrowed = pull_request_comments.CommentFilter(
            path=path,
            anchor_state=query.get("anchorState", pull_request_comments.ACTIVE).upper(),
            diff_types=pull_request_comments.checked(types, Thread.DiffType, "diffType"),
            states=self.states(),
            from_hash=query.get("fromHash", ""),
            to_hash=query.get("toHash", ""),
        )
        page = pull_request_comments.threads(self.actor, self.talked(), self.wanted(), narrowed)
        return self.show_page(page, self.represent)


class PullRequestCommentDetail(_OfPullRequest, SubjectCommentDetail):
    """/pull-requests/{id}/comments/{commentId}, and /blocker-comments/{commentId}"""


class PullRequestCommentReaction(_OfPullRequest, SubjectCommentReaction):
    """/comment-likes/latest/.../pull-requests/{id}/comments/{commentId}/reactions/{emoticon}"""


class PullRequestCommentLikes(_OfPullRequest, SubjectCommentLikes):
    """/comment-likes/latest/.../pull-requests/{id}/comments/{commentId}/likes, of older versions"""


class BlockerComments(_OfPullRequest):
    """/pull-requests/{id}/blocker-comments"""

    def get(self, request: Request, **_: str) -> Response:
        """List what is to be done; with `count` only how much that is."""
        subject = self.talked()
        if self.flag("count"):
            return self.show(pull_request_comments.count_tasks(self.actor, subject))
        page = pull_request_comments.tasks(self.actor, subject, self.wanted(), self.states())
        return self.show_page(page, self.represent)

    def post(self, request: Request, **_: str) -> Response:
        """Ask for something to be done."""
        return self.say(severity=Comment.Severity.BLOCKER)


class Review(_OfPullRequest):
    """/pull-requests/{id}/review"""

    def get(self, request: Request, **_: str) -> Response:
        """List what the caller wrote and has not published."""
        page = pull_request_comments.drafts(self.actor, self.talked(), self.wanted())
        return self.show_page(page, self.represent)

    def put(self, request: Request, **_: str) -> Response:
        """Publish it, with a last word and a judgement."""
        found = self.pull_request()
        body = self.read(FinishBody)
        published = reviews.finish(
            self.actor,
            found,
            text=body.get("commentText") or "",
            status=(body.get("participantStatus") or "").upper(),
            version=self.version(),
            last_reviewed=body.get("lastReviewedCommit") or "",
        )
        return self.show({"publishedComments": published})

    def delete(self, request: Request, **_: str) -> Response:
        """Throw it away."""
        reviews.discard(self.actor, self.pull_request())
        return self.nothing()


class ApplySuggestion(_OfPullRequest):
    """/pull-requests/{id}/comments/{commentId}/apply-suggestion"""

    def post(self, request: Request, **_: str) -> Response:
        """Commit what a comment suggests to the source branch."""
        subject = self.talked(to_speak=True)
        body = self.read(SuggestionBody)
        chosen = ChosenSuggestion(
            self.comment(subject), body["suggestionIndex"], body["commentVersion"]
        )
        suggestions.apply(
            self.actor,
            subject.pull_request,
            [chosen],
            message=body.get("commitMessage") or "",
            version=body["pullRequestVersion"],
        )
        return self.nothing()


class Activities(RepositoryResource):
    """/pull-requests/{id}/activities"""

    def get(self, request: Request, **_: str) -> Response:
        """List what happened, newest first."""
        found = find.get(self.actor, self.repository(), self.kwargs["number"])
        query = request.query_params
        page = activities.page(
            self.actor,
            found,
            PullRequestSubject(found),
            self.wanted(),
            from_id=query.get("fromId", ""),
            from_type=query.get("fromType", ""),
        )
        commits = [
            commit
            for one in page.values
            for commit in (*one.added, *one.removed, *filter(None, [one.merge_commit]))
        ]
        people = self.people_in(commits)
        with_addresses = not self.actor.is_anonymous

        def represent(one: ActivityEntry) -> dict[str, Any]:
            return represent_activity(one, people, with_addresses=with_addresses)

        return self.show_page(page, represent)

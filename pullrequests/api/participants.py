"""Endpoints of who takes part in a pull request, and what they think of it."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Forbidden, Invalid
from core.paging import page_of
from pullrequests.api.resources import PullRequestResource
from pullrequests.api.serializers import ParticipantBody, StatusBody
from pullrequests.models import Participant
from pullrequests.representations import represent_participant
from pullrequests.selectors import pull_requests as find
from pullrequests.services import reviews


class _OfPullRequest(PullRequestResource):
    """What shows one who takes part."""

    def show_participant(self, participant: Participant) -> Response:
        """Return a participant."""
        return self.show(
            represent_participant(participant, with_addresses=not self.actor.is_anonymous)
        )


class Participants(_OfPullRequest):
    """/pull-requests/{id}/participants"""

    def get(self, request: Request, **_: str) -> Response:
        """List the participants."""
        shown = find.one(self.actor, self.pull_request())
        with_addresses = not self.actor.is_anonymous
        return self.show_page(
            page_of(shown.participants, self.wanted()),
            lambda one: represent_participant(one, with_addresses=with_addresses),
        )

    def post(self, request: Request, **_: str) -> Response:
        """Add a reviewer."""
        found = self.pull_request()
        body = self.read(ParticipantBody)
        if body["role"].upper() != Participant.Role.REVIEWER:
            raise Invalid("Only the role REVIEWER can be given.", context="role")
        return self.show_participant(reviews.add(self.actor, found, body["user"]["name"]))

    def delete(self, request: Request, **_: str) -> Response:
        """Remove a reviewer named in the query."""
        name = request.query_params.get("username", "")
        if not name:
            raise Invalid("The username is required.", context="username")
        reviews.remove(self.actor, self.pull_request(), name)
        return self.nothing()


class ParticipantDetail(_OfPullRequest):
    """/pull-requests/{id}/participants/{userSlug}"""

    def put(self, request: Request, user_slug: str, **_: str) -> Response:
        """Note what the caller thinks."""
        found = self.pull_request()
        body = self.read(StatusBody)
        user = self.actor.user
        if user is not None and user_slug.lower() not in {user.slug, user.name.lower()}:
            raise Forbidden("You cannot set the status of another participant.")
        status = (body.get("status") or "").upper()
        if not status and body.get("approved") is not None:
            status = "APPROVED" if body["approved"] else "UNAPPROVED"
        judged = reviews.judge(
            self.actor,
            found,
            status,
            version=self.version({}),
            last_reviewed=body.get("lastReviewedCommit") or "",
        )
        return self.show_participant(judged)

    def delete(self, request: Request, user_slug: str, **_: str) -> Response:
        """Remove a reviewer."""
        reviews.remove(self.actor, self.pull_request(), user_slug)
        return self.nothing()


class Approve(_OfPullRequest):
    """/pull-requests/{id}/approve, as it was before there were three judgements"""

    def post(self, request: Request, **_: str) -> Response:
        """Approve it."""
        found = self.pull_request()
        return self.show_participant(reviews.judge(self.actor, found, Participant.Status.APPROVED))

    def delete(self, request: Request, **_: str) -> Response:
        """Take the approval back."""
        found = self.pull_request()
        if self.actor.user is not None:
            reviews.get(self.actor, found, self.actor.user.slug)
        return self.show_participant(
            reviews.judge(self.actor, found, Participant.Status.UNAPPROVED)
        )

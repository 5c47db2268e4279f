"""Endpoints of what waits for the caller: dashboard and inbox."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from core.errors import Invalid
from core.paging import Page
from pullrequests.representations import milliseconds, represent_pull_request
from pullrequests.selectors import dashboard
from pullrequests.selectors.dashboard import DashboardSearch, Suggestion
from repos.representations import represent_ref, represent_repository


class _Waiting(RestView):
    """Reads what is asked in seconds."""

    def seconds(self, name: str) -> timedelta | None:
        """A span of time that the query names."""
        text = self.request.query_params.get(name, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise Invalid(f"The {name} must be a number of seconds.", context=name)
        return timedelta(seconds=min(int(text), 10**9))


class DashboardPullRequests(_Waiting):
    """/dashboard/pull-requests"""

    def get(self, request: Request, **_: str) -> Response:
        """List the pull requests of a participant."""
        query = request.query_params
        statuses = query.get("participantStatus", "").upper().split(",")
        state = query.get("state", "").upper()
        search = DashboardSearch(
            role=query.get("role", "").upper(),
            statuses=tuple(one.strip() for one in statuses if one.strip()),
            state="" if state == "ALL" else state,
            closed_within=self.seconds("closedSince"),
            order=query.get("order", "NEWEST").upper().split(",")[0],
        )
        page = dashboard.of_person(self.actor, self.wanted(), search, name=query.get("user", ""))
        return self.show_page(
            page, partial(represent_pull_request, with_addresses=not self.actor.is_anonymous)
        )


class DashboardSuggestions(_Waiting):
    """/dashboard/pull-request-suggestions"""

    def get(self, request: Request, **_: str) -> Response:
        """List branches that the caller pushed, and that may become pull requests."""
        limit = self.wanted(most=dashboard.MOST_SUGGESTIONS).limit
        within = self.seconds("changesSince") or dashboard.USUAL_AGE
        found = dashboard.suggestions(self.actor, within=within, most=limit)
        return self.show_page(Page(found, 0, limit, None), _represent_suggestion)


class Inbox(RestView):
    """/inbox/pull-requests"""

    def get(self, request: Request, **_: str) -> Response:
        """List what waits for the caller."""
        role = request.query_params.get("role", "reviewer").upper()
        page = dashboard.inbox(self.actor, self.wanted(), role=role)
        return self.show_page(
            page, partial(represent_pull_request, with_addresses=not self.actor.is_anonymous)
        )


class InboxCount(RestView):
    """/inbox/pull-requests/count"""

    def get(self, request: Request, **_: str) -> Response:
        """Count what waits for the caller's judgement."""
        return self.show({"count": dashboard.count_inbox(self.actor)})


def _represent_suggestion(one: Suggestion) -> dict[str, Any]:
    ref = represent_ref(one.from_ref)
    return {
        # Misspelt so in Bitbucket, and read so by its clients.
        "changeTme": milliseconds(one.changed_at),
        "refChange": {
            "ref": ref,
            "refId": one.from_ref,
            "fromHash": one.change.old_id,
            "toHash": one.change.new_id,
            "type": one.change.kind,
        },
        "repository": represent_repository(one.repository),
        "fromRef": ref,
        "toRef": represent_ref(one.to_ref),
    }

"""Endpoints of pull requests themselves: propose, list, change, decline, reopen, delete, watch."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid
from pullrequests.api.resources import PullRequestResource
from pullrequests.api.serializers import ChangedBody, DeclineBody, ProposalBody, VersionBody
from pullrequests.models import PullRequest
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.pull_requests import ORDERS, PersonFilter, PullRequestSearch
from pullrequests.services import lifecycle, refresh, watching
from pullrequests.services.lifecycle import Proposal, PullRequestChanges
from repos.models import Repository
from repos.selectors import refs, repositories


class PullRequests(PullRequestResource):
    """/pull-requests"""

    def get(self, request: Request, **_: str) -> Response:
        """List pull requests to the repository, or from it."""
        page = find.list_of_repository(self.actor, self.repository(), self.wanted(), self._search())
        return self.show_page(page, self.represent)

    def post(self, request: Request, **_: str) -> Response:
        """Propose one."""
        here = find.place_to_propose(self.actor, self.kwargs["key"], self.kwargs["slug"])
        body = self.read(ProposalBody)
        target = self._named(body["toRef"], here)
        proposal = Proposal(
            title=body["title"],
            description=body.get("description") or "",
            source=self._named(body["fromRef"], here),
            from_ref=body["fromRef"]["id"],
            to_ref=body["toRef"]["id"],
            reviewers=_names(body) or (),
            is_draft=bool(body.get("draft")),
        )
        return self.show_pull_request(lifecycle.propose(self.actor, target, proposal), 201)

    def _named(self, end: dict[str, Any], here: Repository) -> Repository:
        named = end.get("repository") or {}
        if named.get("slug"):
            key = (named.get("project") or {}).get("key") or here.project.key
            return repositories.get_current(self.actor, key, named["slug"])
        if named.get("id"):
            return repositories.get_by_id(self.actor, named["id"])
        return here

    def _search(self) -> PullRequestSearch:
        query = self.request.query_params
        state = query.get("state", "OPEN").upper()
        if state not in {*PullRequest.State.values, "ALL"}:
            raise Invalid("A state is OPEN, DECLINED, MERGED or ALL.", context="state")
        direction = query.get("direction", "INCOMING").upper()
        if direction not in {"INCOMING", "OUTGOING"}:
            raise Invalid("A direction is INCOMING or OUTGOING.", context="direction")
        order = query.get("order", "NEWEST").upper()
        if order not in ORDERS:
            raise Invalid("The order is NEWEST or OLDEST.", context="order")
        at = query.get("at", "")
        return PullRequestSearch(
            state=state,
            at=at if at.startswith("refs/") or not at else f"refs/heads/{at}",
            is_outgoing=direction == "OUTGOING",
            people=tuple(self._people()),
            is_draft=self.flag("draft") if "draft" in query else None,
            text=query.get("filterText", ""),
            order=order,
        )

    def _people(self) -> list[PersonFilter]:
        """Read the numbered filters, which end where a number is left out."""
        found = []
        for number in range(1, find.MOST_PARTICIPANT_FILTERS + 1):
            name = self.request.query_params.get(f"username.{number}")
            if not name:
                break
            role = self.request.query_params.get(f"role.{number}", "").upper()
            key = f"approved.{number}"
            approved = self.flag(key) if key in self.request.query_params else None
            found.append(PersonFilter(name, role, approved))
        return found


class PullRequestDetail(PullRequestResource):
    """/pull-requests/{id}"""

    def get(self, request: Request, **_: str) -> Response:
        """Show it."""
        return self.show_pull_request(refresh.bring(self.actor, self.pull_request()))

    def put(self, request: Request, **_: str) -> Response:
        """Change its words, target, reviewers or draft status."""
        found = self.pull_request()
        body = self.read(ChangedBody)
        changes = PullRequestChanges(
            title=body.get("title"),
            description=body.get("description"),
            to_ref=body["toRef"]["id"] if body.get("toRef") else None,
            reviewers=_names(body),
            is_draft=body.get("draft"),
        )
        changed = lifecycle.edit(self.actor, found, changes, version=self.version(body))
        return self.show_pull_request(changed)

    def delete(self, request: Request, **_: str) -> Response:
        """Remove it with all that was said."""
        found = self.pull_request()
        lifecycle.delete(self.actor, found, version=self.required_version(self.read(VersionBody)))
        return self.nothing()


class Decline(PullRequestResource):
    """/pull-requests/{id}/decline"""

    def post(self, request: Request, **_: str) -> Response:
        """Close it unmerged."""
        found = self.pull_request()
        body = self.read(DeclineBody)
        declined = lifecycle.decline(
            self.actor, found, version=self.required_version(body), reason=body.get("comment") or ""
        )
        return self.show_pull_request(declined)


class Reopen(PullRequestResource):
    """/pull-requests/{id}/reopen"""

    def post(self, request: Request, **_: str) -> Response:
        """Open a declined one again."""
        found = self.pull_request()
        version = self.required_version(self.read(VersionBody))
        return self.show_pull_request(lifecycle.reopen(self.actor, found, version=version))


class Watch(PullRequestResource):
    """/pull-requests/{id}/watch"""

    def post(self, request: Request, **_: str) -> Response:
        """Watch the pull request."""
        watching.watch(self.actor, self.pull_request())
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Tell the caller no more."""
        watching.unwatch(self.actor, self.pull_request())
        return self.nothing()


class JiraIssues(PullRequestResource):
    """/jira/latest/.../pull-requests/{id}/issues"""

    def get(self, request: Request, **_: str) -> Response:
        """List the issues that it names: none, since no issue tracker is linked."""
        self.pull_request()
        return self.show([])


class ContainingCommit(PullRequestResource):
    """/commits/{commitId}/pull-requests"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """List the pull requests that bring, or brought, a commit."""
        repository = self.repository()
        found = refs.revision(self.actor, repository, commit_id).commit_id
        page = find.containing(self.actor, repository, found, self.wanted())
        return self.show_page(page, self.represent)


def _names(body: dict[str, Any]) -> tuple[str, ...] | None:
    reviewers = body.get("reviewers")
    return None if reviewers is None else tuple(one["user"]["name"] for one in reviewers)

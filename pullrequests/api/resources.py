"""What the endpoints of pull requests share: finding what the path names, showing one."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from core.errors import Invalid
from pullrequests.models import PullRequest
from pullrequests.representations import represent_pull_request
from pullrequests.selectors import pull_requests as find
from pullrequests.selectors.pull_requests import PullRequestOverview
from repos.api.resources import RepositoryResource


class PullRequestResource(RepositoryResource):
    """A resource below a pull request."""

    def pull_request(self) -> PullRequest:
        """The pull request that the path names."""
        return find.get(self.actor, self.repository(), self.kwargs["number"])

    def represent(self, shown: PullRequestOverview) -> dict[str, Any]:
        """A pull request as this caller may see it."""
        return represent_pull_request(shown, with_addresses=not self.actor.is_anonymous)

    def show_pull_request(self, pull_request: PullRequest, status: int = 200) -> Response:
        """Answer with a pull request."""
        return self.show(self.represent(find.one(self.actor, pull_request)), status)

    def required_version(self, body: dict[str, Any]) -> int:
        """The version that the caller knows; -1, which no pull request has, where it is missing (as Bitbucket)."""
        known = self.version(body)
        return -1 if known is None else known

    def version(self, body: dict[str, Any]) -> int | None:
        """The version that the caller knows, from the body or the query; None where it is missing."""
        if body.get("version") is not None:
            return int(body["version"])
        text = self.request.query_params.get("version", "")
        if not text:
            return None
        plain = text.removeprefix("-")
        if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
            raise Invalid("The version must be a whole number.", context="version")
        return int(text)

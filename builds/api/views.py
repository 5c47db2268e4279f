"""Endpoints of builds."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from builds import selectors as find
from builds import services
from builds.api.serializers import StatusBody, read_report
from builds.representations import represent_build, represent_status, represent_summary
from builds.selectors import Summary
from core.api.views import RestView
from core.errors import Invalid
from core.paging import PageRequest
from repos.api.resources import RepositoryResource
from repos.models import Repository
from repos.selectors import refs

MOST_COMMITS = 1000


class CommitStatuses(RestView):
    """/build-status/latest/commits/{commitId}"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """List the builds of a commit, wherever it is."""
        order = request.query_params.get("orderBy", "NEWEST")
        page = find.of_commit(self.actor, commit_id, self.wanted(most=100), order=order)
        return self.show_page(page, represent_status)

    def post(self, request: Request, commit_id: str, **_: str) -> Response:
        """Take down how a build of a commit went."""
        find.require_person(self.actor)
        services.report(self.actor, commit_id, read_report(self.read(StatusBody)))
        return self.nothing()


class CommitStats(RestView):
    """/build-status/latest/commits/stats/{commitId}"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """Count the builds of a commit; with `includeUnique` a single one is included."""
        found = find.stats(self.actor, [commit_id]).get(commit_id.lower(), Summary())
        shown: dict[str, Any] = represent_summary(found)
        if self.flag("includeUnique") and found.total == 1:
            page = find.of_commit(self.actor, commit_id, PageRequest(limit=1))
            shown["unique"] = represent_status(page.values[0])
        return self.show(shown)


class ManyStats(RestView):
    """/build-status/latest/commits/stats"""

    def post(self, request: Request, **_: str) -> Response:
        """Count the builds of many commits; those without any are left out."""
        find.require_person(self.actor)
        ids = request.data
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise Invalid("The request body must be a list of commit ids.")
        if len(ids) > MOST_COMMITS:
            raise Invalid(f"At most {MOST_COMMITS} commits are counted at once.")
        found = find.stats(self.actor, ids)
        return self.show({one: represent_summary(summary) for one, summary in found.items()})


class Builds(RepositoryResource):
    """/projects/{key}/repos/{slug}/commits/{commitId}/builds"""

    def get(self, request: Request, **_: str) -> Response:
        """Show what was said under a key."""
        repository, commit_id, key = self._named()
        return self.show(represent_build(find.get(self.actor, repository, commit_id, key)))

    def post(self, request: Request, **_: str) -> Response:
        """Take down how a build went."""
        repository = self.repository()
        find.require_person(self.actor)
        commit_id = refs.revision(self.actor, repository, self.kwargs["commit_id"]).commit_id
        said = read_report(self.read(StatusBody))
        services.report(self.actor, commit_id, said, repository=repository)
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Forget what was said under a key."""
        repository, commit_id, key = self._named()
        services.delete(self.actor, repository, commit_id, key)
        return self.nothing()

    def _named(self) -> tuple[Repository, str, str]:
        repository = self.repository()
        key = self.request.query_params.get("key", "")
        if not key:
            raise Invalid("The key is required.", context="key")
        commit_id = refs.revision(self.actor, repository, self.kwargs["commit_id"]).commit_id
        return repository, commit_id, key


class Capabilities(RestView):
    """/build/capabilities"""

    def get(self, request: Request, **_: str) -> Response:
        """Tell build servers what they may say."""
        return self.show({"buildStatus": ["richBuildStatus", "cancelledStatus"]})

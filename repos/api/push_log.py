"""Endpoints of the push log: which refs moved, when, and by whom."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from repos.api.resources import RepositoryResource
from repos.representations import represent_ref, represent_ref_change, represent_repository
from repos.selectors import push_log


class RefChangeActivities(RepositoryResource):
    """/ref-change-activities"""

    def get(self, request: Request, **_: str) -> Response:
        """List what moved, newest first."""
        repository = self.repository()
        ref = request.query_params.get("ref", "")
        page = push_log.changes(self.actor, repository, self.wanted(), ref=ref)
        where = represent_repository(repository) if page.values else {}
        return self.show_page(page, lambda change: represent_ref_change(change, where))


class RefChangeBranches(RepositoryResource):
    """/ref-change-activities/branches"""

    def get(self, request: Request, **_: str) -> Response:
        """List the branches that ever moved."""
        text = request.query_params.get("filterText", "")
        page = push_log.branches(self.actor, self.repository(), self.wanted(), text=text)
        return self.show_page(page, represent_ref)

"""Endpoints of labels, and of watching."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from core.errors import Invalid
from repos.api.resources import RepositoryResource
from repos.api.serializers import LabelBody
from repos.models import Repository
from repos.representations import represent_repository
from repos.selectors import labels as find
from repos.services import labels, watching


def _shown(name: str) -> dict[str, Any]:
    return {"name": name}


class RepositoryLabels(RepositoryResource):
    """/labels of a repository"""

    def get(self, request: Request, **_: str) -> Response:
        """List the labels of the repository."""
        page = find.of_repository(self.actor, self.repository(), self.wanted())
        return self.show_page(page, lambda label: _shown(label.name))

    def post(self, request: Request, **_: str) -> Response:
        """Apply a label."""
        repository = self.repository()
        label = labels.apply(self.actor, repository, self.read(LabelBody)["name"])
        return self.show(_shown(label.name))


class RepositoryLabelDetail(RepositoryResource):
    """/labels/{labelName} of a repository"""

    def delete(self, request: Request, name: str, **_: str) -> Response:
        """Take a label off."""
        labels.remove(self.actor, self.repository(), name)
        return self.nothing()


class Labels(RestView):
    """/labels"""

    def get(self, request: Request, **_: str) -> Response:
        """List all labels on what the caller may see."""
        prefix = request.query_params.get("prefix", "")
        return self.show_page(find.list_visible(self.actor, self.wanted(), prefix=prefix), _shown)


class LabelDetail(RestView):
    """/labels/{labelName}"""

    def get(self, request: Request, name: str, **_: str) -> Response:
        """Show a label."""
        return self.show(_shown(find.get(self.actor, name)))


class Labelled(RestView):
    """/labels/{labelName}/labeled"""

    def get(self, request: Request, name: str, **_: str) -> Response:
        """List the repositories with a label."""
        if request.query_params.get("type", "REPOSITORY").upper() != "REPOSITORY":
            raise Invalid("Only a REPOSITORY can have labels.", context="type")
        page = find.repositories(self.actor, name, self.wanted())
        return self.show_page(page, _labelled)


def _labelled(repository: Repository) -> dict[str, Any]:
    return represent_repository(repository) | {"labelableType": "REPOSITORY"}


class RepositoryWatch(RepositoryResource):
    """/watch"""

    def post(self, request: Request, **_: str) -> Response:
        """Watch the repository."""
        watching.watch(self.actor, self.repository())
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Watch it no longer."""
        watching.unwatch(self.actor, self.repository())
        return self.nothing()


class CommitWatch(RepositoryResource):
    """/commits/{commitId}/watch"""

    def post(self, request: Request, commit_id: str, **_: str) -> Response:
        """Watch the commit."""
        watching.watch_commit(self.actor, self.repository(), commit_id)
        return self.nothing()

    def delete(self, request: Request, commit_id: str, **_: str) -> Response:
        """Watch it no longer."""
        watching.unwatch_commit(self.actor, self.repository(), commit_id)
        return self.nothing()

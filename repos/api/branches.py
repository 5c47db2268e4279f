"""Endpoints that make and delete branches and tags, and tell which branches hold a commit."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from repos.api import contents
from repos.api.resources import RepositoryResource
from repos.api.serializers import BranchDeletionBody, NewBranchBody, NewTagBody
from repos.representations import represent_branch, represent_ref, represent_tag
from repos.selectors import refs
from repos.services import branches, tags


def _created_branch(view: RepositoryResource, status: int) -> Response:
    """Create the branch that the body describes."""
    repository = view.repository()
    body = view.read(NewBranchBody)
    made = branches.create(view.actor, repository, body["name"], start_point=body["startPoint"])
    return view.show(represent_branch(made), status)


class Branches(contents.Branches):
    """/branches"""

    def post(self, request: Request, **_: str) -> Response:
        """Create a branch."""
        return _created_branch(self, 200)


class BranchUtilBranches(RepositoryResource):
    """/rest/branch-utils/../branches"""

    def post(self, request: Request, **_: str) -> Response:
        """Create a branch."""
        return _created_branch(self, 201)

    def delete(self, request: Request, **_: str) -> Response:
        """Delete a branch; deleting a missing branch succeeds."""
        repository = self.repository()
        body = self.read(BranchDeletionBody)
        branches.delete(
            self.actor,
            repository,
            body["name"],
            end_point=body.get("endPoint") or "",
            dry_run=bool(body["dryRun"]),
        )
        return self.nothing()


class BranchesOfCommit(RepositoryResource):
    """/rest/branch-utils/../branches/info/{commitId}"""

    def get(self, request: Request, commit_id: str, **_: str) -> Response:
        """List the branches that hold a commit."""
        page = refs.containing(self.actor, self.repository(), commit_id, self.wanted())
        return self.show_page(page, represent_ref)


def _created_tag(view: RepositoryResource, status: int) -> Response:
    """Create the tag that the body describes."""
    repository = view.repository()
    body: dict[str, Any] = view.read(NewTagBody)
    kind = body.get("type")
    made = tags.create(
        view.actor,
        repository,
        body["name"],
        start_point=body["startPoint"],
        message=body.get("message") or "",
        is_annotated=kind == "ANNOTATED" if kind else None,
        force=bool(body["force"]),
    )
    return view.show(represent_tag(made), status)


class Tags(contents.Tags):
    """/tags"""

    def post(self, request: Request, **_: str) -> Response:
        """Create a tag."""
        return _created_tag(self, 200)


class GitTags(RepositoryResource):
    """/rest/git/../tags"""

    def post(self, request: Request, **_: str) -> Response:
        """Create a tag."""
        return _created_tag(self, 201)


class GitTagDetail(RepositoryResource):
    """/rest/git/../tags/{name}"""

    def delete(self, request: Request, name: str, **_: str) -> Response:
        """Delete a tag."""
        tags.delete(self.actor, self.repository(), name)
        return self.nothing()

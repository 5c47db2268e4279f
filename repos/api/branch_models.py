"""Endpoints of branch models."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from repos.api.resources import ProjectResource, RepositoryResource
from repos.api.serializers import BranchModelBody
from repos.representations import represent_branch_model, represent_branch_model_setting
from repos.selectors import branch_models as find
from repos.selectors.branch_models import TYPES, BranchType, LongLivedBranch
from repos.services import branch_models


class BranchModel(RepositoryResource):
    """/branchmodel"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the branch model that is in force."""
        return self.show(represent_branch_model(find.in_force(self.actor, self.repository())))


class _Configuration(ProjectResource):
    """What projects and repositories share."""

    def get(self, request: Request, **_: str) -> Response:
        """Show what is set, here or above."""
        return self.show(represent_branch_model_setting(find.setting(self.actor, self.subject())))

    def put(self, request: Request, **_: str) -> Response:
        """Set a branch model of its own."""
        place = self.subject()
        body = self.read(BranchModelBody)
        types = body.get("types")
        made = branch_models.configure(
            self.actor,
            place,
            development=_long_lived(body["development"]),
            production=_long_lived(body["production"]) if body.get("production") else None,
            types=find.FIRST.types if types is None else [_type(one) for one in types],
        )
        return self.show(represent_branch_model_setting(made))

    def delete(self, request: Request, **_: str) -> Response:
        """Go back to what is set above."""
        branch_models.reset(self.actor, self.subject())
        return self.nothing()


class ProjectConfiguration(_Configuration):
    """/branchmodel/configuration of a project"""


class RepositoryConfiguration(_Configuration, RepositoryResource):
    """/branchmodel/configuration of a repository"""


def _long_lived(body: dict[str, Any]) -> LongLivedBranch:
    return LongLivedBranch(body.get("refId") or "", body["useDefault"])


def _type(body: dict[str, Any]) -> BranchType:
    name = body["id"].upper()
    usual = TYPES[name][1] if name in TYPES else ""
    prefix = body.get("prefix")
    return BranchType(name, usual if prefix is None else prefix, body["enabled"])

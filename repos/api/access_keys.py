"""Endpoints of the SSH access keys of projects and repositories."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Ladder, Permission
from core.api.views import RestView
from core.errors import Invalid
from repos.api.resources import ProjectResource, RepositoryResource, permission_named
from repos.api.serializers import AccessKeyBody, AccessKeyPlacesBody
from repos.models import Project, Repository
from repos.representations import represent_access_key
from repos.selectors import access_keys as find
from repos.selectors import projects, repositories
from repos.services import access_keys


class ProjectKeys(ProjectResource):
    """/keys/latest/projects/{key}/ssh"""

    def get(self, request: Request, **_: str) -> Response:
        """List keys."""
        query = request.query_params
        page = find.list_of(
            self.actor,
            self.subject(),
            self.wanted(),
            text=query.get("filter", ""),
            permission=_read_or_write(query.get("permission")),
            minimum=_read_or_write(query.get("minimumPermission")),
            effective=self.flag("effective"),
        )
        return self.show_page(page, represent_access_key)

    def post(self, request: Request, **_: str) -> Response:
        """Let a key in."""
        subject = self.subject()
        body = self.read(AccessKeyBody)
        made = access_keys.add(
            self.actor,
            subject,
            text=body["key"]["text"],
            label=body["key"].get("label") or "",
            expiry_days=body["key"].get("expiryDays"),
            permission=permission_named(body["permission"], Ladder.PROJECT, Ladder.REPOSITORY),
        )
        return self.show(represent_access_key(made), status=201)


class RepositoryKeys(ProjectKeys, RepositoryResource):
    """/keys/latest/projects/{key}/repos/{slug}/ssh"""


class ProjectKeyDetail(ProjectResource):
    """/keys/latest/projects/{key}/ssh/{keyId}"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show a key."""
        return self.show(represent_access_key(find.get(self.actor, self.subject(), number)))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Take a key away."""
        subject = self.subject()
        found = find.find(self.actor, subject, number)
        if found is not None:
            access_keys.revoke(self.actor, subject, found)
        return self.nothing()


class RepositoryKeyDetail(ProjectKeyDetail, RepositoryResource):
    """/keys/latest/projects/{key}/repos/{slug}/ssh/{keyId}"""


class ProjectKeyPermission(ProjectResource):
    """/keys/latest/projects/{key}/ssh/{keyId}/permission/{permission}"""

    def put(self, request: Request, number: str, permission: str, **_: str) -> Response:
        """Let a key do more or less."""
        subject = self.subject()
        changed = access_keys.change(
            self.actor,
            subject,
            find.get(self.actor, subject, number),
            permission_named(permission, Ladder.PROJECT, Ladder.REPOSITORY),
        )
        return self.show(represent_access_key(changed))


class RepositoryKeyPermission(ProjectKeyPermission, RepositoryResource):
    """/keys/latest/projects/{key}/repos/{slug}/ssh/{keyId}/permission/{permission}"""


class KeyDetail(RestView):
    """/keys/latest/ssh/{keyId}"""

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Take a key away from all places that the body names."""
        body = self.read(AccessKeyPlacesBody)
        places: list[Project | Repository] = [
            projects.get(self.actor, one["key"]) for one in body.get("projects", [])
        ]
        places += [
            repositories.get(self.actor, one["project"]["key"], one["slug"])
            for one in body.get("repositories", [])
        ]
        if not places:
            raise Invalid("Specify the projects or repositories to remove the key from.")
        found = [(place, find.find(self.actor, place, number)) for place in places]
        access_keys.revoke_many(self.actor, [(place, key) for place, key in found if key])
        return self.nothing()


class KeyProjects(RestView):
    """/keys/latest/ssh/{keyId}/projects"""

    kind: type[Project] | type[Repository] = Project

    def get(self, request: Request, number: str, **_: str) -> Response:
        """List the projects or repositories of an access key that the caller administers."""
        found = find.places_of(self.actor, number, self.kind)
        return self.show([represent_access_key(one) for one in found])


class KeyRepositories(KeyProjects):
    """/keys/latest/ssh/{keyId}/repos"""

    kind = Repository


def _read_or_write(name: str | None) -> Permission | None:
    return permission_named(name, Ladder.PROJECT, Ladder.REPOSITORY) if name else None

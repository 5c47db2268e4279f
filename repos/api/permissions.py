"""Endpoints of permissions, the same for projects and repositories."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as people
from accounts.permissions import Ladder, Permission
from accounts.representations import represent_group, represent_user_with_address
from core.errors import Invalid
from repos.api.resources import (
    ProjectResource,
    RepositoryResource,
    names_in,
    permission_named,
)
from repos.models import Project
from repos.representations import represent_grant
from repos.selectors import permissions as find
from repos.services import permissions


class _Permissions(ProjectResource):
    """What all of them share."""

    def asked_permission(self) -> Permission:
        """The permission that the query names."""
        name = self.request.query_params.get("permission", "")
        ladder = Ladder.PROJECT if isinstance(self.subject(), Project) else Ladder.REPOSITORY
        return permission_named(name, ladder)

    def text(self) -> str:
        """What names must hold."""
        query = self.request.query_params
        return str(query.get("filter") or query.get("filterText") or "")


class _OfUsers(_Permissions):
    def get(self, request: Request, **_: str) -> Response:
        """List the users to whom something is granted here."""
        page = find.granted_to_users(self.actor, self.subject(), self.wanted(), text=self.text())
        return self.show_page(page, represent_grant)

    def put(self, request: Request, **_: str) -> Response:
        """Grant a permission to the users that the query names."""
        subject = self.subject()
        users = [people.get_by_name(self.actor, name) for name in names_in(self, "name")]
        permissions.grant(self.actor, subject, users, self.asked_permission())
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Revoke all permissions of the users in the query; unknown names are ignored."""
        users = people.users_named(self.actor, names_in(self, "name"))
        permissions.revoke(self.actor, self.subject(), users)
        return self.nothing()


class _OfGroups(_Permissions):
    def get(self, request: Request, **_: str) -> Response:
        """List the groups to which something is granted here."""
        page = find.granted_to_groups(self.actor, self.subject(), self.wanted(), text=self.text())
        return self.show_page(page, represent_grant)

    def put(self, request: Request, **_: str) -> Response:
        """Grant a permission to the groups that the query names."""
        subject = self.subject()
        groups = [people.get_group(self.actor, name) for name in names_in(self, "name")]
        permissions.grant(self.actor, subject, groups, self.asked_permission())
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Take everything from the groups that the query names; one that does not exist has nothing."""
        groups = people.groups_named(self.actor, names_in(self, "name"))
        permissions.revoke(self.actor, self.subject(), groups)
        return self.nothing()


class _UsersWithout(_Permissions):
    def get(self, request: Request, **_: str) -> Response:
        """List the users to whom nothing is granted here."""
        page = find.users_without_grant(self.actor, self.subject(), self.wanted(), text=self.text())
        return self.show_page(page, represent_user_with_address)


class _GroupsWithout(_Permissions):
    def get(self, request: Request, **_: str) -> Response:
        """List the groups to which nothing is granted here."""
        page = find.groups_without_grant(
            self.actor, self.subject(), self.wanted(), text=self.text()
        )
        return self.show_page(page, represent_group)


class _Search(_Permissions):
    def get(self, request: Request, **_: str) -> Response:
        """List all grants that fit."""
        query = request.query_params
        kind = query.get("type", "").upper()
        if kind not in {"", "USER", "GROUP"}:
            raise Invalid("The type must be USER or GROUP.", context="type")
        ladder = Ladder.PROJECT if isinstance(self.subject(), Project) else Ladder.REPOSITORY
        page = find.search(
            self.actor,
            self.subject(),
            self.wanted(),
            text=self.text(),
            kind=kind,
            permissions=[permission_named(name, ladder) for name in query.getlist("permission")],
        )
        return self.show_page(page, represent_grant)


class _All(_Permissions):
    def delete(self, request: Request, **_: str) -> Response:
        """Take everything from the users and groups that the query names."""
        names_in(self, "user", "group")
        query = self.request.query_params
        holders: list[Any] = [
            *people.users_named(self.actor, query.getlist("user")),
            *people.groups_named(self.actor, query.getlist("group")),
        ]
        permissions.revoke(self.actor, self.subject(), holders)
        return self.nothing()


class ProjectUsers(_OfUsers):
    """/projects/{key}/permissions/users"""


class ProjectGroups(_OfGroups):
    """/projects/{key}/permissions/groups"""


class ProjectUsersWithout(_UsersWithout):
    """/projects/{key}/permissions/users/none"""


class ProjectGroupsWithout(_GroupsWithout):
    """/projects/{key}/permissions/groups/none"""


class ProjectPermissionSearch(_Search):
    """/projects/{key}/permissions/search"""


class ProjectPermissions(_All):
    """/projects/{key}/permissions"""


class RepositoryUsers(_OfUsers, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions/users"""


class RepositoryGroups(_OfGroups, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions/groups"""


class RepositoryUsersWithout(_UsersWithout, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions/users/none"""


class RepositoryGroupsWithout(_GroupsWithout, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions/groups/none"""


class RepositoryPermissionSearch(_Search, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions/search"""


class RepositoryPermissions(_All, RepositoryResource):
    """/projects/{key}/repos/{slug}/permissions"""


class DefaultPermission(ProjectResource):
    """/projects/{key}/permissions/{permission}/all"""

    def get(self, request: Request, permission: str, **_: str) -> Response:
        """Tell whether this is the default permission of the project."""
        asked = permission_named(permission, Ladder.PROJECT)
        held = find.default_permission(self.actor, self.project())
        return self.show({"permitted": held is asked})

    def post(self, request: Request, permission: str, **_: str) -> Response:
        """Let everyone who may sign in hold this, or, with `allow=false`, nothing."""
        asked = permission_named(permission, Ladder.PROJECT)
        project = self.project()
        if self.flag("allow", default=True):
            permissions.set_default(self.actor, project, asked)
        elif find.default_permission(self.actor, project) is asked:
            permissions.set_default(self.actor, project, None)
        return self.nothing()

    def delete(self, request: Request, permission: str, **_: str) -> Response:
        """Take it from everyone again, as clients of older versions do."""
        asked = permission_named(permission, Ladder.PROJECT)
        project = self.project()
        if find.default_permission(self.actor, project) is asked:
            permissions.set_default(self.actor, project, None)
        return self.nothing()

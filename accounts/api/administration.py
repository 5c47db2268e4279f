"""Endpoints by which administrators run users, groups and global permissions."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api import serializers as bodies
from accounts.models import Group, User
from accounts.permissions import Ladder, Permission
from accounts.representations import (
    represent_detailed_group,
    represent_detailed_user,
    represent_global_grant,
    represent_user_with_address,
)
from accounts.services import erasure, global_permissions, groups, users
from core.api.views import RestView
from core.errors import Invalid


class _Administration(RestView):
    """What all of them share."""

    def asked(self, name: str) -> str:
        """A parameter of the query that must be there."""
        value = str(self.request.query_params.get(name, ""))
        if not value:
            raise Invalid(f"The parameter {name} is required.", context=name)
        return value

    def text(self) -> str:
        """What names must hold."""
        return str(self.request.query_params.get("filter", ""))

    def user(self, name: str) -> User:
        """The user of that name."""
        return selectors.get_by_name(self.actor, name)

    def group(self, name: str) -> Group:
        """The group of that name."""
        return selectors.get_group(self.actor, name)


class Users(_Administration):
    """/admin/users"""

    def get(self, request: Request, **_: str) -> Response:
        """List users, switched off ones included."""
        page = selectors.list_all_users(self.actor, self.wanted(), text=self.text())
        return self.show_page(page, represent_detailed_user)

    def post(self, request: Request, **_: str) -> Response:
        """Make a user; everything is in the query."""
        users.create(
            self.actor,
            name=self.asked("name"),
            display_name=self.asked("displayName"),
            email_address=self.asked("emailAddress"),
            password=self.asked("password"),
            in_default_group=self.flag("addToDefaultGroup", default=True),
        )
        return self.nothing()

    def put(self, request: Request, **_: str) -> Response:
        """Change a user's details."""
        body = self.read(bodies.UserBody)
        user = self.user(body.get("name") or "")
        changed = users.update(
            self.actor,
            user,
            display_name=body.get("displayName"),
            email_address=body.get("emailAddress", body.get("email")),
        )
        return self.show(represent_detailed_user(changed))

    def delete(self, request: Request, **_: str) -> Response:
        """Take a user out."""
        removed = users.remove(self.actor, self.user(self.asked("name")))
        return self.show(represent_detailed_user(removed))


class UserRename(_Administration):
    """/admin/users/rename"""

    def post(self, request: Request, **_: str) -> Response:
        """Give a user another name."""
        body = self.read(bodies.RenameBody)
        renamed = users.rename(self.actor, self.user(body["name"]), body["newName"])
        return self.show(represent_detailed_user(renamed))


class UserCredentials(_Administration):
    """/admin/users/credentials"""

    def put(self, request: Request, **_: str) -> Response:
        """Set the password of a user."""
        body = self.read(bodies.PasswordBody)
        users.set_password(self.actor, self.user(body.get("name") or ""), body["password"])
        return self.nothing()


class UserCaptcha(_Administration):
    """/admin/users/captcha"""

    def delete(self, request: Request, **_: str) -> Response:
        """Let a user sign in again who failed too often."""
        users.forget_failures(self.actor, self.user(self.asked("name")))
        return self.nothing()


class UserErasure(_Administration):
    """/admin/users/erasure"""

    def get(self, request: Request, **_: str) -> Response:
        """Say whether a user may be erased."""
        erasure.check(self.actor, self.asked("name"))
        return self.nothing()

    def post(self, request: Request, **_: str) -> Response:
        """Erase what tells who a removed user was."""
        erased = erasure.erase(self.actor, self.asked("name"))
        return self.show({"newIdentifier": erased.name})


class UserAddGroup(_Administration):
    """/admin/users/add-group, where the context is the user"""

    def post(self, request: Request, **_: str) -> Response:
        """Put a user into a group."""
        body = self.read(bodies.PickerBody)
        groups.add(self.actor, [self.group(body["itemName"])], [self.user(body["context"])])
        return self.nothing(200)


class UserAddGroups(_Administration):
    """/admin/users/add-groups"""

    def post(self, request: Request, **_: str) -> Response:
        """Put a user into groups: into all of them or into none."""
        body = self.read(bodies.UserAndGroupsBody)
        into = [self.group(name) for name in body["groups"]]
        groups.add(self.actor, into, [self.user(body["user"])])
        return self.nothing(200)


class UserRemoveGroup(_Administration):
    """/admin/users/remove-group, where the context is the user"""

    def post(self, request: Request, **_: str) -> Response:
        """Take a user out of a group."""
        body = self.read(bodies.PickerBody)
        groups.remove(self.actor, self.group(body["itemName"]), self.user(body["context"]))
        return self.nothing(200)


class GroupsOfUser(_Administration):
    """/admin/users/more-members"""

    outside = False

    def get(self, request: Request, **_: str) -> Response:
        """List the groups of a user."""
        page = selectors.groups_of(
            self.actor,
            self.user(self.asked("context")),
            self.wanted(),
            text=self.text(),
            outside=self.outside,
        )
        return self.show_page(page, represent_detailed_group)


class OtherGroupsOfUser(GroupsOfUser):
    """/admin/users/more-non-members"""

    outside = True


class Groups(_Administration):
    """/admin/groups"""

    def get(self, request: Request, **_: str) -> Response:
        """List groups."""
        page = selectors.list_groups(self.actor, self.wanted(), text=self.text())
        return self.show_page(page, represent_detailed_group)

    def post(self, request: Request, **_: str) -> Response:
        """Make a group."""
        return self.show(represent_detailed_group(groups.create(self.actor, self.asked("name"))))

    def delete(self, request: Request, **_: str) -> Response:
        """Delete a group."""
        group = self.group(self.asked("name"))
        shown = represent_detailed_group(group)
        groups.delete(self.actor, group)
        return self.show(shown)


class GroupAddUser(_Administration):
    """/admin/groups/add-user, where the context is the group"""

    def post(self, request: Request, **_: str) -> Response:
        """Put a user into a group."""
        body = self.read(bodies.PickerBody)
        groups.add(self.actor, [self.group(body["context"])], [self.user(body["itemName"])])
        return self.nothing(200)


class GroupAddUsers(_Administration):
    """/admin/groups/add-users"""

    def post(self, request: Request, **_: str) -> Response:
        """Put users into a group: all of them or none."""
        body = self.read(bodies.GroupAndUsersBody)
        members = [self.user(name) for name in body["users"]]
        groups.add(self.actor, [self.group(body["group"])], members)
        return self.nothing(200)


class GroupRemoveUser(_Administration):
    """/admin/groups/remove-user, where the context is the group"""

    def post(self, request: Request, **_: str) -> Response:
        """Take a user out of a group."""
        body = self.read(bodies.PickerBody)
        groups.remove(self.actor, self.group(body["context"]), self.user(body["itemName"]))
        return self.nothing(200)


class GroupMembers(_Administration):
    """/admin/groups/more-members"""

    outside = False

    def get(self, request: Request, **_: str) -> Response:
        """List the members of a group."""
        page = selectors.members_of(
            self.actor,
            self.asked("context"),
            self.wanted(),
            text=self.text(),
            outside=self.outside,
        )
        return self.show_page(page, represent_detailed_user)


class GroupNonMembers(GroupMembers):
    """/admin/groups/more-non-members"""

    outside = True


class GroupNames(_Administration):
    """/groups"""

    def get(self, request: Request, **_: str) -> Response:
        """List the names of groups."""
        page = selectors.list_groups(self.actor, self.wanted(), text=self.text())
        return self.show_page(page, lambda group: group.name)


class _GlobalPermissions(_Administration):
    kind = "user"

    def named(self) -> list[str]:
        """The names of users or groups in the query: one at least."""
        names = [name for name in self.request.query_params.getlist("name") if name]
        if not names:
            raise Invalid("Specify at least one user or group.", context="name")
        return names

    def get(self, request: Request, **_: str) -> Response:
        """List what is granted on the whole site."""
        page = selectors.global_grants(self.actor, self.kind, self.wanted(), text=self.text())
        return self.show_page(page, represent_global_grant)

    def put(self, request: Request, **_: str) -> Response:
        """Grant a global permission to the users or groups in the query."""
        name = self.asked("permission").upper()
        permission = Permission.__members__.get(name)
        if permission is None or permission.ladder is not Ladder.SITE:
            raise Invalid(f'"{name}" is not a global permission.', context="permission")
        find = self.user if self.kind == "user" else self.group
        global_permissions.grant(self.actor, [find(name) for name in self.named()], permission)
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Revoke all global permissions of the users or groups in the query; unknown names are ignored."""
        find = selectors.users_named if self.kind == "user" else selectors.groups_named
        global_permissions.revoke(self.actor, find(self.actor, self.named()))
        return self.nothing()


class UserPermissions(_GlobalPermissions):
    """/admin/permissions/users"""


class GroupPermissions(_GlobalPermissions):
    """/admin/permissions/groups"""

    kind = "group"


class UsersWithoutPermission(_Administration):
    """/admin/permissions/users/none"""

    def get(self, request: Request, **_: str) -> Response:
        """List users to whom nothing is granted on the whole site."""
        page = selectors.users_without_grant(self.actor, self.wanted(), text=self.text())
        return self.show_page(page, represent_user_with_address)


class GroupsWithoutPermission(_Administration):
    """/admin/permissions/groups/none"""

    def get(self, request: Request, **_: str) -> Response:
        """List groups to which nothing is granted on the whole site."""
        page = selectors.groups_without_grant(self.actor, self.wanted(), text=self.text())
        return self.show_page(page, represent_detailed_group)

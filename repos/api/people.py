"""People, found by what they may on projects and repositories."""

from __future__ import annotations

import re

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import UserBody
from accounts.permissions import Ladder, Permission
from accounts.representations import represent_user_with_address
from accounts.services import users
from core.api.views import RestView
from core.errors import Invalid, Unauthenticated
from repos.api.resources import permission_named
from repos.models import Project, Repository
from repos.selectors import permissions, projects, repositories

_FILTER = re.compile(r"permission(\.\d{1,3})?")
MOST_FILTERS = 50


class UserList(RestView):
    """/users"""

    def get(self, request: Request, **_: str) -> Response:
        """List active users: by text, by group, by what they may."""
        query = request.query_params
        roots = [name for name in query if _FILTER.fullmatch(name)]
        if len(roots) > MOST_FILTERS:
            raise Invalid(f"At most {MOST_FILTERS} permission filters are taken.")
        page = permissions.users_who_may(
            self.actor,
            [self._filter(root) for root in roots],
            self.wanted(),
            text=query.get("filter", ""),
            group=query.get("group", ""),
        )
        return self.show_page(page, represent_user_with_address)

    def put(self, request: Request, **_: str) -> Response:
        """Change one's own name or address."""
        if self.actor.user is None:
            raise Unauthenticated("You must sign in to change your details.")
        body = self.read(UserBody)
        changed = users.update(
            self.actor,
            self.actor.user,
            display_name=body.get("displayName"),
            email_address=body.get("email"),
        )
        return self.show(represent_user_with_address(changed))

    def _filter(self, root: str) -> tuple[Permission, Project | Repository | None]:
        query = self.request.query_params
        permission = permission_named(query[root], *Ladder)
        if permission.ladder is Ladder.SITE:
            return permission, None
        number = query.get(f"{root}.repositoryId")
        if number is not None and permission.ladder is Ladder.REPOSITORY:
            if not (number.isascii() and number.isdigit() and len(number) < 19):
                raise Invalid("The repositoryId must be a whole number.", context=root)
            return permission, repositories.get_by_id(self.actor, int(number))
        key = query.get(f"{root}.projectKey") or self._key_of_id(root)
        if not key:
            raise Invalid(f"{permission.name} needs a project or repository.", context=root)
        if permission.ladder is Ladder.PROJECT:
            return permission, projects.get_current(self.actor, key)
        slug = query.get(f"{root}.repositorySlug", "")
        return permission, repositories.get_current(self.actor, key, slug)

    def _key_of_id(self, root: str) -> str:
        number = self.request.query_params.get(f"{root}.projectId", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return ""
        return projects.get_by_id(self.actor, int(number)).key

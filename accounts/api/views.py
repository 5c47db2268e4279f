"""Endpoints about people."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api.serializers import PasswordBody
from accounts.representations import represent_user_with_address
from accounts.services import users
from core.api.views import RestView


class UserDetail(RestView):
    """/users/{slug}"""

    def get(self, request: Request, slug: str, **_: str) -> Response:
        """Show a user."""
        return self.show(represent_user_with_address(selectors.get(self.actor, slug)))


class OwnCredentials(RestView):
    """/users/credentials"""

    def put(self, request: Request, **_: str) -> Response:
        """Change one's own password, knowing the old one."""
        body = self.read(PasswordBody)
        users.change_own_password(self.actor, body.get("oldPassword") or "", body["password"])
        return self.nothing()

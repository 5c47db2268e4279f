"""Endpoints of app passwords and of users' HTTP access tokens."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api.serializers import SecretBody
from accounts.models import User
from accounts.representations import represent_access_token, represent_app_password
from accounts.services import secrets
from core.api.views import RestView


class _OfUser(RestView):
    """What all of them share."""

    def user(self) -> User:
        """The user that the path names."""
        return selectors.get(self.actor, self.kwargs["slug"])


class AppPasswords(_OfUser):
    """/app-passwords/latest/users/{slug}"""

    def get(self, request: Request, **_: str) -> Response:
        """List app passwords."""
        page = selectors.app_passwords(self.actor, self.user(), self.wanted())
        return self.show_page(page, represent_app_password)

    def put(self, request: Request, **_: str) -> Response:
        """Make an app password; its text is in this answer only."""
        user = self.user()
        body = self.read(SecretBody)
        made, text = secrets.create_app_password(
            self.actor, user, name=body["name"], permissions=body["permissions"]
        )
        return self.show(represent_app_password(made, text))


class AppPasswordDetail(_OfUser):
    """/app-passwords/latest/users/{slug}/{id}"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show an app password."""
        found = selectors.app_password(self.actor, self.user(), number)
        return self.show(represent_app_password(found))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Revoke an app password."""
        secrets.revoke(self.actor, selectors.app_password(self.actor, self.user(), number))
        return self.nothing()


class AccessTokens(_OfUser):
    """/access-tokens/latest/users/{slug}"""

    def get(self, request: Request, **_: str) -> Response:
        """List access tokens."""
        page = selectors.access_tokens(self.actor, self.user(), self.wanted())
        return self.show_page(page, represent_access_token)

    def put(self, request: Request, **_: str) -> Response:
        """Make an access token; its text is in this answer only."""
        user = self.user()
        body = self.read(SecretBody)
        made, text = secrets.create_access_token(
            self.actor,
            user,
            name=body["name"],
            permissions=body["permissions"],
            expiry_days=body.get("expiryDays"),
        )
        return self.show(represent_access_token(made, text))


class AccessTokenDetail(_OfUser):
    """/access-tokens/latest/users/{slug}/{id}"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show an access token."""
        found = selectors.access_token(self.actor, self.user(), number)
        return self.show(represent_access_token(found))

    def post(self, request: Request, number: str, **_: str) -> Response:
        """Change an access token."""
        token = selectors.access_token(self.actor, self.user(), number)
        body = self.read(SecretBody, partial=True)
        changed = secrets.update_access_token(
            self.actor, token, name=body.get("name"), permissions=body.get("permissions")
        )
        return self.show(represent_access_token(changed))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Revoke an access token."""
        secrets.revoke(self.actor, selectors.access_token(self.actor, self.user(), number))
        return self.nothing()

"""Endpoints of the HTTP access tokens of projects and repositories."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import SecretBody
from accounts.representations import represent_access_token
from repos.api.resources import ProjectResource, RepositoryResource
from repos.selectors import tokens as find
from repos.services import tokens


class ProjectTokens(ProjectResource):
    """/access-tokens/latest/projects/{key}"""

    def get(self, request: Request, **_: str) -> Response:
        """List tokens."""
        page = find.list_of(self.actor, self.subject(), self.wanted())
        return self.show_page(page, represent_access_token)

    def put(self, request: Request, **_: str) -> Response:
        """Make a token; its text is in this answer only."""
        subject = self.subject()
        body = self.read(SecretBody)
        made, text = tokens.create(
            self.actor,
            subject,
            name=body["name"],
            permissions=body["permissions"],
            expiry_days=body.get("expiryDays"),
        )
        return self.show(represent_access_token(made, text))


class ProjectTokenDetail(ProjectResource):
    """/access-tokens/latest/projects/{key}/{id}"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show a token."""
        return self.show(represent_access_token(find.get(self.actor, self.subject(), number)))

    def post(self, request: Request, number: str, **_: str) -> Response:
        """Change a token."""
        subject = self.subject()
        token = find.get(self.actor, subject, number)
        body = self.read(SecretBody, partial=True)
        changed = tokens.update(
            self.actor, subject, token, name=body.get("name"), permissions=body.get("permissions")
        )
        return self.show(represent_access_token(changed))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Revoke a token."""
        subject = self.subject()
        tokens.revoke(self.actor, subject, find.get(self.actor, subject, number))
        return self.nothing()


class RepositoryTokens(ProjectTokens, RepositoryResource):
    """/access-tokens/latest/projects/{key}/repos/{slug}"""


class RepositoryTokenDetail(ProjectTokenDetail, RepositoryResource):
    """/access-tokens/latest/projects/{key}/repos/{slug}/{id}"""

"""Endpoints about people."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.representations import represent_user
from core.api.views import RestView


class UserDetail(RestView):
    """/users/{slug}"""

    def get(self, request: Request, slug: str, **_: str) -> Response:
        """Show a user."""
        return self.show(represent_user(selectors.get(self.actor, slug)))

"""Endpoints of the key that seals secrets."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from operations import selectors, services


class KeyRotation(RestView):
    """/secrets/1.0/keys/rotate, and the same below /secrets-manager, as a command line client calls it"""

    def post(self, request: Request, **_: str) -> Response:
        """Seal all secrets with a new key."""
        return self.show({"id": services.rotate_key(self.actor)})


class InactiveKeys(RestView):
    """/secrets/1.0/keys/inactive"""

    def get(self, request: Request, **_: str) -> Response:
        """List the keys that are not in use any more."""
        return self.show(selectors.inactive_keys(self.actor))

    def delete(self, request: Request, **_: str) -> Response:
        """Forget them."""
        services.delete_inactive_keys(self.actor)
        return self.nothing(200)

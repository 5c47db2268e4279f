"""Endpoints of the log, and of the key that seals secrets."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from core.errors import Invalid
from operations import selectors, services


class LoggingBody(serializers.Serializer):
    """How much is logged."""

    level = serializers.CharField(max_length=20)


class LoggingSettings(RestView):
    """/admin/logs/settings, as a command line client calls it"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the level; lines are written as they come."""
        return self.show({"level": selectors.log_level(self.actor), "async": False})

    def put(self, request: Request, **_: str) -> Response:
        """Change the level."""
        selectors.log_level(self.actor)
        body = self.read(LoggingBody)
        if isinstance(request.data, dict) and request.data.get("async"):
            raise Invalid("Lines of the log are written as they come.", context="async")
        services.set_log_level(self.actor, body["level"])
        return self.get(request)


class RootLogger(RestView):
    """/logs/rootLogger"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the level."""
        return self.show({"logLevel": selectors.log_level(self.actor)})


class RootLoggerLevel(RestView):
    """/logs/rootLogger/{levelName}"""

    def put(self, request: Request, level: str, **_: str) -> Response:
        """Change the level."""
        services.set_log_level(self.actor, level)
        return self.nothing()


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

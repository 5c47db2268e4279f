"""Endpoints of the site's policies on repositories."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import RestView
from repos.api.serializers import PolicyBody
from repos.policies import PolicyAction
from repos.selectors import policies as find
from repos.services import policies


class _Policy(RestView):
    """What both share."""

    act: PolicyAction

    def get(self, request: Request, **_: str) -> Response:
        """Show which permission is needed."""
        return self.show({"permission": find.needed(self.actor, self.act).name})

    def put(self, request: Request, **_: str) -> Response:
        """Say which permission is needed."""
        asked = self.read(PolicyBody)["permission"]
        return self.show({"permission": policies.set_needed(self.actor, self.act, asked).name})


class ArchivePolicy(_Policy):
    """/rest/policies/../admin/repos/archive"""

    act = PolicyAction.ARCHIVE


class DeletePolicy(_Policy):
    """/rest/policies/../admin/repos/delete"""

    act = PolicyAction.DELETE

"""Endpoints of the limits on REST requests."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api.serializers import (
    BulkRateLimitBody,
    RateLimitSettingsBody,
    UserRateLimitBody,
)
from accounts.models import RateLimit
from accounts.representations import (
    represent_rate_limit,
    represent_rate_limit_settings,
    represent_refused_requests,
)
from accounts.services import rate_limits as change
from core.api.views import RestView


class Settings(RestView):
    """/admin/rate-limit/settings"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the default rate limit."""
        selectors.may_know_settings(self.actor)
        return self.show(represent_rate_limit_settings())

    def put(self, request: Request, **_: str) -> Response:
        """Change the default rate limit."""
        body = self.read(RateLimitSettingsBody)
        usual = body.get("defaultSettings", {})
        change.change(
            self.actor,
            enabled=body.get("enabled"),
            capacity=usual.get("capacity"),
            fill_rate=usual.get("fillRate"),
        )
        return self.show(represent_rate_limit_settings())


class UserSettings(RestView):
    """/admin/rate-limit/settings/users"""

    def get(self, request: Request, **_: str) -> Response:
        """List who has a limit of their own."""
        text = request.query_params.get("filter", "")
        page = selectors.rate_limits(self.actor, self.wanted(), text=text)
        return self.show_page(page, represent_rate_limit)

    def post(self, request: Request, **_: str) -> Response:
        """Give several users a limit of their own."""
        body = self.read(BulkRateLimitBody)
        users = [selectors.get_by_name(self.actor, name) for name in body["usernames"]]
        own = body.get("settings", {})
        made = change.set_for(
            self.actor,
            users,
            is_exempt=body.get("whitelisted", False),
            capacity=own.get("capacity"),
            fill_rate=own.get("fillRate"),
        )
        return self.show([represent_rate_limit(one) for one in made])


class SettingsOfUser(RestView):
    """/admin/rate-limit/settings/users/{slug}"""

    def get(self, request: Request, slug: str, **_: str) -> Response:
        """Show one user's limit."""
        user = selectors.get(self.actor, slug)
        return self.show(represent_rate_limit(selectors.rate_limit_of(self.actor, user)))

    def put(self, request: Request, slug: str, **_: str) -> Response:
        """Give one user a limit of their own."""
        body = self.read(UserRateLimitBody)
        own = body.get("settings", {})
        made: list[RateLimit] = change.set_for(
            self.actor,
            [selectors.get(self.actor, slug)],
            is_exempt=body.get("whitelisted", False),
            capacity=own.get("capacity"),
            fill_rate=own.get("fillRate"),
        )
        return self.show(represent_rate_limit(made[0]))

    def delete(self, request: Request, slug: str, **_: str) -> Response:
        """Reset the rate limit of a user to the default."""
        change.reset_for(self.actor, selectors.get(self.actor, slug))
        return self.nothing()


class History(RestView):
    """/admin/rate-limit/history"""

    def get(self, request: Request, **_: str) -> Response:
        """List who was refused lately."""
        order = request.query_params.get("order", "FREQUENCY")
        page = selectors.refused_requests(self.actor, self.wanted(), order=order)
        return self.show_page(page, represent_refused_requests)

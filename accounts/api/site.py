"""Endpoints of settings of the whole site: the banner, the ways in, where users come from."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.api.serializers import BannerBody, BasicAuthBody
from accounts.representations import represent_basic_auth, represent_login_options
from accounts.services import site_administration
from core.api.views import RestView


class Banner(RestView):
    """/admin/banner"""

    def get(self, request: Request, **_: str) -> Response:
        """Show the banner to whom it is meant for."""
        banner = selectors.banner(self.actor)
        return self.show(banner) if banner else self.nothing()

    def put(self, request: Request, **_: str) -> Response:
        """Show a sentence above every page."""
        body = self.read(BannerBody)
        site_administration.set_banner(
            self.actor,
            message=body.get("message", ""),
            audience=body["audience"],
            enabled=body.get("enabled", True),
        )
        return self.nothing()

    def delete(self, request: Request, **_: str) -> Response:
        """Take it away."""
        site_administration.delete_banner(self.actor)
        return self.nothing()


class UserDirectories(RestView):
    """/admin/user-directories"""

    def get(self, request: Request, **_: str) -> Response:
        """List where users come from: so far, our own rows."""
        return self.show(selectors.user_directories(self.actor))


class LoginOptions(RestView):
    """/login-options"""

    def get(self, request: Request, **_: str) -> Response:
        """List the ways in through a browser."""
        return self.show(represent_login_options())


class BasicAuth(RestView):
    """/config below /rest/basicauth"""

    def get(self, request: Request, **_: str) -> Response:
        """Show whether REST and Git take passwords."""
        selectors.may_configure_site(self.actor)
        return self.show(represent_basic_auth())

    def put(self, request: Request, **_: str) -> Response:
        """Change it; what is not named stays."""
        body = self.read(BasicAuthBody)
        site_administration.change_authentication(
            self.actor,
            blocks_passwords=body.get("block-requests"),
            allowed_users=body.get("allowed-users"),
            allowed_paths=body.get("allowed-paths"),
            shows_warning=body.get("show-warning-message"),
        )
        return self.nothing()

"""Endpoints of users' SSH keys and of how this server speaks SSH."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import public_keys, selectors
from accounts.api.serializers import SshKeyBody, SshKeySettingsBody
from accounts.models import User
from accounts.representations import (
    represent_ssh_key,
    represent_ssh_key_settings,
    represent_ssh_settings,
)
from accounts.services import keys, ssh_settings
from core.api.views import RestView
from core.errors import Unauthenticated


class SshKeys(RestView):
    """/ssh/latest/keys"""

    def get(self, request: Request, **_: str) -> Response:
        """List SSH keys of the caller, or of the user named in the query."""
        page = selectors.ssh_keys(self.actor, self.user(), self.wanted())
        return self.show_page(page, represent_ssh_key)

    def post(self, request: Request, **_: str) -> Response:
        """Add an SSH key."""
        user = self.user()
        body = self.read(SshKeyBody)
        made = keys.add(
            self.actor,
            user,
            text=body["text"],
            label=body.get("label") or "",
            expiry_days=body.get("expiryDays"),
        )
        return self.show(represent_ssh_key(made), status=201)

    def delete(self, request: Request, **_: str) -> Response:
        """Remove every SSH key."""
        keys.remove_all(self.actor, self.user())
        return self.nothing()

    def user(self) -> User:
        """The user that the query names, by either of its parameters; else the caller."""
        query = self.request.query_params
        name = query.get("user") or query.get("userName")
        if name:
            return selectors.get_by_name(self.actor, name)
        if self.actor.user is None:
            raise Unauthenticated("You must sign in to do this.")
        user: User = self.actor.user
        return user


class SshKeyDetail(RestView):
    """/ssh/latest/keys/{keyId}"""

    def get(self, request: Request, number: str, **_: str) -> Response:
        """Show an SSH key."""
        return self.show(represent_ssh_key(selectors.ssh_key(self.actor, number)))

    def delete(self, request: Request, number: str, **_: str) -> Response:
        """Remove an SSH key."""
        found = selectors.find_ssh_key(self.actor, number)
        if found is not None:
            keys.remove(self.actor, found)
        return self.nothing()


class SshSettings(RestView):
    """/ssh/latest/settings"""

    def get(self, request: Request, **_: str) -> Response:
        """Show how this server speaks SSH."""
        return self.show(represent_ssh_settings())


class SshKeySettings(RestView):
    """/ssh/latest/admin"""

    def get(self, request: Request, **_: str) -> Response:
        """Show which keys are taken."""
        selectors.may_configure_site(self.actor)
        return self.show(represent_ssh_key_settings())

    def put(self, request: Request, **_: str) -> Response:
        """Say which keys are taken."""
        body = self.read(SshKeySettingsBody)
        ssh_settings.change_keys(
            self.actor,
            restrictions=body.get("keyTypeRestrictions"),
            longest_days=body.get("maxExpiryDays"),
        )
        return self.nothing()


class SupportedKeyTypes(RestView):
    """/ssh/latest/admin/supported-key-types"""

    def get(self, request: Request, **_: str) -> Response:
        """List the algorithms, and the lengths that may be asked of each."""
        selectors.may_configure_site(self.actor)
        listed: list[dict[str, Any]] = [
            {"algorithm": name, "keyLengths": list(lengths)}
            for name, lengths in public_keys.LENGTHS.items()
        ]
        return self.show(listed)

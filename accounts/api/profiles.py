"""Endpoints of what people say of themselves: picture, settings of their programs."""

from __future__ import annotations

from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.representations import avatar_address
from accounts.services import profiles
from core.api.views import RestView
from core.errors import Invalid
from infrastructure import images


class UserAvatarFile(RestView):
    """/users/{slug}/avatar.png"""

    parser_classes = (MultiPartParser,)

    def post(self, request: Request, slug: str, **_: str) -> Response:
        """Take a picture from the form field `avatar`; who may not send one sends nothing."""
        user = selectors.get(self.actor, slug)
        profiles.require_own_or_administration(self.actor, user)
        file = request.FILES.get("avatar")
        if file is None:
            raise Invalid("Send an image in the form field avatar.", context="avatar")
        profiles.set_avatar(self.actor, user, file.read(images.MOST_BYTES + 1))
        answer = self.nothing(201)
        answer["Location"] = avatar_address(user)
        return answer

    def delete(self, request: Request, slug: str, **_: str) -> Response:
        """Take the picture away; what is shown in its place is the answer."""
        user = selectors.get(self.actor, slug)
        profiles.delete_avatar(self.actor, user)
        return self.show({"name": user.name, "href": avatar_address(user)})


class UserSettings(RestView):
    """/users/{slug}/settings"""

    def get(self, request: Request, slug: str, **_: str) -> Response:
        """Show what programs keep for a user."""
        return self.show(selectors.settings_of(self.actor, selectors.get(self.actor, slug)))

    def post(self, request: Request, slug: str, **_: str) -> Response:
        """Merge names and values into it."""
        user = selectors.get(self.actor, slug)
        if not isinstance(request.data, dict):
            raise Invalid("The request body must be a JSON object.")
        profiles.update_settings(self.actor, user, request.data)
        return self.nothing()

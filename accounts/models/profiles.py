"""What people say of themselves beyond their name: a picture, and settings that programs keep for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class UserAvatar(models.Model):
    """The avatar that a user uploaded, stored as a small PNG."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="avatar")
    content = models.BinaryField()

    def __str__(self) -> str:
        """Show whose picture it is."""
        return f"avatar of {self.user_id}"


class UserSettings(models.Model):
    """Names and values that REST clients keep for a user; the server itself reads none of them."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="settings")
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        """Show whose settings they are."""
        return f"settings of {self.user_id}"

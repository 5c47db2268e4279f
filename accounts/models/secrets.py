"""Secrets that act for a user with limited permissions; only hashes are stored."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

ENDS_SOON = timedelta(days=7)


class Secret(models.Model):
    """What both kinds share; `prefix` finds the row, the SHA-256 of the whole proves it."""

    name = models.CharField(max_length=255)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    permissions = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        """Kept in a table for each kind."""

        abstract = True

    def __str__(self) -> str:
        """Show its name, never its secret."""
        return self.name


class AppPassword(Secret):
    """A password for one program, with permissions of its own; never changed, only revoked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="app_passwords")

    class Meta:
        """Listed as they were made."""

        ordering = ["pk"]


class AccessToken(Secret):
    """An HTTP access token of a user: a ceiling on what they may, perhaps until a day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Listed as they were made."""

        ordering = ["pk"]

    @property
    def ends_soon(self) -> bool:
        """Whether its last days have come."""
        return not self.has_expired and (
            self.expires_at is not None and self.expires_at <= timezone.now() + ENDS_SOON
        )

    @property
    def has_expired(self) -> bool:
        """Whether its last day is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

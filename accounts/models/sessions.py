"""Sessions of browsers: kept by the hash of their key, with what lets people recognise their own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone


class Session(AbstractBaseSession):
    """One browser that is, or once was, signed in; `session_key` is a hash, never the key itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions"
    )
    address = models.CharField(max_length=100, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    is_remembered = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Swept by when they end."""

    def __str__(self) -> str:
        """Show whose it is, never its key."""
        return f"session of user {self.user_id}"

"""How many REST requests single users may make, where that differs; and how often some were refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class RateLimit(models.Model):
    """The rate limit of one user, or an exemption."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rate_limit")
    is_exempt = models.BooleanField(default=False)
    capacity = models.PositiveIntegerField(null=True)
    fill_rate = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        """Show whose it is."""
        return f"rate limit of user {self.user_id}"


class RefusedRequests(models.Model):
    """How many requests of a user were refused in one hour."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hour = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        """One row for each user and hour."""

        constraints = [models.UniqueConstraint(fields=["user", "hour"], name="refused_in_an_hour")]

    def __str__(self) -> str:
        """Show whose they were."""
        return f"{self.count} of user {self.user_id}"

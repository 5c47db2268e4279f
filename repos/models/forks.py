"""Forks: the network that shares one object pool, and how a fork follows its origin."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class ForkNetwork(models.Model):
    """A repository and all its forks, which share an object pool; deleted with the last member."""

    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        """Name the network for the log."""
        return f"fork network {self.pk}"


class Synchronisation(models.Model):
    """A fork that follows its origin by itself; no row where it does not."""

    repository = models.OneToOneField(
        "repos.Repository", models.CASCADE, related_name="synchronisation"
    )
    last_at = models.DateTimeField(null=True)
    # Who wanted it, with whose eyes the origin is looked at where the fork has no owner.
    enabled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        """Name the fork for the log."""
        return f"synchronisation of {self.repository_id}"


class UnsynchronisedRef(models.Model):
    """A ref that does not follow by itself, as the last synchronisation found it."""

    class State(models.TextChoices):
        """Bitbucket's words; ORPHANED is a ref that the origin had and has no more."""

        AHEAD = "AHEAD"
        DIVERGED = "DIVERGED"
        ORPHANED = "ORPHANED"

    synchronisation = models.ForeignKey(Synchronisation, models.CASCADE, related_name="refs")
    ref = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices)

    class Meta:
        """Listed in the order of their names."""

        ordering = ["ref"]

    def __str__(self) -> str:
        """Name the ref and its state for a log line."""
        return f"{self.ref}: {self.state}"

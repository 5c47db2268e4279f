"""Watchers of repositories and commits."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from repos.models.repositories import Repository


class RepositoryWatch(models.Model):
    """A user who watches a repository."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="watches")

    class Meta:
        """One row for each pair."""

        constraints = [
            models.UniqueConstraint(fields=["user", "repository"], name="watch_repository_once")
        ]

    def __str__(self) -> str:
        """Show who watches what."""
        return f"{self.user_id} watches {self.repository_id}"


class CommitWatch(models.Model):
    """A user who watches a commit, by its whole id."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="commit_watches")
    commit_id = models.CharField(max_length=40)

    class Meta:
        """One row for each user and commit; looked for by commit."""

        constraints = [
            models.UniqueConstraint(
                fields=["repository", "commit_id", "user"], name="watch_commit_once"
            )
        ]

    def __str__(self) -> str:
        """Show who watches what."""
        return f"{self.user_id} watches {self.commit_id}"

"""Repositories, the names they had, and who looked at them last."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models.projects import Project


def new_hierarchy_id() -> str:
    """Make the id that a repository shares with all its forks."""
    return secrets.token_hex(10)


class Repository(models.Model):
    """A Git repository; its files lie under its primary key, so a new name moves nothing on disk."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="repositories")
    slug = models.CharField(max_length=128)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    hierarchy_id = models.CharField(max_length=20, default=new_hierarchy_id)
    is_public = models.BooleanField(default=False)
    is_forkable = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # What it was forked from, while that is there.
    origin = models.ForeignKey("self", models.SET_NULL, null=True, related_name="forks")
    network = models.ForeignKey(
        "repos.ForkNetwork", models.PROTECT, null=True, related_name="members"
    )

    class Meta:
        """Listed by project, then name; slugs are unique within their project."""

        ordering = ["project__name", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="slug_in_its_project")
        ]

    def __str__(self) -> str:
        """Show it as Bitbucket's messages do: KEY/slug."""
        return f"{self.project.key}/{self.slug}"

    @property
    def shown_origin(self) -> Repository | None:
        """The origin, if a selector fetched it for an actor who can see it; never fetched here."""
        field = Repository._meta.get_field("origin")
        return self.origin if field.is_cached(self) else None


class FormerRepositorySlug(models.Model):
    """A place where a repository was before it was renamed or moved; addresses are sent on."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="former_slugs")
    slug = models.CharField(max_length=128)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="former_slugs")

    class Meta:
        """One repository for each former place: the last that was there."""

        constraints = [
            models.UniqueConstraint(fields=["project", "slug"], name="former_slug_in_its_project")
        ]

    def __str__(self) -> str:
        """Show where the slug leads."""
        return f"{self.project_id}/{self.slug} -> {self.repository_id}"


class RecentRepository(models.Model):
    """When a user last looked at a repository."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="recent")
    visited_at = models.DateTimeField()

    class Meta:
        """One row for each pair."""

        constraints = [
            models.UniqueConstraint(fields=["user", "repository"], name="one_recent_row_of_a_user")
        ]
        indexes = [models.Index(fields=["user", "-visited_at"])]

    def __str__(self) -> str:
        """Show who looked at what."""
        return f"{self.user_id} at {self.repository_id}"

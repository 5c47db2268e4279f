"""Branch permissions: how refs are restricted, and who is exempt."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Group, SshKey
from repos.models.projects import Project
from repos.models.repositories import Repository


class RefRestriction(models.Model):
    """One rule of a project, for all its repositories, or of one repository."""

    class Kind(models.TextChoices):
        """What is forbidden, by Bitbucket's names."""

        READ_ONLY = "read-only"
        NO_DELETES = "no-deletes"
        FAST_FORWARD_ONLY = "fast-forward-only"
        PULL_REQUEST_ONLY = "pull-request-only"
        NO_CREATES = "no-creates"

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="restrictions")
    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, related_name="restrictions"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    matcher_type = models.CharField(max_length=14)
    matcher_id = models.CharField(max_length=1024)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    groups = models.ManyToManyField(Group, related_name="+")
    access_keys = models.ManyToManyField(SshKey, related_name="+")

    class Meta:
        """Of a project or of a repository, in the order in which they were made."""

        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, repository__isnull=True)
                | models.Q(project__isnull=True, repository__isnull=False),
                name="restriction_has_one_place",
            )
        ]

    def __str__(self) -> str:
        """Tell it in a line, for the record."""
        return f"{self.kind} on {self.matcher_type} {self.matcher_id}"

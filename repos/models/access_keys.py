"""SSH access keys of projects and repositories, with their permissions."""

from __future__ import annotations

from django.db import models

from accounts.models import SshKey
from accounts.permissions import Permission
from repos.models.projects import Project
from repos.models.repositories import Repository

PERMISSIONS = [
    (permission.value, permission.name)
    for permission in (
        Permission.PROJECT_READ,
        Permission.PROJECT_WRITE,
        Permission.REPO_READ,
        Permission.REPO_WRITE,
    )
]


class AccessKey(models.Model):
    """One access key on one project or repository; a key can be on many."""

    key = models.ForeignKey(SshKey, models.CASCADE, related_name="places")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="access_keys")
    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, related_name="access_keys"
    )
    permission = models.PositiveSmallIntegerField(choices=PERMISSIONS)

    class Meta:
        """One row for each key and place, and exactly one place in a row."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["key", "project"], name="access_key_of_a_project"),
            models.UniqueConstraint(
                fields=["key", "repository"], name="access_key_of_a_repository"
            ),
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, repository__isnull=True)
                | models.Q(project__isnull=True, repository__isnull=False),
                name="access_key_has_one_place",
            ),
        ]

    def __str__(self) -> str:
        """Show which key may what."""
        return f"{self.key_id}: {Permission(self.permission).name}"

"""What a user or a group may on a project or repository: one row for each holder, the highest step."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.models import Group
from accounts.permissions import Permission
from repos.models.projects import DEFAULT_PERMISSIONS, Project
from repos.models.repositories import Repository

REPOSITORY_PERMISSIONS = [
    (permission.value, permission.name)
    for permission in (Permission.REPO_READ, Permission.REPO_WRITE, Permission.REPO_ADMIN)
]

ONE_HOLDER = models.Q(user__isnull=False, group__isnull=True) | models.Q(
    user__isnull=True, group__isnull=False
)


class ProjectGrant(models.Model):
    """What a user or a group may on a project and, through it, on its repositories."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="+")
    permission = models.PositiveSmallIntegerField(choices=DEFAULT_PERMISSIONS)

    class Meta:
        """One row for each holder."""

        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="project_grant_of_a_user"),
            models.UniqueConstraint(fields=["project", "group"], name="project_grant_of_a_group"),
            models.CheckConstraint(condition=ONE_HOLDER, name="project_grant_has_one_holder"),
        ]

    def __str__(self) -> str:
        """Show who may what."""
        return f"{self.user or self.group}: {Permission(self.permission).name}"


class RepositoryGrant(models.Model):
    """What a user or a group may on one repository."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="+")
    permission = models.PositiveSmallIntegerField(choices=REPOSITORY_PERMISSIONS)

    class Meta:
        """One row for each holder."""

        constraints = [
            models.UniqueConstraint(fields=["repository", "user"], name="repo_grant_of_a_user"),
            models.UniqueConstraint(fields=["repository", "group"], name="repo_grant_of_a_group"),
            models.CheckConstraint(condition=ONE_HOLDER, name="repo_grant_has_one_holder"),
        ]

    def __str__(self) -> str:
        """Show who may what."""
        return f"{self.user or self.group}: {Permission(self.permission).name}"

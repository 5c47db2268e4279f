"""How a project or repository names its branches."""

from __future__ import annotations

from django.db import models

from repos.models.projects import Project
from repos.models.repositories import Repository


class BranchModelSetting(models.Model):
    """The branch model of one place: its long-lived branches, and a prefix for each type of the others.

    An empty ref with `..._is_default` means whatever the default branch is; `types` is a list of
    objects with `id`, `enabled` and `prefix`.
    """

    project = models.OneToOneField(Project, models.CASCADE, null=True, related_name="branch_model")
    repository = models.OneToOneField(
        Repository, models.CASCADE, null=True, related_name="branch_model"
    )
    development_ref = models.CharField(max_length=255, blank=True)
    development_is_default = models.BooleanField(default=True)
    has_production = models.BooleanField(default=False)
    production_ref = models.CharField(max_length=255, blank=True)
    production_is_default = models.BooleanField(default=False)
    types = models.JSONField(default=list)

    class Meta:
        """Of a project or of a repository, one for each."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, repository__isnull=True)
                | models.Q(project__isnull=True, repository__isnull=False),
                name="branch_model_has_one_place",
            )
        ]

    def __str__(self) -> str:
        """Show whose it is."""
        return f"branch model of {self.repository or self.project}"

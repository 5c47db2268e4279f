"""Labels that are applied to repositories."""

from __future__ import annotations

from django.db import models

from repos.models.repositories import Repository


class RepositoryLabel(models.Model):
    """A label of a repository; a label exists while a repository has it."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="labels")
    name = models.CharField(max_length=50)

    class Meta:
        """Listed by name, each once on a repository."""

        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "name"], name="label_once_on_repository")
        ]
        indexes = [models.Index(fields=["name"], name="repositories_of_label")]

    def __str__(self) -> str:
        """Show what is labelled how."""
        return f"{self.name} on {self.repository_id}"

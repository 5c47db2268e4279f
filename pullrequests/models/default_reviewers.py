"""Who is asked to review by default, and how many of them must approve."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from repos.models import Project, Repository


class DefaultReviewers(models.Model):
    """One condition of a project, for all its repositories, or of one repository."""

    project = models.ForeignKey(
        Project, models.CASCADE, null=True, related_name="default_reviewers"
    )
    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, related_name="default_reviewers"
    )
    source_type = models.CharField(max_length=14)
    source_id = models.CharField(max_length=1024)
    target_type = models.CharField(max_length=14)
    target_id = models.CharField(max_length=1024)
    required_approvals = models.PositiveSmallIntegerField(default=0)
    reviewers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    class Meta:
        """Of a project or of a repository, in the order in which they were made."""

        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, repository__isnull=True)
                | models.Q(project__isnull=True, repository__isnull=False),
                name="default_reviewers_have_one_place",
            )
        ]

    def __str__(self) -> str:
        """Tell it in a line, for the record."""
        return f"from {self.source_type} {self.source_id} to {self.target_type} {self.target_id}"

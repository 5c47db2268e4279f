"""How a place merges, and what it asks for before: a project's settings hold for its repositories."""

from __future__ import annotations

from django.db import models

from repos.models import Project, Repository


class PullRequestSettings(models.Model):
    """What one place says of its own; what is None is as above it. Without a place, the site's.

    The ways to merge are said together: strategies, the usual one, and the words of the commit.
    """

    project = models.OneToOneField(
        Project, models.CASCADE, null=True, related_name="pull_request_settings"
    )
    repository = models.OneToOneField(
        Repository, models.CASCADE, null=True, related_name="pull_request_settings"
    )

    strategies = models.JSONField(null=True)
    default_strategy = models.CharField(max_length=20, blank=True)
    commit_summaries = models.PositiveSmallIntegerField(null=True)
    title_template = models.TextField(blank=True)
    body_template = models.TextField(blank=True)

    required_approvals = models.PositiveSmallIntegerField(null=True)
    required_builds = models.PositiveSmallIntegerField(null=True)
    needs_all_approvals = models.BooleanField(null=True)
    needs_all_tasks = models.BooleanField(null=True)
    needs_no_objection = models.BooleanField(null=True)
    resets_approvals = models.BooleanField(null=True)

    class Meta:
        """The site has one row at most."""

        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=models.Q(project=None, repository=None),
                name="one_row_of_the_site",
            )
        ]

    def __str__(self) -> str:
        """Show whose it is."""
        return f"settings of {self.repository or self.project or 'the site'}"

"""Rows about builds."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository


class BuildStatus(models.Model):
    """How one build of a commit went; the last word under its key.

    Without a repository where a client named the commit alone: then it counts in the repositories
    that its reporter may write to.
    """

    class State(models.TextChoices):
        """How it went."""

        SUCCESSFUL = "SUCCESSFUL"
        FAILED = "FAILED"
        INPROGRESS = "INPROGRESS"
        CANCELLED = "CANCELLED"
        UNKNOWN = "UNKNOWN"

    repository = models.ForeignKey(Repository, models.CASCADE, null=True, related_name="builds")
    # None of reports from before reporters were noted, and of people who were erased.
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    commit_id = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State.choices)
    name = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=450)
    description = models.CharField(max_length=255, blank=True)
    parent = models.CharField(max_length=1024, blank=True)
    ref = models.CharField(max_length=1024, blank=True)
    build_number = models.CharField(max_length=255, blank=True)
    # In milliseconds.
    duration = models.PositiveBigIntegerField(null=True)
    tests_successful = models.PositiveIntegerField(null=True)
    tests_failed = models.PositiveIntegerField(null=True)
    tests_skipped = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Found by commit; one row for each key, of a repository or of none."""

        ordering = ["-updated_at", "-pk"]
        indexes = [models.Index(fields=["commit_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "commit_id", "key"], name="build_of_a_repository"
            ),
            models.UniqueConstraint(
                fields=["commit_id", "key", "reporter"],
                condition=models.Q(repository=None),
                name="build_of_a_commit",
            ),
        ]

    def __str__(self) -> str:
        """Show it in a line."""
        return f"{self.key} of {self.commit_id[:11]}: {self.state}"

    @property
    def has_tests(self) -> bool:
        """Whether test results were reported."""
        return self.tests_successful is not None


class BuildRemoval(models.Model):
    """An administrator removed from one repository what was said of a commit alone; elsewhere it stays."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    commit_id = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    # What is said later is shown again.
    removed_at = models.DateTimeField()

    class Meta:
        """The last one counts."""

        constraints = [
            models.UniqueConstraint(
                fields=["repository", "commit_id", "key"], name="build_removal_once"
            )
        ]

    def __str__(self) -> str:
        """Show it in a line."""
        return f"{self.key} of {self.commit_id[:11]} in {self.repository_id}"

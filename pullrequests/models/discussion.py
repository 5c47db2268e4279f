"""What threads of comments are about, where that is a pull request."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from discussions.models import LONGEST_PATH, Thread
from pullrequests.models.pull_requests import PullRequest


class PullRequestThread(models.Model):
    """That a thread is about a pull request; an orphan's text is gone from the code."""

    thread = models.OneToOneField(
        Thread, models.CASCADE, primary_key=True, related_name="of_pull_request"
    )
    pull_request = models.ForeignKey(PullRequest, models.CASCADE, related_name="threads")
    is_orphaned = models.BooleanField(default=False)
    # The lines around its place as they were when it began, as JSON shows a diff; None for no place.
    snippet = models.JSONField(null=True)

    def __str__(self) -> str:
        """Show the pair."""
        return f"thread {self.thread_id} of {self.pull_request_id}"


class ViewedFile(models.Model):
    """A user viewed a file of a pull request; the content ID tells whether it changed since."""

    pull_request = models.ForeignKey(PullRequest, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=LONGEST_PATH)
    path_key = models.CharField(max_length=64)
    content_id = models.CharField(max_length=81)

    class Meta:
        """Each file once."""

        constraints = [
            models.UniqueConstraint(
                fields=["pull_request", "user", "path_key"], name="viewed_file_once"
            )
        ]

    def __str__(self) -> str:
        """Show who saw what."""
        return f"{self.user_id} saw {self.path}"

"""The story of a pull request, one row for each thing that happened."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from discussions.models import Comment
from pullrequests.models.pull_requests import PullRequest


class Activity(models.Model):
    """One thing that happened; which columns are filled depends on the action."""

    class Action(models.TextChoices):
        """What happened."""

        OPENED = "OPENED"
        UPDATED = "UPDATED"
        RESCOPED = "RESCOPED"
        COMMENTED = "COMMENTED"
        APPROVED = "APPROVED"
        REVIEWED = "REVIEWED"
        UNAPPROVED = "UNAPPROVED"
        MERGED = "MERGED"
        DECLINED = "DECLINED"
        REOPENED = "REOPENED"

    pull_request = models.ForeignKey(PullRequest, models.CASCADE, related_name="activities")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=10, choices=Action.choices)
    created_at = models.DateTimeField(default=timezone.now)

    # COMMENTED: which comment; one row for each thread.
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="activities")
    # RESCOPED: how the heads moved.
    from_hash = models.CharField(max_length=40, blank=True)
    previous_from_hash = models.CharField(max_length=40, blank=True)
    to_hash = models.CharField(max_length=40, blank=True)
    previous_to_hash = models.CharField(max_length=40, blank=True)
    # What else belongs to the action: commits that came and went, reviewers, the merge commit.
    details = models.JSONField(null=True)

    class Meta:
        """Newest first."""

        ordering = ["-pk"]
        indexes = [models.Index(fields=["pull_request", "-id"])]

    def __str__(self) -> str:
        """Show what happened."""
        return f"{self.action} of {self.pull_request_id}"

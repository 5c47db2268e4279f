"""Notifications and mail preferences."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from discussions.models import Comment
from pullrequests.models import PullRequest
from repos.models import Repository


class Kind(models.TextChoices):
    """What a notice is about, in the words of the page where people choose."""

    OPENED = "OPENED", "Pull request added"
    UPDATED = "UPDATED", "Pull request updated"
    REVIEWED = "REVIEWED", "Pull request reviewed"
    COMMENTED = "COMMENTED", "Comment on a pull request or commit"
    TASK = "TASK", "Task added, resolved or reopened"
    MENTIONED = "MENTIONED", "Somebody mentions you"
    MERGED = "MERGED", "Pull request merged"
    DECLINED = "DECLINED", "Pull request declined or reopened"
    PUSHED = "PUSHED", "Push to a repository that you watch"


class MailPreference(models.Model):
    """The mail preference of a user; by default all notifications are sent at once."""

    class Mode(models.TextChoices):
        """When."""

        IMMEDIATE = "IMMEDIATE", "At once"
        DIGEST = "DIGEST", "In an hourly summary"
        OFF = "OFF", "Never"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_preference"
    )
    mode = models.CharField(max_length=9, choices=Mode.choices, default=Mode.IMMEDIATE)
    # Kinds that they do not want.
    unwanted = models.JSONField(default=list)
    # Also of what they do themselves.
    of_own = models.BooleanField(default=False)

    def __str__(self) -> str:
        """Name it for a log line."""
        return f"mail of user {self.user_id}: {self.mode}"


class Notice(models.Model):
    """One notification for one user, created in the transaction of the event."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    pull_request = models.ForeignKey(PullRequest, models.CASCADE, null=True, related_name="+")
    commit_id = models.CharField(max_length=40, blank=True)
    # What was done, as the rest of a sentence that begins with who did it.
    deed = models.CharField(max_length=300)
    # What was said, in Markdown; of a comment it is read when the mail is written.
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)
    # Where it is shown, below the base URL.
    path = models.CharField(max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Found by person, and forgotten by age."""

        ordering = ["pk"]
        indexes = [
            models.Index(fields=["user", "sent_at"]),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        """Name it for a log line."""
        return f"notice {self.pk} of {self.kind} for user {self.user_id}"

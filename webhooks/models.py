"""Webhooks, their deliveries, and the health of their targets."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Project, Repository

LONGEST_NAME = 255
LONGEST_URL = 2000
# Begins the key of a breaker that is not a machine's.
OF_WEBHOOK = "webhook "


class Webhook(models.Model):
    """A webhook of a repository, or of a project for all its repositories."""

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="webhooks")
    repository = models.ForeignKey(Repository, models.CASCADE, null=True, related_name="webhooks")
    name = models.CharField(max_length=LONGEST_NAME)
    url = models.CharField(max_length=LONGEST_URL)
    # Their keys, as the catalogue has them.
    events = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    # Sealed: what we sign with, and who we say that we are.
    secret = models.TextField(blank=True)
    username = models.CharField(max_length=255, blank=True)
    password = models.TextField(blank=True)
    verifies_certificates = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Ordered by creation; each has one scope."""

        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(project=None) ^ models.Q(repository=None),
                name="webhook_stands_at_one_place",
            )
        ]

    def __str__(self) -> str:
        """Name it for a log line."""
        return f"webhook {self.pk} ({self.name})"

    @property
    def place(self) -> Project | Repository:
        """Its project or repository."""
        place = self.project or self.repository
        assert place is not None
        return place

    @property
    def breaker(self) -> str:
        """What its own failures are counted under, which are no fault of the machine that it calls."""
        return f"{OF_WEBHOOK}{self.pk}"


class Delivery(models.Model):
    """One delivery of an event to a webhook, created in the transaction of the event.

    The schedule is a job's; here is what is sent, and what came of it. The id is the same at each
    attempt, so that who receives it twice can tell.
    """

    class State(models.TextChoices):
        """What came of it: an answer that says yes, one that says no, or none; waiting until then."""

        PENDING = "PENDING"
        SUCCESS = "SUCCESS"
        FAILURE = "FAILURE"
        ERROR = "ERROR"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    request_id = models.UUIDField(default=uuid.uuid4, unique=True)
    event = models.CharField(max_length=60)
    # Where it happened, which may be gone by now.
    repository_id = models.BigIntegerField(null=True)
    body = models.TextField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    # Of the attempts: when, how it ended, how long it took; the last one stands below in full.
    attempts = models.JSONField(default=list)
    attempted_at = models.DateTimeField(null=True)
    # While it fails: when it is tried again.
    next_at = models.DateTimeField(null=True)
    # In milliseconds.
    duration = models.PositiveIntegerField(null=True)
    request_headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    # The beginning of what came back, or why nothing did.
    said = models.TextField(blank=True)

    class Meta:
        """Newest first, by webhook; forgotten by age."""

        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["webhook", "-id"]),
            models.Index(fields=["webhook", "state", "-id"]),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        """Name it for a log line."""
        return f"delivery {self.request_id} of {self.event}"

    @property
    def tries(self) -> int:
        """The number of attempts."""
        return sum("state" in one for one in self.attempts)

    @property
    def is_over(self) -> bool:
        """Whether no further attempt is planned."""
        return self.state != self.State.PENDING


class Target(models.Model):
    """A machine that webhooks call, or a webhook, that has failed: it is left alone for a while.

    A machine is known as `https://name:port`.
    """

    origin = models.CharField(max_length=300, primary_key=True)
    # In a row.
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        """Name it for people."""
        return "This webhook" if self.origin.startswith(OF_WEBHOOK) else self.origin

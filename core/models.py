"""Rows of the kernel: jobs that must not be forgotten, and settings that the administrator may change."""

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """One thing to do later, written in the transaction that asked for it."""

    class State(models.TextChoices):
        """PENDING until it succeeded; FAILED when every attempt did."""

        PENDING = "PENDING"
        FAILED = "FAILED"

    task = models.CharField(max_length=120)
    arguments = models.JSONField(default=list)
    unique_key = models.CharField(max_length=200, unique=True, null=True)  # noqa: DJ001 - NULL is "not unique"
    # Jobs of one lane begin one after another; empty for most.
    lane = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    # Of the request that asked for it: one id leads through the log, from the push to what came of it.
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Found by what is due, and by whose turn it is."""

        indexes = [models.Index(fields=["state", "due_at"]), models.Index(fields=["lane", "id"])]

    def __str__(self) -> str:
        """Name the job for a log line."""
        return f"job {self.pk}: {self.task}{tuple(self.arguments)}"


class Round(models.Model):
    """When a task that comes again and again is due next, wherever the server runs."""

    task = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        """Name the round for a log line."""
        return f"{self.task}, due at {self.due_at}"


class SiteSetting(models.Model):
    """One setting of the whole site; the environment seeds it, afterwards the row rules."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        """Name the setting for a log line."""
        return f"{self.name} = {self.value!r}"

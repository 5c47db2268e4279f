"""Rows of the job queue and of the schedule."""

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
    # Jobs with the same key start one after another; most have none.
    ordering_key = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    # Of the request that asked for it: one id leads through the log, from the push to what came of it.
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The table keeps the name it had when the model lived in `core`."""

        db_table = "core_job"
        indexes = [
            models.Index(fields=["state", "due_at"], name="core_job_state_456d01_idx"),
            models.Index(fields=["ordering_key", "id"], name="core_job_lane_c97b83_idx"),
        ]

    def __str__(self) -> str:
        """Name the job for a log line."""
        return f"job {self.pk}: {self.task}{tuple(self.arguments)}"


class ScheduledTask(models.Model):
    """When a periodic task is due next, on whichever node it runs."""

    task = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        """The table keeps the name it had when the model lived in `core`."""

        db_table = "core_round"

    def __str__(self) -> str:
        """Name the task for a log line."""
        return f"{self.task}, due at {self.due_at}"

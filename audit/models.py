"""Rows of the audit log: written once, never changed, removed by age alone."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone


class AppendOnly(models.QuerySet["AuditEvent"]):
    """A query that adds and reads; what is old is removed by `forget` and by nothing else."""

    def update(self, **fields: Any) -> NoReturn:
        """Refuse."""
        raise TypeError("the audit log is never changed")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise TypeError("the audit log is never shortened, except by age")

    def forget(self) -> int:
        """Remove these rows, because they are old enough; gives how many."""
        return super().delete()[0]


class AuditEvent(models.Model):
    """One audit event; names and IDs as they were at that time, without foreign keys."""

    at = models.DateTimeField(default=timezone.now)
    category = models.CharField(max_length=40)
    action = models.CharField(max_length=80)
    # None for nobody and for the system itself; the name says which.
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=255)
    via = models.CharField(max_length=20)
    address = models.CharField(max_length=100)
    user_agent = models.CharField(max_length=500)
    request_id = models.CharField(max_length=100)
    project_id = models.BigIntegerField(null=True)
    repository_id = models.BigIntegerField(null=True)
    # [{"type", "id", "name"}]
    objects_affected = models.JSONField(default=list)
    # [{"key", "from", "to"}]
    changes = models.JSONField(default=list)
    # What is looked through when people search, in small letters.
    words = models.TextField()

    objects = AppendOnly.as_manager()

    class Meta:
        """Read newest first, of the whole site, of one place, of one person, of one kind."""

        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
            models.Index(fields=["category", "-id"], name="audit_by_category"),
            models.Index(fields=["project_id", "-id"], name="audit_by_project"),
            models.Index(fields=["repository_id", "-id"], name="audit_by_repository"),
        ]

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name}: {self.action}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add it; a row that is there already is never changed."""
        if not self._state.adding:
            raise TypeError("the audit log is never changed")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise TypeError("the audit log is never shortened, except by age")

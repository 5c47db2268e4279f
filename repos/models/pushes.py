"""The journal of moved refs: what was meant, noted before the swap; what happened, recorded after it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils import timezone

from gitengine.types import RefCommand
from repos.models.repositories import Repository


class Push(models.Model):
    """One attempt to move refs: by a push, a page, a merge.

    PENDING is committed before any ref moves. Whoever holds the repository's lock and finds such a
    row knows that its writer is gone, and settles it (docs/life-of-a-push.md).
    """

    class State(models.TextChoices):
        """PENDING until the refs and this row agree."""

        PENDING = "PENDING"
        APPLIED = "APPLIED"

    class Reason(models.TextChoices):
        """What kind of action moved the refs."""

        PUSH = "PUSH"
        BRANCH = "BRANCH"
        TAG = "TAG"
        EDIT = "EDIT"
        MERGE = "MERGE"
        SYNC = "SYNC"
        # Refs of pull requests alone, by a job.
        REVIEW = "REVIEW"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="pushes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    cause = models.JSONField(null=True)
    is_atomic = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    # JSON in ASCII, not a JSON column: ref names need not be text, and PostgreSQL insists on that.
    wanted = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Looked for by repository, newest first; and by what is not settled."""

        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["repository", "-id"]),
            models.Index(
                fields=["repository"], name="pending_pushes", condition=models.Q(state="PENDING")
            ),
        ]

    def __str__(self) -> str:
        """Name the push for the log."""
        return f"push {self.pk} to repository {self.repository_id}"

    @staticmethod
    def write_commands(commands: Iterable[RefCommand]) -> str:
        """Write commands for the `wanted` column."""
        return json.dumps([[command.name, command.old, command.new] for command in commands])

    def commands(self) -> list[RefCommand]:
        """Read the commands that were meant."""
        return [RefCommand(name, old, new) for name, old, new in json.loads(self.wanted)]


class RefChange(models.Model):
    """One ref update of a push; the all-zero ID means that the ref did not exist."""

    push = models.ForeignKey(Push, models.CASCADE, related_name="changes")
    ref = models.TextField()
    kind = models.CharField(max_length=6)
    old_id = models.CharField(max_length=40)
    new_id = models.CharField(max_length=40)

    class Meta:
        """Looked for by push, and by the commit that a ref moved to."""

        ordering = ["pk"]
        indexes = [models.Index(fields=["new_id"])]

    def __str__(self) -> str:
        """Show the move in one line."""
        return f"{self.ref}: {self.old_id[:11]}..{self.new_id[:11]}"

    @staticmethod
    def shown(name: str) -> str:
        """Write a ref name as text; bytes that are none are shown by their codes."""
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

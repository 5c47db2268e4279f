"""Rows about what people say: threads, their comments, reactions, attachments.

A thread knows its repository and perhaps a place in a diff, and nothing of what it is about: that is
a row beside it, here `CommitThread`, in an upper app its own. So comments of all kinds share one
table, and their ids never clash.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository

LONGEST_PATH = 4096


class Thread(models.Model):
    """A comment with all its replies, and its anchor in a diff; no anchor if the path is empty."""

    class LineType(models.TextChoices):
        """What the diff did to the line."""

        ADDED = "ADDED"
        REMOVED = "REMOVED"
        CONTEXT = "CONTEXT"

    class FileType(models.TextChoices):
        """On which side of the diff the line is counted."""

        FROM = "FROM"
        TO = "TO"

    class DiffType(models.TextChoices):
        """The kind of diff that it is on."""

        COMMIT = "COMMIT"
        EFFECTIVE = "EFFECTIVE"
        RANGE = "RANGE"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="threads")
    resolver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)

    path = models.CharField(max_length=LONGEST_PATH, blank=True)
    src_path = models.CharField(max_length=LONGEST_PATH, blank=True)
    line = models.PositiveIntegerField(null=True)
    line_type = models.CharField(max_length=7, choices=LineType.choices, blank=True)
    file_type = models.CharField(max_length=4, choices=FileType.choices, blank=True)
    diff_type = models.CharField(max_length=9, choices=DiffType.choices, blank=True)
    from_hash = models.CharField(max_length=40, blank=True)
    to_hash = models.CharField(max_length=40, blank=True)
    # Where a comment on several lines begins; it ends at `line`.
    start_line = models.PositiveIntegerField(null=True)
    start_line_type = models.CharField(max_length=7, choices=LineType.choices, blank=True)

    def __str__(self) -> str:
        """Name its anchor for a log line."""
        return f"thread {self.pk} at {self.path or 'no place'}"

    @property
    def is_anchored(self) -> bool:
        """Whether it is on a file."""
        return bool(self.path)


class CommitThread(models.Model):
    """That a thread is about a commit."""

    thread = models.OneToOneField(
        Thread, models.CASCADE, primary_key=True, related_name="of_commit"
    )
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    commit_id = models.CharField(max_length=40)

    class Meta:
        """Found by commit."""

        indexes = [models.Index(fields=["repository", "commit_id"])]

    def __str__(self) -> str:
        """Show the pair."""
        return f"thread {self.thread_id} of {self.commit_id}"


class Comment(models.Model):
    """A comment; the first of a thread has no parent."""

    class Severity(models.TextChoices):
        """Whether something is to be done about it: a task is a BLOCKER."""

        NORMAL = "NORMAL"
        BLOCKER = "BLOCKER"

    class State(models.TextChoices):
        """PENDING is what a reviewer has not published yet."""

        OPEN = "OPEN"
        RESOLVED = "RESOLVED"
        PENDING = "PENDING"

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    depth = models.PositiveSmallIntegerField(default=0)
    # Nobody, once the service user of a token is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="comments"
    )
    text = models.TextField()
    severity = models.CharField(max_length=7, choices=Severity.choices, default=Severity.NORMAL)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    resolver = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order in which they were made; a thread begins once."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["thread"],
                condition=models.Q(parent__isnull=True),
                name="one_first_comment_of_a_thread",
            )
        ]

    def __str__(self) -> str:
        """Show its number."""
        return f"comment {self.pk}"

    @property
    def is_task(self) -> bool:
        """Whether something is to be done about it."""
        return self.severity == self.Severity.BLOCKER


class Reaction(models.Model):
    """A user's emoticon on a comment, by its shortcut."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoticon = models.CharField(max_length=64)

    class Meta:
        """Each once, in the order in which they came."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "user", "emoticon"], name="one_reaction_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        """Show who meant what."""
        return f"{self.user_id} :{self.emoticon}: {self.comment_id}"


class Attachment(models.Model):
    """A file that comments of a repository may show; its bytes lie under `stored_as`."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="attachments")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=32, unique=True)
    # Any JSON that a client keeps with the file, as its text; empty for none.
    metadata = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order in which they came."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Show how markup names it."""
        return f"attachment:{self.repository_id}/{self.pk}"

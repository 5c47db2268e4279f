"""Pull requests and who takes part in them."""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.db import models
from django.utils import timezone

from repos.models import Repository

LONGEST_TITLE = 255
LONGEST_DESCRIPTION = 32_768


class PullRequestSequence(models.Model):
    """The last number that a repository gave to a pull request; none is given twice."""

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="+"
    )
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        """Show how far it is."""
        return f"{self.repository_id} #{self.last}"


class PullRequest(models.Model):
    """The wish that a source ref be merged into a target branch; it belongs to the target's repository.

    `from_id` and `to_id` are the heads as far as they are known: a push moves them in its own
    transaction, and `is_updating` stands until a job has drawn the consequences.
    """

    class State(models.TextChoices):
        """The state of a pull request."""

        OPEN = "OPEN"
        MERGED = "MERGED"
        DECLINED = "DECLINED"

    class Outcome(models.TextChoices):
        """What a merge would give."""

        UNKNOWN = "UNKNOWN"
        CLEAN = "CLEAN"
        CONFLICTED = "CONFLICTED"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="pull_requests")
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=LONGEST_TITLE)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    is_draft = models.BooleanField(default=False)
    # Nobody, once the service user of a token is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="pull_requests"
    )

    # None once a fork is deleted; what came from it stays readable here.
    from_repository = models.ForeignKey(
        Repository, models.SET_NULL, null=True, related_name="outgoing_pull_requests"
    )
    from_ref = models.CharField(max_length=1024)
    from_id = models.CharField(max_length=40)
    to_ref = models.CharField(max_length=1024)
    to_id = models.CharField(max_length=40)
    # Of the repositories and refs, which are too long for an index.
    pair = models.CharField(max_length=64)

    is_updating = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN)
    # The heads that the outcome was found for.
    judged_from = models.CharField(max_length=40, blank=True)
    judged_to = models.CharField(max_length=40, blank=True)

    # Where both sides disagree: lists of path, what ours did, what theirs did.
    conflicts = models.JSONField(default=list)

    merge_commit = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first; open ones are found by either repository."""

        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="number_in_repository"),
            models.UniqueConstraint(
                fields=["pair"], condition=models.Q(state="OPEN"), name="one_open_for_a_pair"
            ),
        ]
        indexes = [
            models.Index(fields=["repository", "state", "-updated_at"]),
            models.Index(
                fields=["from_repository"],
                name="open_by_source",
                condition=models.Q(state="OPEN"),
            ),
            models.Index(
                fields=["repository"], name="open_by_target", condition=models.Q(state="OPEN")
            ),
        ]

    def __str__(self) -> str:
        """Show it as people name it."""
        return f"pull request #{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be merged."""
        return self.state == self.State.OPEN

    @property
    def is_from_fork(self) -> bool:
        """Whether its source is in another repository."""
        return self.from_repository_id != self.repository_id

    @property
    def is_judged(self) -> bool:
        """Whether the outcome is that of the present heads."""
        return (self.judged_from, self.judged_to) == (self.from_id, self.to_id)

    @property
    def from_display_id(self) -> str:
        """The source as people write it."""
        return self.from_ref.split("/", 2)[-1]

    @property
    def to_display_id(self) -> str:
        """The target as people write it."""
        return self.to_ref.split("/", 2)[-1]

    @staticmethod
    def pair_of(source: int | None, from_ref: str, target: int, to_ref: str) -> str:
        """Give what two open pull requests never share."""
        return sha256(f"{source}\0{from_ref}\0{target}\0{to_ref}".encode()).hexdigest()


class Participant(models.Model):
    """A participant: the author, a reviewer, or a user who commented or reviewed."""

    class Role(models.TextChoices):
        """What is expected of them."""

        AUTHOR = "AUTHOR"
        REVIEWER = "REVIEWER"
        PARTICIPANT = "PARTICIPANT"

    class Status(models.TextChoices):
        """What they think of it."""

        UNAPPROVED = "UNAPPROVED"
        NEEDS_WORK = "NEEDS_WORK"
        APPROVED = "APPROVED"

    pull_request = models.ForeignKey(PullRequest, models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="participations"
    )
    role = models.CharField(max_length=11, choices=Role.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNAPPROVED)
    # The head that they judged, and where its target stood then: only both tell what they saw.
    last_reviewed = models.CharField(max_length=40, blank=True)
    reviewed_against = models.CharField(max_length=40, blank=True)

    class Meta:
        """Each person once, in the order in which they came."""

        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["pull_request", "user"], name="participant_once")
        ]
        indexes = [models.Index(fields=["user", "role", "status"])]

    def __str__(self) -> str:
        """Show who does what."""
        return f"{self.user_id} {self.role} {self.status}"


class PullRequestWatch(models.Model):
    """Whether a user watches a pull request; without a row, participants do."""

    pull_request = models.ForeignKey(PullRequest, models.CASCADE, related_name="watches")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_watching = models.BooleanField()

    class Meta:
        """One row for each pair."""

        constraints = [
            models.UniqueConstraint(fields=["pull_request", "user"], name="watch_pull_request_once")
        ]

    def __str__(self) -> str:
        """Show who watches what."""
        return f"{self.user_id} {self.is_watching} {self.pull_request_id}"

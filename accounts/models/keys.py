"""Public SSH keys: of users, and access keys of projects and repositories, which have no user."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class SshKey(models.Model):
    """A registered public key; each key exists once."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="ssh_keys"
    )
    label = models.CharField(max_length=255)
    # "type base64", without the comment: that is the label.
    text = models.TextField()
    # As it was sent, for clients that compare; empty for keys that are older than this column.
    sent_text = models.TextField(blank=True, default="")
    algorithm = models.CharField(max_length=16)
    bit_length = models.PositiveIntegerField()
    # The SHA-256 of the key as ssh-keygen shows it, without its "SHA256:".
    fingerprint = models.CharField(max_length=43, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Listed as they were made."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Show its label."""
        return self.label

    @property
    def has_expired(self) -> bool:
        """Whether its last day is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

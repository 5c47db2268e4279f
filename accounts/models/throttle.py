"""Attempts to sign in, counted where every process sees them."""

from django.db import models


class SignInAttempts(models.Model):
    """How often a subject of `accounts.sign_in_throttle` failed in a row, and when it last proved the right password."""

    subject = models.CharField(max_length=300, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    # Passwords that were only compared with cached ones since the last failure.
    comparisons = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(null=True)
    last_proved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Show whose failures these are."""
        return f"{self.subject}: {self.failures}"

"""Failed sign-ins, counted where every process sees them."""

from django.db import models


class FailedSignIns(models.Model):
    """How often a name, or an address, failed in a row, and when last."""

    subject = models.CharField(max_length=300, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Show whose failures these are."""
        return f"{self.subject}: {self.failures}"

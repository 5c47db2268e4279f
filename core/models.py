"""Settings of the whole site that an administrator may change."""

from django.db import models


class SiteSetting(models.Model):
    """One setting of the whole site; the environment seeds it, afterwards the row rules."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        """Name the setting for a log line."""
        return f"{self.name} = {self.value!r}"

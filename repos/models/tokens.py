"""The project or repository of an access token without a user."""

from __future__ import annotations

from django.db import models

from accounts.models import AccessToken
from repos.models.projects import Project
from repos.models.repositories import Repository


class TokenPlace(models.Model):
    """The project or repository of a token; the token's user is a service user made for it."""

    token = models.OneToOneField(AccessToken, models.CASCADE, related_name="place")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="token_places")
    repository = models.ForeignKey(
        Repository, models.CASCADE, null=True, related_name="token_places"
    )

    class Meta:
        """One of the two, never both."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(project__isnull=False, repository__isnull=True)
                | models.Q(project__isnull=True, repository__isnull=False),
                name="token_has_one_place",
            )
        ]

    def __str__(self) -> str:
        """Show where it belongs."""
        return f"token {self.token_id} of {self.project_id or self.repository_id}"

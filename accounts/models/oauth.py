"""Applications that act for people by OAuth 2.0, what each person allowed them, and the tokens that follow from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Hashed(models.Model):
    """A secret of which only a hash is kept; `prefix` finds the row, the SHA-256 of the whole proves it."""

    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)

    class Meta:
        """Kept in a table for each kind."""

        abstract = True


class OAuthApplication(models.Model):
    """An incoming link: a program that may ask people to let it act for them, up to its scopes."""

    name = models.CharField(max_length=255)
    client_id = models.CharField(max_length=64, unique=True)
    # Empty for a program that cannot keep a secret: on people's own machines everybody could read it.
    secret_digest = models.CharField(max_length=64, blank=True)
    is_confidential = models.BooleanField(default=True)
    redirect_uris = models.JSONField()
    scopes = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Listed by name."""

        ordering = ["name", "pk"]

    def __str__(self) -> str:
        """Show its name."""
        return self.name


class OAuthAuthorisation(Hashed):
    """What a person allowed an application, once; it goes with everything that was given for it.

    `prefix` and `digest` are those of the code. Until the code was redeemed, `expires_at` is the end
    of the code, afterwards that of the refresh token.
    """

    application = models.ForeignKey(OAuthApplication, models.CASCADE, related_name="authorisations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="authorisations"
    )
    scopes = models.JSONField()
    redirect_uri = models.TextField()
    code_challenge = models.CharField(max_length=128, blank=True)
    code_challenge_method = models.CharField(max_length=5, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    redeemed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        """Listed as they were allowed."""

        ordering = ["pk"]

    def __str__(self) -> str:
        """Show who allowed whom."""
        return f"{self.application} for {self.user}"

    @property
    def has_expired(self) -> bool:
        """Whether nothing can be had for it any more."""
        return self.expires_at <= timezone.now()


class OAuthAccessToken(Hashed):
    """What an application sends with its requests, for two hours."""

    authorisation = models.ForeignKey(
        OAuthAuthorisation, models.CASCADE, related_name="access_tokens"
    )
    scopes = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        """Show whose it is, never its secret."""
        return f"access token of {self.authorisation}"

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()


class OAuthRefreshToken(Hashed):
    """What an application changes for new tokens, once; a used one is kept, to know it if it comes again."""

    authorisation = models.ForeignKey(
        OAuthAuthorisation, models.CASCADE, related_name="refresh_tokens"
    )
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        """Show whose it is, never its secret."""
        return f"refresh token of {self.authorisation}"

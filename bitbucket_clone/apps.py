"""Wiring of the project package itself: its system checks."""

from django.apps import AppConfig


class BitbucketConfig(AppConfig):
    """The whole server as Django sees it."""

    name = "bitbucket_clone"

    def ready(self) -> None:
        """Register the checks."""
        from bitbucket_clone import checks  # noqa: F401

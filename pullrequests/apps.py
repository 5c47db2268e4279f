"""Wiring of the app."""

from django.apps import AppConfig


class PullRequestsConfig(AppConfig):
    """Pull requests, as Django sees them."""

    name = "pullrequests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the listeners register."""
        from pullrequests import subscribers  # noqa: F401

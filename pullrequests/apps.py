"""Wiring of the app."""

from django.apps import AppConfig


class PullRequestsConfig(AppConfig):
    """Pull requests, as Django sees them."""

    name = "pullrequests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the listeners register, and what is shown with branches."""
        from pullrequests import branch_metadata, subscribers  # noqa: F401

"""Wiring of the app."""

from django.apps import AppConfig


class DiscussionsConfig(AppConfig):
    """Comments, reactions and attachments, as Django sees them."""

    name = "discussions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the listeners register."""
        from discussions import subscribers  # noqa: F401

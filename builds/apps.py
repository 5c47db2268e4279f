"""Wiring of the app."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Build statuses, as Django sees them."""

    name = "builds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let what is shown with branches register."""
        from builds import branch_metadata  # noqa: F401

"""Wiring of the app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifications, as Django sees them."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the listeners."""
        from notifications import subscribers  # noqa: F401

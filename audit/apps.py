"""Wiring of the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log, as Django sees it."""

    name = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to everything that is in the catalogue."""
        from audit import subscribers

        subscribers.listen()

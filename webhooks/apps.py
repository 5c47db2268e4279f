"""Wiring of the app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks, as Django sees them."""

    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to everything that is in the catalogue."""
        from webhooks import subscribers

        subscribers.listen()

"""Wiring of the app."""

from django.apps import AppConfig


class ReposConfig(AppConfig):
    """Projects and repositories, as Django sees them."""

    name = "repos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the listeners register, and tell the engine what it may use."""
        from repos import storage, subscribers  # noqa: F401

        storage.configure_limits()

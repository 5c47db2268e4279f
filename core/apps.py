"""Wiring of the kernel."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The kernel as Django sees it."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

"""Wiring of the infrastructure."""

from django.apps import AppConfig


class InfrastructureConfig(AppConfig):
    """Jobs and the schedule, as Django sees them."""

    name = "infrastructure"
    default_auto_field = "django.db.models.BigAutoField"

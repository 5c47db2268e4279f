"""Wiring of the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, as Django sees them."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

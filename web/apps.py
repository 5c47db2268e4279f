"""Wiring of the app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Pages, as Django sees them."""

    name = "web"

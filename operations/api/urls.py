"""Routes about the server itself, one line each."""

from django.urls import path

from operations.api import views

secrets = [
    path("/keys/rotate", views.KeyRotation.as_view()),
    path("/keys/inactive", views.InactiveKeys.as_view()),
]

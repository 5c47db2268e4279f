"""Routes about the server itself, one line each."""

from django.urls import path

from operations.api import views

api = [
    path("/admin/logs/settings", views.LoggingSettings.as_view()),
    path("/logs/rootLogger", views.RootLogger.as_view()),
    path("/logs/rootLogger/<str:level>", views.RootLoggerLevel.as_view()),
]

secrets = [
    path("/keys/rotate", views.KeyRotation.as_view()),
    path("/keys/inactive", views.InactiveKeys.as_view()),
]

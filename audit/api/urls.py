"""Routes of the audit log, one line each."""

from django.urls import path

from audit.api import views

auditing = [
    path("/events", views.Events.as_view()),
    path("/events/export", views.Export.as_view()),
    path("/configuration/retention", views.Retention.as_view()),
]

# As it was called before.
audit = [
    path("/events", views.Events.as_view()),
    path("/projects/<str:key>/events", views.ProjectEvents.as_view()),
    path("/projects/<str:key>/repos/<str:slug>/events", views.RepositoryEvents.as_view()),
    path("/notification-settings/retention-config-review", views.RetentionReview.as_view()),
]

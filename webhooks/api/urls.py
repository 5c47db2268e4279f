"""Routes about webhooks, one line each."""

from django.urls import path

from webhooks.api import views

PROJECT = "/projects/<str:key>/webhooks"
PLACES = ("/projects/<str:key>/repos/<str:slug>", "/users/<personal:key>/repos/<str:slug>")

_of_repositories = [
    route
    for place in PLACES
    for route in (
        path(f"{place}/webhooks", views.RepositoryWebhooks.as_view()),
        path(f"{place}/webhooks/search", views.RepositoryWebhookSearch.as_view()),
        path(f"{place}/webhooks/test", views.RepositoryWebhookTest.as_view()),
        path(f"{place}/webhooks/<str:number>", views.RepositoryWebhook.as_view()),
        path(f"{place}/webhooks/<str:number>/test", views.RepositoryWebhookTest.as_view()),
        path(f"{place}/webhooks/<str:number>/latest", views.RepositoryWebhookLatest.as_view()),
        path(
            f"{place}/webhooks/<str:number>/statistics",
            views.RepositoryWebhookStatistics.as_view(),
        ),
        path(
            f"{place}/webhooks/<str:number>/statistics/summary",
            views.RepositoryWebhookStatistics.as_view(),
        ),
    )
]

api = [
    *_of_repositories,
    path(PROJECT, views.ProjectWebhooks.as_view()),
    path(f"{PROJECT}/test", views.ProjectWebhookTest.as_view()),
    path(f"{PROJECT}/<str:number>", views.ProjectWebhook.as_view()),
    path(f"{PROJECT}/<str:number>/test", views.ProjectWebhookTest.as_view()),
    path(f"{PROJECT}/<str:number>/latest", views.ProjectWebhookLatest.as_view()),
    path(f"{PROJECT}/<str:number>/statistics", views.ProjectWebhookStatistics.as_view()),
    path(f"{PROJECT}/<str:number>/statistics/summary", views.ProjectWebhookStatistics.as_view()),
]

webhooks = [path("/capabilities", views.Capabilities.as_view())]

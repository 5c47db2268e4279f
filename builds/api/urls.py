"""Routes about builds, one line each."""

from django.urls import path

from builds.api import views

REPOSITORY = "/projects/<str:key>/repos/<str:slug>"
PERSONAL = "/users/<personal:key>/repos/<str:slug>"

api = [
    *(
        path(f"{place}/commits/<str:commit_id>/builds", views.Builds.as_view())
        for place in (REPOSITORY, PERSONAL)
    ),
    path("/build/capabilities", views.Capabilities.as_view()),
]

build_status = [
    path("/commits/stats", views.ManyStats.as_view()),
    path("/commits/stats/<str:commit_id>", views.CommitStats.as_view()),
    path("/commits/<str:commit_id>", views.CommitStatuses.as_view()),
]

"""Routes about people, one line each."""

from django.urls import path

from accounts.api import views

api = [
    path("/users/<str:slug>", views.UserDetail.as_view()),
]

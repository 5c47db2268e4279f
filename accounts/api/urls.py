"""Routes about people, one line each."""

from django.urls import path

from accounts.api import secrets, views

api = [
    path("/users/<str:slug>", views.UserDetail.as_view()),
]

app_passwords = [
    path("/users/<str:slug>", secrets.AppPasswords.as_view()),
    path("/users/<str:slug>/<str:number>", secrets.AppPasswordDetail.as_view()),
]

access_tokens = [
    path("/users/<str:slug>", secrets.AccessTokens.as_view()),
    path("/users/<str:slug>/<str:number>", secrets.AccessTokenDetail.as_view()),
]

"""Routes of projects and lists of repositories."""

from django.urls import path

from web.projects import views

urlpatterns = [
    path("repos", views.repository_list, name="repositories"),
    path("repos/create", views.create, name="create"),
    path("projects", views.project_list, name="projects"),
    path("projects/<str:key>", views.project, name="project"),
    path("projects/<str:key>/avatar.png", views.project_avatar, name="project-avatar"),
    path("projects/<str:key>/repos", views.project_repositories, name="project-repositories"),
    path("users/<personal:key>/repos", views.project_repositories, name="own-repositories"),
]

"""Routes of the dashboard."""

from django.urls import path

from web.dashboard import views

urlpatterns = [
    path("", views.home),
    path("-/search", views.quick_search, name="quick-search"),
    path("-/inbox", views.inbox, name="inbox"),
    path("-/recent", views.recent, name="recent"),
    path("dashboard", views.dashboard, name="dashboard"),
    path("getting-started", views.dashboard),
]

"""Routes of comparing branches."""

from django.urls import URLPattern, path

from web.compare import views


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(f"{start}/compare", views.start),
        path(f"{start}/compare/diff", views.diff),
        path(f"{start}/compare/commits", views.commits),
        path(f"{start}/compare/refs", views.find_refs),
    ]

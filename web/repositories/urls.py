"""Routes of repositories, forks and the push log."""

from django.urls import URLPattern, path

from web.repositories.views import forks, synchronisation, watching


def below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages below the path of a repository; `prefix` sets the names of personal ones apart."""
    return [
        path(f"{start}/forks", forks.fork_list),
        path(f"{start}/synchronisation", synchronisation.status),
        path(f"{start}/watch", watching.watch),
    ]

"""Routes of all pages, by subject."""

from django.conf import settings as django_settings
from django.urls import URLPattern, path

from web.account import urls as account
from web.account.views import oauth
from web.administration import urls as administration
from web.branches import urls as branches
from web.commits import urls as commits
from web.compare import urls as compare
from web.dashboard import urls as dashboard
from web.frame import views as frame
from web.projects import urls as projects
from web.pull_requests import urls as pull_requests
from web.repositories import urls as repositories
from web.settings import urls as settings
from web.source import urls as source


def _below_repository(start: str, prefix: str) -> list[URLPattern]:
    """Give the pages of a repository, below the path that names it."""
    return [
        *repositories.below_repository(start, prefix),
        *source.below_repository(start, prefix),
        *commits.below_repository(start, prefix),
        *compare.below_repository(start, prefix),
        *pull_requests.below_repository(start, prefix),
        *branches.below_repository(start, prefix),
        *settings.below_repository(start, prefix),
    ]


# Below /rest/oauth2, beside what programs call there.
oauth2 = [path("/authorize", oauth.authorize)]

urlpatterns = [
    *dashboard.urlpatterns,
    *account.urlpatterns,
    *administration.urlpatterns,
    *projects.urlpatterns,
    *settings.urlpatterns,
    *_below_repository("projects/<str:key>/repos/<str:slug>", ""),
    *_below_repository("users/<personal:key>/repos/<str:slug>", "own-"),
]

if django_settings.DEBUG:
    urlpatterns.append(path("-/components", frame.components))

"""Settings that projects and repositories have alike: one page for both, below either's navigation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from repos.models import Project, Repository
from web.frame.requests import WebRequest
from web.settings.views.details import project_to_change, repository_to_change

Place = Project | Repository
# Takes the request, the place, what the page shows in any case, and what else the path names.
Page = Callable[..., HttpResponse]


def of_repository(page: str, show: Page) -> Callable[..., HttpResponse]:
    """The page of a repository."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: WebRequest, key: str, slug: str, **named: Any) -> HttpResponse:
        repository, context = repository_to_change(request, key, slug, page)
        return show(request, repository, context | {"place_base": "frame/repository.html"}, **named)

    return view


def of_project(page: str, show: Page) -> Callable[..., HttpResponse]:
    """The page of a project."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: WebRequest, key: str, **named: Any) -> HttpResponse:
        project, context = project_to_change(request, key, page)
        return show(request, project, context | {"place_base": "frame/base.html"}, **named)

    return view

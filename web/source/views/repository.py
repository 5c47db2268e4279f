"""The address of a repository alone: its files, or a form that its query asks for."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from repos.selectors import repositories
from web.branches.views import branches
from web.frame.requests import WebRequest
from web.repositories.views import forks
from web.templatetags.pages import repository_url


@require_http_methods(["GET", "HEAD", "POST"])
def root(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r: the source, and with ?create-branch or ?fork the form for a new branch or fork."""
    if "create-branch" in request.GET:
        return branches.create(request, key, slug)
    if "fork" in request.GET:
        return forks.create(request, key, slug)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET"])
    repository = repositories.get(request.actor, key, slug)
    return redirect(repository_url(repository))

"""The page of a fork that follows its origin: what does not, and what brings it back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from core.errors import DomainError, Invalid
from repos.models import Repository
from repos.selectors import forks, repositories
from repos.services import synchronisation
from web.frame.requests import WebRequest
from web.repositories.page import repository_page


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/synchronisation"""
    if request.method != "POST":
        return _show(request, key, slug)
    actor = request.actor
    repository = repositories.get(actor, key, slug, needed=Permission.REPO_WRITE)
    try:
        _change(request, repository)
    except DomainError as error:
        return _show(request, key, slug, error)
    return redirect(request.path)


def _change(request: WebRequest, fork: Repository) -> None:
    actor = request.actor
    asked = request.POST
    if asked.get("action") == "enable":
        synchronisation.enable(actor, fork)
    elif asked.get("action") == "disable":
        synchronisation.disable(actor, fork)
    elif "merge" in asked:
        synchronisation.synchronise(actor, fork, asked["merge"], "MERGE")
    elif "discard" in asked:
        synchronisation.synchronise(actor, fork, asked["discard"], "DISCARD")
    else:
        raise Invalid("Unknown action.")


def _show(
    request: WebRequest, key: str, slug: str, refusal: DomainError | None = None
) -> HttpResponse:
    actor = request.actor
    repository, context = repository_page(request, key, slug, "forks")
    context |= {
        "status": forks.status(actor, repository),
        "refusal": refusal.message if refusal else "",
    }
    code = refusal.status if refusal else 200
    return render(request, "repositories/synchronisation.html", context, status=code)

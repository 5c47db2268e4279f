"""The watch button of a repository."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.errors import Unauthenticated
from repos.selectors import repositories
from repos.services import watching
from web.frame.context import inside
from web.frame.requests import WebRequest
from web.templatetags.pages import repository_url


@require_POST
def watch(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/watch: watch it, or no longer, and go back to where the button was."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    change = watching.unwatch if request.POST.get("watch") == "off" else watching.watch
    change(actor, repository)
    return redirect(inside(request.POST.get("next") or repository_url(repository)))

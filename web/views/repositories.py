"""Where a repository's address alone leads, and the branch selector."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core.paging import PageRequest
from repos.selectors import refs, repositories
from repos.selectors.ref_lists import Order
from web.templatetags.pages import repository_url
from web.views import branches, forks

FOUND_AT_ONCE = 25


@require_http_methods(["GET", "HEAD", "POST"])
def root(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r: the source, and with ?create-branch or ?fork the form for a new branch or fork."""
    if "create-branch" in request.GET:
        return branches.create(request, key, slug)
    if "fork" in request.GET:
        return forks.create(request, key, slug)
    if request.method == "POST":
        return HttpResponseNotAllowed(["GET"])
    repository = repositories.get(request.actor, key, slug)  # type: ignore[attr-defined]
    return redirect(repository_url(repository))


@require_safe
def find_refs(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """The list in the branch selector: what fits what was typed."""
    actor = request.actor  # type: ignore[attr-defined]
    repository = repositories.get(actor, key, slug)
    text = request.GET.get("q", "").strip()
    wanted = PageRequest(limit=FOUND_AT_ONCE)
    found = {"text": text, "order": Order.MODIFICATION}
    context = {
        "repository": repository,
        "branches": refs.branches(actor, repository, wanted, boost_matches=True, **found).values,  # type: ignore[arg-type]
        "tags": refs.tags(actor, repository, wanted, **found).values,  # type: ignore[arg-type]
        "page": "commits" if request.GET.get("page") == "commits" else "browse",
        "parameter": "until" if request.GET.get("page") == "commits" else "at",
        "path": request.GET.get("path", ""),
        "current": request.GET.get("current", ""),
    }
    return render(request, "parts/ref_choices.html", context)

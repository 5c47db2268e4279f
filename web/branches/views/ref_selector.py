"""The list of branches and tags in the branch selector."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.paging import PageRequest
from repos.selectors import refs, repositories
from repos.selectors.ref_lists import RefOrder
from web.frame.requests import WebRequest

FOUND_AT_ONCE = 25


@require_safe
def find_refs(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """The list in the branch selector: what fits what was typed."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    text = request.GET.get("q", "").strip()
    wanted = PageRequest(limit=FOUND_AT_ONCE)
    found = {"text": text, "order": RefOrder.MODIFICATION}
    context = {
        "repository": repository,
        "branches": refs.branches(actor, repository, wanted, boost_matches=True, **found).values,  # type: ignore[arg-type]
        "tags": refs.tags(actor, repository, wanted, **found).values,  # type: ignore[arg-type]
        "page": "commits" if request.GET.get("page") == "commits" else "browse",
        "parameter": "until" if request.GET.get("page") == "commits" else "at",
        "path": request.GET.get("path", ""),
        "current": request.GET.get("current", ""),
    }
    return render(request, "branches/_ref_choices.html", context)

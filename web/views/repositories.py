"""The pages of one repository: branches, tags, and where its address alone leads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from core.paging import PageRequest
from repos.selectors import refs, repositories
from repos.selectors.refs import Order
from web.repository_page import repository_page as _of
from web.repository_page import with_people as _with_people
from web.templatetags.pages import repository_url

BRANCHES_OF_A_PAGE = 50
FOUND_AT_ONCE = 25


@require_GET
def root(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r: the source."""
    repository = repositories.get(request.actor, key, slug)  # type: ignore[attr-defined]
    return redirect(repository_url(repository))


@require_GET
def branches(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r/branches"""
    return _refs_page(request, key, slug, "branches")


@require_GET
def tags(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r/tags"""
    return _refs_page(request, key, slug, "tags")


def _refs_page(request: HttpRequest, key: str, slug: str, tab: str) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = _of(request, key, slug, tab)
    text = request.GET.get("filter", request.GET.get("filterText", ""))
    wanted = PageRequest.read(request.GET, default=BRANCHES_OF_A_PAGE)
    listed = refs.branches if tab == "branches" else refs.tags
    page: Any = listed(actor, repository, wanted, text=text, with_commits=True)
    shown = [ref.commit for ref in page.values if ref.commit]
    authors = {one.id: author for one, author, _ in _with_people(request, shown)}
    rows = [(ref, authors.get(ref.commit.id) if ref.commit else None) for ref in page.values]
    context |= {"page": page, "rows": rows, "filter": text}
    is_part = request.htmx and request.htmx.target == "list"  # type: ignore[attr-defined]
    return render(request, "parts/refs_list.html" if is_part else "refs.html", context)


@require_GET
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

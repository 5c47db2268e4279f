"""Two branches side by side: what the source would bring to the target, as a diff and as commits."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.paging import PageRequest
from repos.errors import NoDefaultBranch
from repos.models import Repository
from repos.safe_responses import inert_text
from repos.selectors import comparisons, forks, refs
from repos.selectors.comparisons import CompareEnds
from repos.selectors.ref_lists import RefOrder
from web.commits import commit_rows
from web.diffs import file_diffs
from web.frame.requests import WebRequest
from web.repositories.page import repository_page
from web.templatetags.pages import repository_url

COMMITS_OF_A_PAGE = 50
REFS_AT_ONCE = 25
RELATED_AT_ONCE = 50


@require_safe
def start(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/compare: the diff."""
    repository, _ = repository_page(request, key, slug, "compare")
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{repository_url(repository, 'compare/diff')}{'?' if query else ''}{query}")


@require_safe
def diff(request: WebRequest, key: str, slug: str) -> HttpResponseBase:
    """r/compare/diff?sourceBranch=&targetBranch=&targetRepoId="""
    actor = request.actor
    context = _compared(request, key, slug)
    if not context["is_comparable"]:
        return render(request, "compare/compare.html", context)
    compared = comparisons.between(actor, context["target_repository"], context["ends"])
    if request.GET.get("raw") == "diff":
        return inert_text(comparisons.raw(actor, compared))
    context |= file_diffs.asked(request, compared)
    if request.htmx and context["is_one"]:
        return render(request, "diffs/_files.html", context)
    return file_diffs.remember(request, render(request, "compare/compare.html", context))


@require_safe
def commits(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/compare/commits: those that only the source has."""
    actor = request.actor
    context = _compared(request, key, slug)
    context |= {"view": "commits", "compare_page": "compare/commits"}
    if context["is_comparable"]:
        most = comparisons.MOST_COMMITS
        wanted = PageRequest.read(request.GET, default=COMMITS_OF_A_PAGE, most=most)
        page = comparisons.commits(actor, context["target_repository"], context["ends"], wanted)
        context |= commit_rows.context(request, context["repository"], page, has_graph=True)
    is_part = request.htmx and request.htmx.target == "more"
    return render(request, "commits/_rows.html" if is_part else "compare/compare.html", context)


@require_safe
def find_refs(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """The branches and tags that one of the two selectors offers, by what was typed."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "compare")
    side = "target" if request.GET.get("side") == "target" else "source"
    listed = _target_repository(request, repository) if side == "target" else repository
    text = request.GET.get(f"{side}Branch", "").strip()
    wanted = PageRequest(limit=REFS_AT_ONCE)
    found: dict[str, Any] = {"text": text, "order": RefOrder.MODIFICATION}
    context |= {
        "side": side,
        "branches": refs.branches(actor, listed, wanted, boost_matches=True, **found).values,
        "tags": refs.tags(actor, listed, wanted, **found).values,
        "other": request.GET.get("other", ""),
        "view": "commits" if request.GET.get("view") == "commits" else "diff",
        "target_id": listed.pk if listed != repository else "",
    }
    return render(request, "compare/_refs.html", context)


def _compared(request: WebRequest, key: str, slug: str) -> dict[str, Any]:
    """Find both ends, and how far they are apart; which may be nothing yet."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "compare")
    target = _target_repository(request, repository)
    source_name = request.GET.get("sourceBranch", "").strip()
    target_name = request.GET.get("targetBranch", "").strip()
    context |= {
        "view": "diff",
        "compare_page": "compare/diff",
        "target_repository": target,
        "target_id": target.pk if target != repository else "",
        "related": forks.related_to(actor, repository, PageRequest(limit=RELATED_AT_ONCE)).values,
        "source_name": source_name,
        "target_name": target_name,
        "is_comparable": False,
    }
    try:
        context["target"] = refs.revision(actor, target, target_name)
        context["source"] = refs.revision(actor, repository, source_name)
    except NoDefaultBranch:
        return context | {"has_no_default": True}
    if not source_name:
        return context
    ends = CompareEnds(source_name, target_name, repository if target != repository else None)
    ahead, behind = comparisons.apart(actor, target, ends)
    context |= {"ends": ends, "ahead": ahead, "behind": behind, "is_comparable": ahead > 0}
    return context


def _target_repository(request: WebRequest, repository: Repository) -> Repository:
    """The repository of the target: this one, unless the query names another."""
    actor = request.actor
    named = request.GET.get("targetRepoId", "").strip()
    if named in {"", str(repository.pk)}:
        return repository
    return comparisons.repository_named(actor, named)

"""The pages of one repository: its root, commits, one commit, the branch selector."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from core.paging import PageRequest
from gitengine import diff
from gitengine.history import Narrowed
from gitengine.types import FileDiff
from repos.errors import NoDefaultBranch
from repos.selectors import comparisons, contents, histories, refs, repositories
from repos.selectors.refs import Order
from web.repository_page import repository_page as _of
from web.repository_page import with_people as _with_people
from web.templatetags.pages import repository_url
from web.views import branches, forks

COMMITS_OF_A_PAGE = 50
FOUND_AT_ONCE = 25
LIMITS = diff.Limits(files=200, lines_of_a_file=1500, lines=6000, line_length=2000)


@require_http_methods(["GET", "POST"])
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


@require_GET
def commits(request: HttpRequest, key: str, slug: str) -> HttpResponse:
    """r/commits: the history of a branch, a tag or a path."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = _of(request, key, slug, "commits")
    until = request.GET.get("until", request.GET.get("at", ""))
    chosen = histories.CommitFilter(narrowed=Narrowed(path=request.GET.get("path", "").strip("/")))
    wanted = PageRequest.read(request.GET, default=COMMITS_OF_A_PAGE, most=histories.MOST_COMMITS)
    try:
        context["revision"] = refs.revision(actor, repository, until)
    except NoDefaultBranch:
        return render(request, "commits.html", context | {"page": None})
    page = histories.commits(actor, repository, wanted, until=until, chosen=chosen)
    context |= {
        "page": page,
        "at": until,
        "path": chosen.narrowed.path,
        "rows": _with_people(request, page.values),
    }
    return render(request, "commits.html", context)


@require_GET
def commit(request: HttpRequest, key: str, slug: str, commit_id: str) -> HttpResponse:
    """r/commits/{id}: a commit and what it changed."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = _of(request, key, slug, "commits")
    shown = contents.commit(actor, repository, commit_id)
    compared = comparisons.of_ids(repository, shown)
    changes = comparisons.all_changes(actor, compared)
    found = comparisons.file_diffs(actor, compared, limits=LIMITS)
    ((_, author, committer),) = _with_people(request, [shown])
    context |= {
        "commit": shown,
        "author": author,
        "committer": committer,
        "changes": changes,
        "files": [_drawn(file) for file in found.files],
        "left_out": found.left_out,
    }
    return render(request, "commit.html", context)


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


def _drawn(file: FileDiff) -> dict[str, Any]:
    lines = [line for hunk in file.hunks for line in hunk.lines]
    return {
        "diff": file,
        "added": sum(line.kind.value == "ADDED" for line in lines),
        "removed": sum(line.kind.value == "REMOVED" for line in lines),
    }

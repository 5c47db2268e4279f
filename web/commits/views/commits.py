"""The history of a repository, and one commit with what it changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from builds import selectors as builds
from core.paging import Page, PageRequest
from discussions.services.commits import CommitSubject
from gitengine.types import Commit
from repos.errors import NoDefaultBranch
from repos.models import Repository
from repos.safe_responses import inert_text
from repos.selectors import commit_history, comparisons, contents, refs, repositories, watching
from repos.selectors.commit_history import CommitFilter
from repos.services import watching as change
from web.commits import commit_rows
from web.commits.forms import CommitFilters
from web.conversations import layout
from web.diffs import file_diffs
from web.frame.requests import WebRequest
from web.repositories.page import repository_page, with_people
from web.templatetags.pages import repository_url

COMMITS_OF_A_PAGE = 50
REFS_AT_ONCE = 50


@require_safe
def commit_list(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/commits: the history of a branch, a tag or a path, narrowed as its reader likes."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "commits")
    until = request.GET.get("until", request.GET.get("at", ""))
    filters = CommitFilters.read(request.GET)
    wanted = PageRequest.read(
        request.GET, default=COMMITS_OF_A_PAGE, most=commit_history.MOST_COMMITS
    )
    try:
        revision = refs.revision(actor, repository, until)
    except NoDefaultBranch:
        if until:
            raise
        return render(request, "commits/commits.html", context | {"page": None})
    # Later pages go on from the commit that the first began with, wherever the branch is now.
    begun = request.GET.get("begun", "") or revision.commit_id
    page, names = _listed(request, repository, wanted, begun, filters)
    context |= commit_rows.context(
        request, repository, page, has_graph=not filters.narrows, names=names
    )
    context |= {
        "revision": revision,
        "at": until,
        "filters": filters,
        "begun": begun,
        "path": filters.path,
    }
    is_part = request.htmx and request.htmx.target == "more"
    return render(request, "commits/_rows.html" if is_part else "commits/commits.html", context)


def _listed(
    request: WebRequest,
    repository: Repository,
    wanted: PageRequest,
    begun: str,
    filters: CommitFilters,
) -> tuple[Page[Commit], dict[str, str]]:
    """The commits of a page, and by their ids the name that the file had then, where that is followed."""
    actor = request.actor
    if filters.is_plain_file_history:
        found = commit_history.of_file(actor, repository, wanted, filters.path, until=begun)
        names = {commit.id: name for commit, name in found.values if name != filters.path}
        return found.map(lambda one: one[0]), names
    chosen = CommitFilter(narrowed=filters.narrowed)
    return commit_history.commits(actor, repository, wanted, until=begun, chosen=chosen), {}


@require_safe
def commit_detail(request: WebRequest, key: str, slug: str, commit_id: str) -> HttpResponseBase:
    """r/commits/{id}: a commit and what it changed, against its first parent or the one of `since`."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "commits")
    shown = contents.commit(actor, repository, commit_id)
    since = request.GET.get("since", "")
    compared = (
        comparisons.of_commit(actor, repository, shown.id, since=since)
        if since
        else comparisons.of_ids(repository, shown)
    )
    raw = request.GET.get("raw", "")
    if raw == "diff":
        return inert_text(comparisons.raw(actor, compared))
    if raw == "patch":
        return inert_text(comparisons.mailbox(actor, repository, shown.id))
    context |= file_diffs.asked(request, compared) | {"commit": shown}
    context |= _talk(request, repository, context)
    if request.htmx and context["is_one"]:
        return render(request, "diffs/_files.html", context)
    ((_, author, committer),) = with_people(request, [shown])
    context |= {
        "author": author,
        "committer": committer,
        "is_watched": watching.is_commit_watched(actor, repository, shown.id),
        "statuses": builds.statuses(actor, repository, shown.id),
    }
    return file_diffs.remember(request, render(request, "commits/commit.html", context))


def _talk(request: WebRequest, repository: Repository, context: dict[str, Any]) -> dict[str, Any]:
    """What is said about the commit, below the lines of the files that are shown."""
    commit_id = context["commit"].id
    address = repository_url(repository, "commit-comments", commit_id)
    return layout.laid_out(
        request, CommitSubject(repository, commit_id), address, context, with_general=True
    )


@require_safe
def containing(request: WebRequest, key: str, slug: str, commit_id: str) -> HttpResponse:
    """The branches and tags that hold a commit, for its page, which is shown already."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    wanted = PageRequest(limit=REFS_AT_ONCE)
    context: dict[str, Any] = {
        "repository": repository,
        "branches": refs.containing(actor, repository, commit_id, wanted),
        "tags": refs.tags_containing(actor, repository, commit_id, wanted),
    }
    return render(request, "commits/_containing_refs.html", context)


@require_POST
def watch(request: WebRequest, key: str, slug: str, commit_id: str) -> HttpResponse:
    """Watch a commit, or no longer."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    done = change.unwatch_commit if request.POST.get("watch") == "no" else change.watch_commit
    done(actor, repository, commit_id)
    return redirect(repository_url(repository, "commits", commit_id))

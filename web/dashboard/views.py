"""The dashboard: a user's pull requests and repositories, the inbox, and quick search."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.paging import PageRequest
from pullrequests.selectors import dashboard as waiting
from repos.selectors import projects, repositories
from web.frame.requests import WebRequest

FOUND_AT_ONCE = 8


SUGGESTIONS_SHOWN = 3


PULL_REQUESTS_SHOWN = 25


@require_safe
def home(request: WebRequest) -> HttpResponse:
    """/: the dashboard, or the public repositories for anonymous visitors."""
    actor = request.actor
    return redirect("dashboard" if actor.user else "repositories")


@require_safe
def dashboard(request: WebRequest) -> HttpResponse:
    """/dashboard: where one left off."""
    actor = request.actor
    recent = repositories.recent(actor, PageRequest(limit=20))
    own = projects.list_visible(actor, PageRequest(limit=10))
    context = {"recent": recent, "projects": own}
    if actor.user is not None:
        context |= {
            "suggestions": waiting.suggestions(actor, most=SUGGESTIONS_SHOWN),
            "to_review": waiting.inbox(actor, PageRequest(limit=PULL_REQUESTS_SHOWN)),
            "own_pulls": waiting.inbox(
                actor, PageRequest(limit=PULL_REQUESTS_SHOWN), role="AUTHOR"
            ),
        }
    return render(request, "dashboard/dashboard.html", context)


@require_safe
def inbox(request: WebRequest) -> HttpResponse:
    """How many pull requests wait for the reader's judgement, for the top bar."""
    actor = request.actor
    count = waiting.count_inbox(actor)
    return HttpResponse(f'<span class="count">{count}</span>' if count else "")


@require_safe
def quick_search(request: WebRequest) -> HttpResponse:
    """The list under the search field of the frame."""
    actor = request.actor
    text = request.GET.get("filter", "").strip()
    wanted = PageRequest(limit=FOUND_AT_ONCE)
    context = {
        "text": text,
        "projects": projects.list_visible(actor, wanted, text=text).values if text else [],
        "repositories": repositories.list_visible(
            actor, wanted, search=repositories.RepositorySearch(text=text)
        ).values
        if text
        else [],
    }
    return render(request, "dashboard/_quick_search.html", context)


@require_safe
def recent(request: WebRequest) -> HttpResponse:
    """The list under Repositories in the frame."""
    actor = request.actor
    page = repositories.recent(actor, PageRequest(limit=10))
    return render(request, "dashboard/_recent.html", {"repositories": page.values})

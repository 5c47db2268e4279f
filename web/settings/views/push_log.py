"""The page of the push log: which branches and tags moved, when and by whom."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.paging import PageRequest
from repos.selectors import push_log
from web.frame.requests import WebRequest
from web.settings.views.details import repository_to_change

SHOWN_AT_ONCE = 50


@require_safe
def moves(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/push-log"""
    actor = request.actor
    repository, context = repository_to_change(request, key, slug, "push-log")
    ref, user = (request.GET.get(name, "").strip() for name in ("branch", "user"))
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    names = push_log.branches(actor, repository, PageRequest(limit=SHOWN_AT_ONCE))
    context |= {
        "page": push_log.changes(actor, repository, wanted, ref=ref, user=user),
        "branch_names": [name.removeprefix("refs/heads/") for name in names.values],
        "asked_branch": ref,
        "asked_user": user,
    }
    is_part = request.htmx and request.htmx.target == "list"
    template = "settings/_push_log.html" if is_part else "settings/push_log.html"
    return render(request, template, context)

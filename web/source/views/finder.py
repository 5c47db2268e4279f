"""Find a file of a revision by letters of its path."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from accounts.actor import Actor
from core import links
from core.paging import PageRequest
from infrastructure.result_cache import cached
from repos.models import Repository
from repos.selectors import contents, refs, repositories
from web.frame.requests import WebRequest
from web.repositories.page import repository_page

MOST_PATHS = 50_000
SHOWN = 100


@require_safe
def find_file(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/find-file: the files whose paths hold the letters; a script filters as one types."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "source")
    at = request.GET.get("at", "")
    revision = refs.revision(actor, repository, at)
    text = request.GET.get("filter", "").strip()
    paths = _paths(actor, repository, revision.commit_id)
    found = [path for path in paths if text.lower() in path.lower()]
    context |= {
        "revision": revision,
        "at": at,
        "filter": text,
        "found": found[:SHOWN],
        "left_out": max(len(found) - SHOWN, 0),
        "is_cut": len(paths) == MOST_PATHS,
    }
    return render(request, "source/find_file.html", context)


@require_safe
@gzip_page
def file_paths(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/find-file/paths: every path, for the script; of a path that is no text also its address."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    revision = refs.revision(actor, repository, request.GET.get("at", ""))
    paths = _paths(actor, repository, revision.commit_id)
    body = json.dumps([_told(path) for path in paths], ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body, content_type="application/json")


def _paths(actor: Actor, repository: Repository, commit_id: str) -> list[str]:
    def read() -> list[str]:
        wanted = PageRequest(limit=MOST_PATHS)
        return list(contents.files(actor, repository, "", wanted, commit_id).values)

    return cached("paths", repository.pk, commit_id, make=read)


def _told(path: str) -> Any:
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return [shown, links.path_segments(path)]
    return path

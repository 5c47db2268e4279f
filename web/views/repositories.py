"""The pages of one repository: source, file, commits, one commit."""

from __future__ import annotations

import posixpath
from hashlib import sha256
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts import credentials
from accounts import selectors as people
from accounts.actor import Via
from accounts.errors import WrongPassword
from accounts.models import User
from core import markup
from core.paging import PageRequest
from gitengine import diff
from gitengine.history import Narrowed
from gitengine.types import Commit, Entry, EntryKind, FileDiff
from repos.errors import NoDefaultBranch
from repos.inert import inert_file
from repos.models import Repository
from repos.selectors import abilities, comparisons, contents, histories, refs, repositories
from repos.selectors.refs import Order
from repos.services import repositories as change
from web import cloning, highlighting
from web.templatetags.pages import repository_url
from web.views import branches, forks

MOST_TEXT_BYTES = 1024 * 1024
COMMITS_OF_A_PAGE = 50
FOUND_AT_ONCE = 25
REMEMBERED_SECONDS = 3600
READMES = ("readme.md", "readme.markdown", "readme.txt", "readme", "readme.rst")
LIMITS = diff.Limits(files=200, lines_of_a_file=1500, lines=6000, line_length=2000)


def _of(request: HttpRequest, key: str, slug: str, tab: str) -> tuple[Repository, dict[str, Any]]:
    """Find the repository, and what its pages share."""
    actor = request.actor  # type: ignore[attr-defined]
    repository = repositories.get(actor, key, slug)
    return repository, {
        "repository": repository,
        "project": repository.project,
        "tab": tab,
        "may": abilities.on_repository(actor, repository),
    } | cloning.context(request, repository)


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
def browse(request: HttpRequest, key: str, slug: str, path: str = "") -> HttpResponse:
    """r/browse/{path}: a folder or a file."""
    actor = request.actor  # type: ignore[attr-defined]
    repository, context = _of(request, key, slug, "source")
    change.visit(actor, repository)
    at = request.GET.get("at", "")
    try:
        where = contents.place(actor, repository, path.strip("/"), at)
    except NoDefaultBranch:
        if at or path:
            raise
        context["branch"] = refs.default_branch_name(actor, repository).removeprefix("refs/heads/")
        context["has_refs"] = not refs.is_empty(actor, repository)
        return render(request, "empty_repository.html", context)
    context |= {"where": where, "revision": where.revision, "at": at, "path": where.entry.path}
    context["crumbs"] = _crumbs(where.entry.path)
    if where.entry.kind is EntryKind.DIRECTORY:
        entries = contents.children(actor, repository, where)
        context |= {"entries": entries, "readme": _readme(request, repository, entries, where)}
        return render(request, "directory.html", context)
    return render(request, "file.html", context | _file(request, repository, where.entry, at))


@require_GET
def last_changes(request: HttpRequest, key: str, slug: str, path: str = "") -> HttpResponse:
    """The last commit of each entry of a folder, for a table that is shown already."""
    actor = request.actor  # type: ignore[attr-defined]
    repository = repositories.get(actor, key, slug)
    where = contents.place(actor, repository, path.strip("/"), request.GET.get("at", ""))
    entries = contents.children(actor, repository, where)
    found = histories.last_changes(actor, repository, where).entries
    rows = [(entry, found.get(entry.name)) for entry in entries]
    context = {"repository": repository, "revision": where.revision, "rows": rows, "where": where}
    context["at"] = request.GET.get("at", "")
    return render(request, "parts/entries.html", context)


@require_GET
def raw(request: HttpRequest, key: str, slug: str, path: str) -> HttpResponseBase:
    """r/raw/{path}: scripts fetch it with a password in the header, as they do from Bitbucket."""
    actor = credentials.from_request(request)
    if actor.via not in {Via.SESSION, Via.PASSWORD, Via.NOTHING}:
        # App passwords and tokens open REST and Git, no pages (as in Bitbucket since 8.9.22).
        raise WrongPassword
    repository = repositories.get(actor, key, slug)
    return inert_file(contents.raw(actor, repository, path.strip("/"), request.GET.get("at", "")))


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


def _file(request: HttpRequest, repository: Repository, entry: Entry, at: str) -> dict[str, Any]:
    actor = request.actor  # type: ignore[attr-defined]
    text = (
        contents.whole_text(actor, repository, entry, most_bytes=MOST_TEXT_BYTES)
        if entry.kind is EntryKind.FILE
        else None
    )
    if text is None:
        is_large = entry.size is not None and entry.size > MOST_TEXT_BYTES
        return {"lines": None, "is_large": is_large}
    rendered = None
    if entry.name.lower().endswith((".md", ".markdown")) and "source" not in request.GET:
        rendered = _rendered(repository, entry, text, at)
    return {"lines": highlighting.lines_of(text, entry.name, entry.id), "rendered": rendered}


def _readme(
    request: HttpRequest, repository: Repository, entries: list[Entry], where: contents.Place
) -> dict[str, Any] | None:
    actor = request.actor  # type: ignore[attr-defined]
    by_name = {e.name.lower(): e for e in entries if e.kind is EntryKind.FILE}
    entry = next((by_name[name] for name in READMES if name in by_name), None)
    if entry is None:
        return None
    text = contents.whole_text(actor, repository, entry, most_bytes=markup.MOST_CHARACTERS)
    if text is None:
        return None
    is_markdown = entry.name.lower().endswith((".md", ".markdown"))
    html = _rendered(repository, entry, text, request.GET.get("at", "")) if is_markdown else None
    return {"entry": entry, "html": html, "text": text}


def _rendered(repository: Repository, entry: Entry, text: str, at: str) -> str:
    folder = posixpath.dirname(entry.path)

    def link_to(target: str, is_image: bool) -> str:
        path = posixpath.normpath(
            posixpath.join("/", "" if target.startswith("/") else folder, target.lstrip("/"))
        )
        page = "raw" if is_image else "browse"
        return str(repository_url(repository, page, path.lstrip("/"), at=at))

    key = _key("markup", repository, entry.id, entry.path, at)
    kept = caches["pages"]
    found: str | None = kept.get(key)
    if found is None:
        found = markup.render(text, link_to)
        kept.set(key, found, REMEMBERED_SECONDS)
    return found


def _key(kind: str, repository: Repository, *parts: str) -> str:
    """Name what is remembered: by content, so that it never goes stale."""
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return f"{kind}:{repository.pk}:{repository.slug}:{sha256(text).hexdigest()}"


def _crumbs(path: str) -> list[tuple[str, str]]:
    """Each part of a path with the path up to it."""
    parts = path.split("/") if path else []
    return [(part, "/".join(parts[: number + 1])) for number, part in enumerate(parts)]


def _with_people(
    request: HttpRequest, shown: list[Commit]
) -> list[tuple[Commit, User | None, User | None]]:
    """Each commit with the users that wrote and committed it, as far as they have an account; one query."""
    actor = request.actor  # type: ignore[attr-defined]
    known = people.by_address(
        actor, [person.email for one in shown for person in (one.author, one.committer)]
    )
    return [
        (one, known.get(one.author.email.lower()), known.get(one.committer.email.lower()))
        for one in shown
    ]


def _drawn(file: FileDiff) -> dict[str, Any]:
    lines = [line for hunk in file.hunks for line in hunk.lines]
    return {
        "diff": file,
        "added": sum(line.kind.value == "ADDED" for line in lines),
        "removed": sum(line.kind.value == "REMOVED" for line in lines),
    }

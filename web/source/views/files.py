"""Folders and files of a repository: source, blame, history, raw, archives."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from core import links
from core.paging import PageRequest
from core.url_paths import path_as_sent
from gitengine import trees
from gitengine.types import Entry, EntryKind
from infrastructure import markup
from repos.errors import NoDefaultBranch
from repos.models import Repository
from repos.safe_responses import drawn_file, inert_file, saved_file
from repos.selectors import archives, commit_history, contents, refs, repositories
from repos.selectors.archives import ArchiveRequest
from repos.selectors.commit_history import BlameResult
from repos.selectors.contents import FileLocation
from repos.services import repositories as change
from web.diffs import highlighting
from web.frame.requests import WebRequest
from web.repositories.page import crumbs, repository_page, with_people
from web.source import previews
from web.templatetags.pages import icon, repository_url, short

MOST_TEXT_BYTES = 1024 * 1024
ENTRIES_AT_ONCE = 1000
COMMITS_OF_A_PAGE = 50
READMES = ("readme.md", "readme.markdown", "readme.txt", "readme", "readme.rst")


@require_safe
def browse(request: WebRequest, key: str, slug: str, path: str = "") -> HttpResponseBase:
    """r/browse/{path}: a folder or a file; with `raw`, which scripts ask for, the file alone."""
    if path and request.GET.get("raw", "false") != "false":
        response: HttpResponseBase = raw(request, key, slug, path)
        return response
    actor = request.actor
    repository, context = repository_page(request, key, slug, "source")
    change.visit(actor, repository)
    at = request.GET.get("at", "")
    try:
        where = contents.place(actor, repository, path_as_sent(request, path), at)
    except NoDefaultBranch:
        if at or path:
            raise
        context["branch"] = refs.default_branch_name(actor, repository).removeprefix("refs/heads/")
        context["has_refs"] = not refs.is_empty(actor, repository)
        return render(request, "source/empty_repository.html", context)
    context |= {"where": where, "revision": where.revision, "at": at, "path": where.entry.path}
    context["crumbs"] = crumbs(where.entry.path)
    if where.entry.kind is EntryKind.DIRECTORY:
        entries = contents.children(actor, repository, where)
        context |= _rows(request, repository, entries)
        context["readme"] = _readme(request, repository, entries)
        return render(request, "source/directory.html", context)
    context |= {"kind": _kind(where.entry), "mode": _mode(request, where.entry)}
    if context["mode"] == "history":
        return render(
            request,
            "source/file_history.html",
            context | _history(request, repository, where.entry),
        )
    return render(request, "source/file.html", context | _file(request, repository, where, context))


@require_safe
def last_changes(request: WebRequest, key: str, slug: str, path: str = "") -> HttpResponse:
    """The last commit of each entry of a folder, for a table that is shown already."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    where = contents.place(
        actor, repository, path_as_sent(request, path), request.GET.get("at", "")
    )
    entries = contents.children(actor, repository, where)
    found = commit_history.last_changes(actor, repository, where).entries
    context = {"repository": repository, "where": where, "at": request.GET.get("at", "")}
    context |= _rows(request, repository, entries, found)
    return render(request, "source/_entries.html", context)


@require_safe
def last_change(request: WebRequest, key: str, slug: str, path: str) -> HttpResponse:
    """The commit that last changed a file, for the head of its page."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    where = contents.place(
        actor, repository, path_as_sent(request, path), request.GET.get("at", "")
    )
    found = commit_history.last_change(actor, repository, where)
    context: dict[str, Any] = {"repository": repository, "commit": found}
    if found is not None:
        ((_, context["author"], _),) = with_people(request, [found])
    return render(request, "source/_last_change.html", context)


@require_safe
@vary_on_headers("Sec-Fetch-Dest")
def raw(request: WebRequest, key: str, slug: str, path: str) -> HttpResponseBase:
    """r/raw/{path}: scripts fetch it with a password in the header, as they do from Bitbucket."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    file = contents.raw(actor, repository, path_as_sent(request, path), request.GET.get("at", ""))
    # Browsers tell what asks; one that does not is held by the policy that goes with the drawing.
    is_picture = request.headers.get("Sec-Fetch-Dest", "image") == "image"
    return drawn_file(file) if "preview" in request.GET and is_picture else inert_file(file)


@require_safe
def archive(request: WebRequest, key: str, slug: str) -> HttpResponseBase:
    """r/archive: the files of a revision, or those below some paths, as one file."""
    actor = request.actor
    repository = repositories.get(actor, key, slug)
    wanted = ArchiveRequest(
        at=request.GET.get("at", ""),
        format=request.GET.get("format", "zip"),
        paths=tuple(request.GET.getlist("path")),
    )
    return saved_file(archives.make(actor, repository, wanted))


def _rows(
    request: WebRequest,
    repository: Repository,
    entries: list[Entry],
    commits: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The rows of a folder, with what last changed each if that is known; of a large one the first only."""
    shown = entries if "all" in request.GET else entries[:ENTRIES_AT_ONCE]
    # One address for all, since a folder may have thousands.
    start, _, query = repository_url(repository, at=request.GET.get("at", "")).partition("?")
    end = f"?{query}" if query else ""
    rows = [
        (
            entry,
            _kind(entry),
            f"{start}/{links.path_segments(entry.path)}{end}",
            commits.get(entry.name) if commits is not None else None,
        )
        for entry in shown
    ]
    left_out = len(entries) - len(shown)
    return {
        "rows": rows,
        "left_out": left_out,
        "total": len(entries),
        "all": "all" in request.GET,
        "commits_url": repository_url(repository, "commits"),
    }


def _kind(entry: Entry) -> str:
    if entry.kind is EntryKind.FILE and trees.is_symlink(entry):
        return "symlink"
    return entry.kind.value.lower()


def _mode(request: WebRequest, entry: Entry) -> str:
    """How a file is shown: the first of what is asked for."""
    if entry.kind is not EntryKind.FILE:
        return "source"
    asked = (mode for mode in ("history", "blame", "source") if mode in request.GET)
    return next(asked, "rendered")


def _file(
    request: WebRequest, repository: Repository, where: FileLocation, context: dict[str, Any]
) -> dict[str, Any]:
    actor = request.actor
    entry, at, mode = where.entry, context["at"], context["mode"]
    if entry.kind is not EntryKind.FILE:
        return {"lines": None}
    text = contents.whole_text(actor, repository, entry, most_bytes=MOST_TEXT_BYTES)
    picture = None if context["kind"] == "symlink" else previews.picture_url(repository, entry, at)
    is_text = text is not None and context["kind"] == "file"
    shown: dict[str, Any] = {
        "text": text,
        "is_text": is_text,
        "is_large": text is None and (entry.size or 0) > MOST_TEXT_BYTES,
        "picture": picture if mode == "rendered" or text is None else None,
        "has_preview": is_text
        and (
            picture is not None
            or previews.is_markdown(entry.name)
            or entry.name.lower().endswith(previews.TABLES)
        ),
    }
    if text is None or not is_text or shown["picture"]:
        return shown
    if mode == "rendered":
        if previews.is_markdown(entry.name):
            return shown | {"rendered": previews.markdown(repository, entry, text, at)}
        if (table := previews.table(entry.name, text)) is not None:
            return shown | {"table": table}
    lines = highlighting.lines_of(text, entry.name)
    gutter = _blame(request, repository, where) if mode == "blame" else None
    return shown | {"lines": lines, "rows": highlighting.rows(lines, gutter)}


def _blame(request: WebRequest, repository: Repository, where: FileLocation) -> dict[int, str]:
    """The cells that tell who brought each run of lines, by the first line of the run."""
    actor = request.actor
    found = commit_history.blame(actor, repository, where)
    commits = list({one.commit.id: one.commit for one in found}.values())
    told = {}
    for commit, author, _ in with_people(request, commits):
        context = {"repository": repository, "actor": actor, "commit": commit, "author": author}
        told[commit.id] = mark_safe(render_to_string("source/_blame_commit.html", context))
    return {
        one.run.line: format_html(
            '<td class="blame" rowspan="{}"><div>{}{}</div></td>',
            one.run.count,
            told[one.commit.id],
            _before(repository, one),
        )
        for one in found
    }


def _before(repository: Repository, blamed: BlameResult) -> str:
    """The way to the blame of the file as it was before a change; nothing where the change made it."""
    run = blamed.run
    if run.previous_id is None or run.previous_path is None:
        return ""
    return format_html(
        '<a class="blame-before" href="{}" title="Blame before this change"'
        ' aria-label="Blame before {}">{}</a>',
        repository_url(repository, "browse", run.previous_path, at=run.previous_id, blame="true"),
        short(run.commit_id),
        icon("history"),
    )


def _history(request: WebRequest, repository: Repository, entry: Entry) -> dict[str, Any]:
    actor = request.actor
    wanted = PageRequest.read(
        request.GET, default=COMMITS_OF_A_PAGE, most=commit_history.MOST_COMMITS
    )
    until = request.GET.get("at", "")
    page = commit_history.of_file(actor, repository, wanted, entry.path, until=until)
    people = with_people(request, [commit for commit, _ in page.values])
    rows = [
        (commit, author, path)
        for (commit, author, _), (_, path) in zip(people, page.values, strict=True)
    ]
    names = chain([entry.path], (path for _, _, path in rows))
    return {
        "page": page,
        "rows": [
            (commit, author, path, path != above)
            for (commit, author, path), above in zip(rows, names, strict=False)
        ],
    }


def _readme(
    request: WebRequest, repository: Repository, entries: list[Entry]
) -> dict[str, Any] | None:
    actor = request.actor
    by_name = {e.name.lower(): e for e in entries if e.kind is EntryKind.FILE}
    entry = next((by_name[name] for name in READMES if name in by_name), None)
    if entry is None or trees.is_symlink(entry):
        return None
    text = contents.whole_text(actor, repository, entry, most_bytes=markup.MOST_CHARACTERS)
    if text is None:
        return None
    at = request.GET.get("at", "")
    is_page = previews.is_markdown(entry.name)
    html = previews.markdown(repository, entry, text, at) if is_page else None
    return {"entry": entry, "html": html, "text": text}

"""Pages that change one file and end in a commit: create, edit, rename, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csp.constants import NONCE
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, Invalid
from core.url_paths import path_as_sent
from gitengine import trees
from gitengine.types import EntryKind
from repos.errors import FileOutOfDate
from repos.models import Repository
from repos.selectors import contents, refs
from repos.services import edits, ref_moves
from repos.services.edits import EditTarget
from web.frame.requests import WebRequest
from web.repositories.page import crumbs, repository_page
from web.source import line_endings
from web.source.forms import CommitForm, CreateForm, EditForm, RenameForm
from web.templatetags.pages import clean, repository_url

MOST_TEXT_BYTES = 1024 * 1024
BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class _Base:
    """What an edit starts from: a branch and its commit, either of which may be missing."""

    ref: str | None
    commit_id: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/create: a new file."""
    actor = request.actor
    repository, context, base = _opened(request, key, slug)
    folder = request.GET.get("path", "").strip("/")
    initial = {"seen": base.commit_id, "path": f"{clean(folder)}/" if folder else ""}
    form = CreateForm(
        request.POST or None, ref=base.ref, has_commits=bool(base.commit_id), initial=initial
    )
    context |= {"form": form, "text": form["content"].value() or "", "name": ""}
    if form.is_bound and form.is_valid():
        fields = form.cleaned_data
        try:
            edits.write(
                actor,
                repository,
                fields["path"],
                line_endings.kept(fields["content"]),
                target=form.target(is_new_file=True),
                message=fields["message"],
            )
        except DomainError as error:
            form.refuse(error)
            return _editor(request, context, error.status)
        return _to(repository, fields["path"], form.target())
    return _editor(request, context, 400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: WebRequest, key: str, slug: str, path: str) -> HttpResponse:
    """r/edit/{path}: new content of a file."""
    actor = request.actor
    repository, context, base = _opened(request, key, slug, path)
    path = context["path"]
    name = path.rpartition("/")[2]
    initial = {"seen": base.commit_id, "message": _usual(name, "edited")}
    form = EditForm(request.POST or None, ref=base.ref, initial=initial)
    before = _content(request, repository, path, form["seen"].value() or base.commit_id)
    text = form["content"].value() if form.is_bound else line_endings.shown(before)
    context |= {"form": form, "text": text or "", "name": name}
    if form.is_bound and form.is_valid():
        content = line_endings.kept(form.cleaned_data["content"], before)
        try:
            edits.write(
                actor,
                repository,
                path,
                content,
                target=form.target(),
                message=form.cleaned_data["message"],
            )
        except DomainError as error:
            if isinstance(error, FileOutOfDate):
                context["is_conflict"] = True
                context["has_current"] = _stands(request, repository, path, base)
            form.refuse(error)
            return _editor(request, context, error.status)
        return _to(repository, path, form.target())
    return _editor(request, context, 400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: WebRequest, key: str, slug: str, path: str) -> HttpResponse:
    """r/rename/{path}: another path for a file."""
    actor = request.actor
    repository, context, base = _opened(request, key, slug, path)
    path = context["path"]
    initial = {
        "seen": base.commit_id,
        "path": clean(path),
        "message": _usual(path.rpartition("/")[2], "renamed"),
    }
    form = RenameForm(request.POST or None, ref=base.ref, initial=initial)
    context["form"] = form
    if form.is_bound and form.is_valid():
        fields = form.cleaned_data
        try:
            edits.rename(
                actor,
                repository,
                path,
                fields["path"],
                target=form.target(),
                message=fields["message"],
            )
        except DomainError as error:
            return _refused(request, "source/rename.html", context, form, error)
        return _to(repository, fields["path"], form.target())
    return render(request, "source/rename.html", context, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: WebRequest, key: str, slug: str, path: str) -> HttpResponse:
    """r/delete/{path}: take a file away."""
    actor = request.actor
    repository, context, base = _opened(request, key, slug, path)
    path = context["path"]
    initial = {"seen": base.commit_id, "message": _usual(path.rpartition("/")[2], "deleted")}
    form = CommitForm(request.POST or None, ref=base.ref, initial=initial)
    context["form"] = form
    if form.is_bound and form.is_valid():
        message = form.cleaned_data["message"]
        try:
            edits.delete(actor, repository, path, target=form.target(), message=message)
        except DomainError as error:
            return _refused(request, "source/delete.html", context, form, error)
        ref = _ref(form.target())
        above = contents.nearest_folder(actor, repository, path.rpartition("/")[0], ref)
        return _to(repository, above, form.target())
    return render(request, "source/delete.html", context, status=400 if form.errors else 200)


def _opened(
    request: WebRequest, key: str, slug: str, path: str | None = None
) -> tuple[Repository, dict[str, Any], _Base]:
    """Return the repository and the base of an edit, for actors who can write.

    With a path there must be a plain file at it, unless a form comes back: then the service judges.
    """
    actor = request.actor
    repository, context = repository_page(request, key, slug, "source")
    ref_moves.require(actor, repository)
    at = request.GET.get("at", "")
    asked = path_as_sent(request, path) if path is not None else ""
    context |= {"at": at, "path": asked, "crumbs": crumbs(asked)}
    above = asked or request.GET.get("path", "").strip("/")
    context["back"] = repository_url(repository, "browse", above, at=at)
    if path is None and not at and refs.is_empty(actor, repository):
        return repository, context, _Base(refs.default_branch_name(actor, repository), "")
    revision = refs.revision(actor, repository, at)
    is_branch = revision.ref is not None and revision.ref.startswith(BRANCHES)
    context["revision"] = revision
    if path is not None and request.method != "POST":
        entry = contents.place(actor, repository, context["path"], at).entry
        if entry.kind is not EntryKind.FILE or trees.is_symlink(entry):
            raise Invalid("Only files can be edited.")
    return repository, context, _Base(revision.ref if is_branch else None, revision.commit_id)


def _content(request: WebRequest, repository: Repository, path: str, seen: str) -> bytes:
    """The file as the editor saw it; Invalid if it is no text that a form can hold."""
    file = contents.raw(request.actor, repository, path, seen)
    if (file.entry.size or 0) > MOST_TEXT_BYTES:
        raise Invalid(
            "The file is too large to edit in the browser. Clone the repository to edit it."
        )
    data = b"".join(file.chunks)
    if line_endings.shown(data) is None:
        raise Invalid("Only UTF-8 text can be edited in the browser.")
    return data


def _stands(request: WebRequest, repository: Repository, path: str, base: _Base) -> bool:
    """Whether a file is still at the path."""
    actor = request.actor
    above = contents.nearest_folder(actor, repository, path, base.commit_id)
    listed = contents.children(
        actor, repository, contents.place(actor, repository, above, base.commit_id)
    )
    return any(one.path == path and one.kind is EntryKind.FILE for one in listed)


def _editor(request: WebRequest, context: dict[str, Any], status: int) -> HttpResponse:
    """Show the editor, which brings its styles itself, under the nonce of the page."""
    response = render(request, "source/edit.html", context, status=status)
    response._csp_update = {"style-src": [NONCE]}  # type: ignore[attr-defined]
    return response


def _refused(
    request: WebRequest,
    template: str,
    context: dict[str, Any],
    form: CommitForm,
    error: DomainError,
) -> HttpResponse:
    form.refuse(error)
    return render(request, template, context, status=error.status)


def _usual(name: str, done: str) -> str:
    return f"{clean(name)} {done} online with Bitbucket"


def _ref(target: EditTarget) -> str:
    return BRANCHES + target.branch.removeprefix(BRANCHES)


def _to(repository: Repository, path: str, target: EditTarget) -> HttpResponse:
    return redirect(repository_url(repository, "browse", path, at=_ref(target)))

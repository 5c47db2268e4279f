"""The page of tags: the list, the form for a new one, and their deletion."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission
from core.errors import DomainError, Invalid
from core.paging import PageRequest
from gitengine.types import Annotation
from repos.errors import NoSuchCommit
from repos.selectors import refs, repositories
from repos.selectors.ref_types import Tag
from repos.services import tags
from web.branches.forms import TagForm
from web.branches.views.branches import name_of, offered_names
from web.frame.requests import WebRequest
from web.repositories.page import repository_page, with_people
from web.templatetags.pages import repository_url

SHOWN_AT_ONCE = 25


@dataclass(frozen=True)
class TagRow:
    """A tag as the table shows it; who made it and why, if it is annotated."""

    tag: Tag
    author: User | None
    annotation: Annotation | None


@require_http_methods(["GET", "HEAD", "POST"])
def tag_list(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/tags, and with ?create the form for a new one."""
    if "create" in request.GET:
        return _create(request, key, slug)
    if request.method != "POST":
        return _list(request, key, slug)
    actor = request.actor
    repository = repositories.get(actor, key, slug, needed=Permission.REPO_WRITE)
    try:
        if "delete" not in request.POST:
            raise Invalid("Unknown action.")
        tags.delete(actor, repository, name_of(request.POST["delete"]))
    except DomainError as error:
        return _list(request, key, slug, error)
    return redirect(request.get_full_path())


def _create(request: WebRequest, key: str, slug: str) -> HttpResponse:
    actor = request.actor
    repositories.get(actor, key, slug, needed=Permission.REPO_WRITE)
    repository, context = repository_page(request, key, slug, "tags")
    first = refs.default_branch_name(actor, repository).removeprefix("refs/heads/")
    form = TagForm(
        request.POST if request.method == "POST" else None,
        initial={"start_point": request.GET.get("from") or first},
    )
    if form.is_bound and form.is_valid():
        try:
            tags.create(
                actor,
                repository,
                form.cleaned_data["name"],
                start_point=form.cleaned_data["start_point"],
                message=form.cleaned_data["message"],
                is_annotated=form.cleaned_data["kind"] == "annotated",
            )
        except NoSuchCommit:
            form.add_error("start_point", "There is no branch, tag or commit with this name.")
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(repository_url(repository, "tags"))
    context |= {"form": form, "ref_names": offered_names(request, repository)}
    status = 400 if form.errors else 200
    return render(request, "branches/tag_create.html", context, status=status)


def _list(
    request: WebRequest, key: str, slug: str, refusal: DomainError | None = None
) -> HttpResponse:
    actor = request.actor
    repository, context = repository_page(request, key, slug, "tags")
    text = request.GET.get("filter", request.GET.get("filterText", ""))
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    page = refs.tags(actor, repository, wanted, text=text, with_commits=True)
    annotations = refs.annotations_of(actor, repository, page.values)
    shown = [one.commit for one in page.values if one.commit]
    authors = {commit.id: author for commit, author, _ in with_people(request, shown)}
    context |= {
        "page": page,
        "rows": [
            TagRow(one, authors.get(one.commit_id), annotations.get(one.name))
            for one in page.values
        ],
        "filter": text,
        "refusal": refusal.message if refusal else "",
    }
    is_part = request.htmx and request.htmx.target == "list"
    template = "branches/_tags.html" if is_part else "branches/tags.html"
    return render(request, template, context, status=refusal.status if refusal else 200)

"""Lists of projects and repositories, one project, and the forms that create them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors as people
from accounts.permissions import Permission
from core import site_settings
from core.errors import DomainError, Forbidden, Unauthenticated
from core.paging import PageRequest
from infrastructure.images import identicon
from repos.errors import NoSuchProject
from repos.models import Project
from repos.selectors import abilities, labels, projects, repositories
from repos.services import projects as change_projects
from repos.services import repositories as change_repositories
from web.frame.requests import WebRequest
from web.projects.forms import ProjectForm, RepositoryForm
from web.templatetags.pages import project_url, repository_url


def _is_part(request: WebRequest) -> bool:
    """Whether only the list is requested, while the user types into its filter."""
    return bool(request.htmx) and request.htmx.target == "list"


@require_http_methods(["GET", "HEAD", "POST"])
def project_list(request: WebRequest) -> HttpResponse:
    """/projects, and with ?create the form for a new one."""
    if "create" in request.GET:
        return _create_project(request)
    actor = request.actor
    text = request.GET.get("filter", "")
    page = projects.list_visible(actor, PageRequest.read(request.GET), text=text)
    template = "projects/_projects.html" if _is_part(request) else "projects/projects.html"
    return render(request, template, {"page": page, "filter": text})


def _create_project(request: WebRequest) -> HttpResponse:
    actor = request.actor
    if Permission.PROJECT_CREATE not in people.abilities(actor):
        raise (
            Unauthenticated("Sign in first.")
            if actor.is_anonymous
            else Forbidden("You do not have permission to create projects. Ask an administrator.")
        )
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = change_projects.create(actor, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(project_url(project))
    return render(request, "projects/project_create.html", {"form": form})


@require_safe
def project(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}: its repositories."""
    actor = request.actor
    shown = projects.get(actor, key)
    if shown.is_personal:
        return redirect(project_url(shown))
    text = request.GET.get("filter", "")
    page = repositories.list_of_project(actor, shown, PageRequest.read(request.GET), text=text)
    labels.bring(actor, page.values)
    context = {
        "project": shown,
        "page": page,
        "filter": text,
        "may": abilities.on_project(actor, shown),
    }
    template = "repositories/_repositories.html" if _is_part(request) else "projects/project.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_repositories(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/repos?create: the form for a new repository."""
    actor = request.actor
    owner = actor.user
    if owner is not None and Project.stored_key(key) == f"~{owner.slug}":
        where = change_projects.personal(actor, owner)
    else:
        where = projects.get(actor, key)
    if "create" not in request.GET:
        return redirect(project_url(where))
    if not abilities.on_project(actor, where).may_create_repositories:
        raise (
            Unauthenticated("Sign in first.")
            if actor.is_anonymous
            else Forbidden(
                "You do not have permission to create repositories in this project. Ask its administrators."
            )
        )
    form = RepositoryForm(request.POST or None, initial=_first_branch())
    if request.method == "POST" and form.is_valid():
        try:
            made = change_repositories.create(actor, where, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(repository_url(made))
    return render(request, "projects/repository_create.html", {"form": form, "project": where})


@require_safe
def repository_list(request: WebRequest) -> HttpResponse:
    """/repos: everything that one may see."""
    actor = request.actor
    text = request.GET.get("filter", request.GET.get("name", ""))
    search = repositories.RepositorySearch(text=text)
    page = repositories.list_visible(actor, PageRequest.read(request.GET), search=search)
    labels.bring(actor, page.values)
    template = (
        "repositories/_repositories.html" if _is_part(request) else "projects/repositories.html"
    )
    return render(request, template, {"page": page, "filter": text, "show_project": True})


@require_safe
def create(request: WebRequest) -> HttpResponse:
    """/repos/create: where a new repository could go."""
    actor = request.actor
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    context = {"projects": abilities.projects_to_create_in(actor)}
    return render(request, "projects/choose_project.html", context)


@require_safe
def project_avatar(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/avatar.png"""
    actor = request.actor
    try:
        shown = projects.get(actor, key)
    except (NoSuchProject, Unauthenticated):
        content = identicon(key.upper())
    else:
        content = projects.avatar(actor, shown, request.GET.get("s"))
    return HttpResponse(
        content, content_type="image/png", headers={"Cache-Control": "private, max-age=300"}
    )


def _first_branch() -> dict[str, str]:
    """Offer what the administrator chose for new repositories, else what most people choose."""
    chosen = str(site_settings.read(site_settings.DEFAULT_BRANCH)).removeprefix("refs/heads/")
    return {"default_branch": chosen or "main"}

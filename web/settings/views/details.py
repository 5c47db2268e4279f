"""Settings of projects and repositories: details, permissions, deletion."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.models import Group, User
from accounts.permissions import Permission
from core.errors import DomainError, Invalid
from core.paging import Page, PageRequest
from repos.models import Project, Repository
from repos.policies import PolicyAction
from repos.selectors import abilities, policies, projects, repositories
from repos.selectors import permissions as find_permissions
from repos.services import permissions
from repos.services import projects as change_projects
from repos.services import repositories as change
from web.frame.requests import WebRequest
from web.projects.forms import ProjectForm
from web.repositories import clone_menu
from web.settings.forms import GrantForm, RepositorySettingsForm
from web.templatetags.pages import project_url, repository_url

MOST_GRANTS = 200
WORDS = {
    "PROJECT_READ": "Read",
    "PROJECT_WRITE": "Write",
    "REPO_CREATE": "Create repositories",
    "PROJECT_ADMIN": "Administer",
    "REPO_READ": "Read",
    "REPO_WRITE": "Write",
    "REPO_ADMIN": "Administer",
}
PROJECT_STEPS = ("PROJECT_READ", "PROJECT_WRITE", "REPO_CREATE", "PROJECT_ADMIN")
REPOSITORY_STEPS = ("REPO_READ", "REPO_WRITE", "REPO_ADMIN")


@require_http_methods(["GET", "HEAD", "POST"])
def repository_details(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings"""
    repository, context = repository_to_change(request, key, slug, "details")
    form = _repository_form(request, repository)
    if request.method == "POST" and form.is_valid():
        try:
            changed = _change_repository(request, repository, form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(repository_url(changed, "settings", saved="1"))
    context["may_delete"] = policies.may(request.actor, PolicyAction.DELETE, repository)
    return render(request, "settings/details.html", context | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def repository_deletion(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/delete: ask once, in words that name the repository."""
    actor = request.actor
    repository, context = repository_to_change(request, key, slug, "details")
    if request.method == "POST":
        change.delete(actor, repository)
        return redirect(project_url(repository.project))
    return render(request, "settings/delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def repository_permissions(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/permissions"""
    repository, context = repository_to_change(request, key, slug, "permissions")
    here = repository_url(repository, "permissions")
    return _permissions(request, repository, REPOSITORY_STEPS, here, context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_details(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings"""
    actor = request.actor
    project, context = project_to_change(request, key, "details")
    shown = {
        "name": project.name,
        "key": project.key,
        "description": project.description,
        "is_public": project.is_public,
    }
    form = ProjectForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_projects.update(actor, project, **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(reverse("project-settings", args=[changed.key]) + "?saved=1")
    return render(request, "settings/project_details.html", context | {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def project_deletion(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings/delete"""
    actor = request.actor
    project, context = project_to_change(request, key, "details")
    if request.method == "POST":
        try:
            change_projects.delete(actor, project)
        except DomainError as error:
            context["refusal"] = error.message
            return render(request, "settings/project_delete.html", context, status=error.status)
        return redirect("projects")
    return render(request, "settings/project_delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_permissions(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/permissions"""
    actor = request.actor
    project, context = project_to_change(request, key, "permissions")
    here = reverse("project-permissions", args=[project.key])
    held = find_permissions.default_permission(actor, project)
    context["default_permission"] = held.name if held else ""
    return _permissions(request, project, PROJECT_STEPS, here, context)


def repository_to_change(
    request: WebRequest, key: str, slug: str, page: str
) -> tuple[Repository, dict[str, Any]]:
    """Find the repository that a page of settings is about, and what those pages share."""
    actor = request.actor
    repository = repositories.get(actor, key, slug, needed=Permission.REPO_ADMIN)
    return repository, {
        "repository": repository,
        "project": repository.project,
        "tab": "settings",
        "settings_page": page,
        "may": abilities.on_repository(actor, repository),
        "saved": "saved" in request.GET,
    } | clone_menu.context(request, repository)


def project_to_change(request: WebRequest, key: str, page: str) -> tuple[Project, dict[str, Any]]:
    """Find the project that a page of settings is about, and what those pages share."""
    actor = request.actor
    project = projects.get(actor, key, needed=Permission.PROJECT_ADMIN)
    return project, {
        "project": project,
        "settings_page": page,
        "may": abilities.on_project(actor, project),
        "saved": "saved" in request.GET,
    }


def _repository_form(request: WebRequest, repository: Repository) -> RepositorySettingsForm:
    actor = request.actor
    targets = {repository.project.key: repository.project.name}
    targets |= {one.key: one.name for one in abilities.projects_to_create_in(actor)}
    initial = {
        "name": repository.name,
        "description": repository.description,
        "project": repository.project.key,
        "is_public": repository.is_public,
        "is_forkable": repository.is_forkable,
    }
    form = RepositorySettingsForm(request.POST or None, initial=initial)
    form.offer("project", list(targets.items()))
    return form


def _change_repository(
    request: WebRequest, repository: Repository, wanted: dict[str, Any]
) -> Repository:
    actor = request.actor
    key = wanted.pop("project")
    target = projects.get(actor, key) if key and key != repository.project.key else None
    return change.update(actor, repository, project=target, **wanted)


def _permissions(
    request: WebRequest,
    subject: Project | Repository,
    steps: tuple[str, ...],
    here: str,
    context: dict[str, Any],
) -> HttpResponse:
    actor = request.actor
    form = GrantForm(request.POST if request.POST.get("action") == "grant" else None)
    form.offer("permission", [(step, WORDS[step]) for step in steps])
    status = 200
    if request.method == "POST":
        try:
            _change_permissions(request, subject, form)
        except DomainError as error:
            status = error.status
            if form.is_bound and form.is_valid():
                form.refuse(error)
            else:
                context["refusal"] = error.message
        else:
            if not form.errors:
                return redirect(here)
    wanted = PageRequest.read(request.GET, default=MOST_GRANTS)
    text = request.GET.get("filter", "")
    users: Page[Any] = find_permissions.granted_to_users(actor, subject, wanted, text=text)
    groups: Page[Any] = find_permissions.granted_to_groups(actor, subject, wanted, text=text)
    context |= {
        "form": form,
        "kind": request.POST.get("kind", "user"),
        "here": here,
        "filter": text,
        "steps": [(step, WORDS[step]) for step in steps],
        "users": [(grant, Permission(grant.permission).name) for grant in users.values],
        "groups": [(grant, Permission(grant.permission).name) for grant in groups.values],
        "page": users if users.next_start is not None else groups,
        "other_users": find_permissions.users_without_grant(actor, subject, PageRequest()).values,
        "other_groups": find_permissions.groups_without_grant(actor, subject, PageRequest()).values,
    }
    template = (
        "settings/project_permissions.html"
        if isinstance(subject, Project)
        else "settings/permissions.html"
    )
    return render(request, template, context, status=status)


def _change_permissions(
    request: WebRequest, subject: Project | Repository, form: GrantForm
) -> None:
    actor = request.actor
    action = request.POST.get("action", "")
    if action == "default" and isinstance(subject, Project):
        step = request.POST.get("permission", "")
        permissions.set_default(actor, subject, Permission[step] if step in PROJECT_STEPS else None)
    elif action == "revoke":
        permissions.revoke(actor, subject, [_holder(request, request.POST.get("name", ""))])
    elif action == "grant":
        if form.is_valid():
            step = form.cleaned_data["permission"]
            holder = _holder(request, form.cleaned_data["name"])
            permissions.grant(actor, subject, [holder], Permission[step])
    else:
        raise Invalid("Unknown action.")


def _holder(request: WebRequest, name: str) -> User | Group:
    actor = request.actor
    if request.POST.get("kind") == "group":
        return people.get_group(actor, name)
    return people.get_by_name(actor, name)

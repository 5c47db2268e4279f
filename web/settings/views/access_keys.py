"""The SSH access keys of a project or repository."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from core.errors import DomainError
from core.paging import PageRequest
from repos.models import Project, Repository
from repos.selectors import access_keys as find
from repos.services import access_keys
from web.frame.requests import WebRequest
from web.settings.forms import AccessKeyForm
from web.settings.views.details import project_to_change, repository_to_change
from web.templatetags.pages import repository_url

SHOWN_AT_ONCE = 100


PROJECT_STEPS = (("PROJECT_READ", "Read"), ("PROJECT_WRITE", "Read and write"))


REPOSITORY_STEPS = (("REPO_READ", "Read"), ("REPO_WRITE", "Read and write"))


@require_http_methods(["GET", "HEAD", "POST"])
def repository_keys(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/access-keys"""
    repository, context = repository_to_change(request, key, slug, "access-keys")
    here = repository_url(repository, "settings/access-keys")
    return _access_keys(request, repository, here, context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_keys(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings/access-keys"""
    project, context = project_to_change(request, key, "access-keys")
    here = reverse("project-access-keys", args=[project.key])
    return _access_keys(request, project, here, context)


def _access_keys(
    request: WebRequest, subject: Project | Repository, here: str, context: dict[str, Any]
) -> HttpResponse:
    actor = request.actor
    is_project = isinstance(subject, Project)
    steps = PROJECT_STEPS if is_project else REPOSITORY_STEPS
    action = request.POST.get("action", "")
    form = AccessKeyForm(request.POST if action == "add" else None)
    form.offer("permission", steps)
    try:
        if action == "add" and form.is_valid():
            fields = dict(form.cleaned_data)
            step = Permission[fields.pop("permission")]
            access_keys.add(actor, subject, permission=step, **fields)
        elif action in {"revoke", "change"}:
            _change(request, subject, action, steps)
    except DomainError as error:
        if form.is_bound:
            form.refuse(error)
        else:
            context["refusal"] = error.message
    else:
        if request.method == "POST" and not form.errors:
            return redirect(here)
    text = request.GET.get("filter", "")
    wanted = PageRequest.read(request.GET, default=SHOWN_AT_ONCE)
    page = find.list_of(actor, subject, wanted, text=text, effective=True)
    context |= {
        "form": form,
        "filter": text,
        "page": page,
        "steps": steps,
        "rows": [(row, Permission(row.permission).name) for row in page.values],
    }
    template = "settings/project_access_keys.html" if is_project else "settings/access_keys.html"
    failed = form.errors or "refusal" in context
    return render(request, template, context, status=400 if failed else 200)


def _change(
    request: WebRequest,
    subject: Project | Repository,
    action: str,
    steps: tuple[tuple[str, str], ...],
) -> None:
    actor = request.actor
    found = find.get(actor, subject, request.POST.get("id", ""))
    step = request.POST.get("permission", "")
    if action == "revoke":
        access_keys.revoke(actor, subject, found)
    elif step in dict(steps):
        access_keys.change(actor, subject, found, Permission[step])

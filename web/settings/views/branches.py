"""Settings that shape a repository: its branches and their model, its labels, whether it is archived."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, Invalid
from core.paging import PageRequest
from repos.errors import NoBranchModel
from repos.models import Project, Repository
from repos.policies import PolicyAction
from repos.selectors import branch_models, labels, policies, refs
from repos.services import branch_models as change_models
from repos.services import branches
from repos.services import labels as change_labels
from repos.services import repositories as change
from web.branches.views.branches import offered_names
from web.frame.requests import WebRequest
from web.settings.forms import BranchModelForm, DefaultBranchForm, LabelForm
from web.settings.views.details import project_to_change, repository_to_change
from web.templatetags.pages import repository_url

MOST_LABELS = 1000


@require_http_methods(["GET", "HEAD", "POST"])
def repository_branches(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/branches: the default branch and the branch model."""
    actor = request.actor
    repository, context = repository_to_change(request, key, slug, "branches")
    current = refs.default_branch_name(actor, repository).removeprefix("refs/heads/")
    is_this = request.POST.get("action") == "default"
    form = DefaultBranchForm(request.POST if is_this else None, initial={"default_branch": current})
    here = repository_url(repository, "settings/branches", saved="1")
    if form.is_bound and form.is_valid():
        try:
            branches.set_default(actor, repository, form.cleaned_data["default_branch"])
        except DomainError as error:
            form.add_error("default_branch", error.message)
        else:
            return redirect(here)
    context |= {"default_form": form, "ref_names": offered_names(request, repository)}
    return _model(request, repository, here, "settings/branches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_branches(request: WebRequest, key: str) -> HttpResponse:
    """/projects/{key}/settings/branches: the branch model of its repositories."""
    project, context = project_to_change(request, key, "branches")
    here = reverse("project-branches", args=[project.key]) + "?saved=1"
    return _model(request, project, here, "settings/project_branches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def repository_labels(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/labels"""
    actor = request.actor
    repository, context = repository_to_change(request, key, slug, "labels")
    form = LabelForm(request.POST if request.POST.get("action") == "add" else None)
    status = 200
    if request.method == "POST":
        try:
            _change_labels(request, repository, form)
        except DomainError as error:
            status = error.status
            if form.is_bound and form.is_valid():
                form.refuse(error)
            else:
                context["refusal"] = error.message
        else:
            if not form.errors:
                return redirect(request.path)
            status = 400
    page = labels.of_repository(actor, repository, PageRequest(limit=MOST_LABELS))
    context |= {"form": form, "labels": page.values}
    return render(request, "settings/labels.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def repository_archive(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/settings/archive: make it read-only, or bring it back."""
    actor = request.actor
    repository, context = repository_to_change(request, key, slug, "archive")
    status = 200
    if request.method == "POST":
        try:
            if request.POST.get("action") not in {"archive", "restore"}:
                raise Invalid("Unknown action.")
            is_archived = request.POST["action"] == "archive"
            change.update(actor, repository, is_archived=is_archived)
        except DomainError as error:
            status = error.status
            context["refusal"] = error.message
        else:
            return redirect(request.path)
    context["may_archive"] = policies.may(actor, PolicyAction.ARCHIVE, repository)
    return render(request, "settings/archive.html", context, status=status)


def _change_labels(request: WebRequest, repository: Repository, form: LabelForm) -> None:
    actor = request.actor
    action = request.POST.get("action")
    if action == "add":
        if form.is_valid():
            change_labels.apply(actor, repository, form.cleaned_data["name"])
    elif action == "remove":
        change_labels.remove(actor, repository, request.POST.get("name", ""))
    else:
        raise Invalid("Unknown action.")


def _model(
    request: WebRequest,
    place: Project | Repository,
    here: str,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Show the branch model that is in force for a place, and let the place have one of its own."""
    actor = request.actor
    try:
        model = branch_models.setting(actor, place)
    except NoBranchModel:
        model = branch_models.FIRST
    action = request.POST.get("action")
    form = BranchModelForm(
        request.POST if action == "model" else None, initial=BranchModelForm.shown(model)
    )
    default_form = context.get("default_form")
    status = 400 if default_form and default_form.errors else 200
    if request.method == "POST" and action != "default":
        try:
            if action == "model" and form.is_valid():
                change_models.configure(actor, place, **form.wanted())
            elif action == "inherit":
                change_models.reset(actor, place)
            elif action != "model":
                raise Invalid("Unknown action.")
        except DomainError as error:
            status = error.status
            if form.is_bound:
                form.refuse(error)
            else:
                context["refusal"] = error.message
        else:
            if not form.errors:
                return redirect(here)
            status = 400
    context |= {
        "form": form,
        "is_own": model.place == place,
        "is_of_project": isinstance(model.place, Project),
        "is_overriding": model.place == place or "override" in request.GET or form.is_bound,
        "model": model,
    }
    return render(request, template, context, status=status)

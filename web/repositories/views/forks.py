"""The pages of forks: where a repository came from, what came from it, and the form for a new one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.errors import DomainError, Unauthenticated
from core.paging import PageRequest
from repos.selectors import abilities, forks, labels, projects
from repos.services import forks as change
from repos.services import synchronisation
from web.frame.requests import WebRequest
from web.repositories.forms import ForkForm
from web.repositories.page import repository_page
from web.templatetags.pages import repository_url

OWN = ""


@require_safe
def fork_list(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r/forks: its own forks that the reader may see."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "forks")
    page = forks.forks_of(actor, repository, PageRequest.read(request.GET))
    labels.bring(actor, page.values)
    return render(
        request, "repositories/forks.html", context | {"page": page, "show_project": True}
    )


def create(request: WebRequest, key: str, slug: str) -> HttpResponse:
    """r?fork: the form for a new fork."""
    actor = request.actor
    repository, context = repository_page(request, key, slug, "forks")
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    form = ForkForm(
        request.POST if request.method == "POST" else None,
        initial={"name": repository.name, "follows": True},
    )
    own = (OWN, f"{actor.user.display_name} (your own)")
    targets = [(one.key, one.name) for one in abilities.projects_to_create_in(actor)]
    form.offer("project", [own, *targets])
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            target = projects.get(actor, wanted["project"]) if wanted["project"] else None
            fork = change.create(actor, repository, name=wanted["name"], project=target)
            if wanted["follows"]:
                synchronisation.enable(actor, fork)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(repository_url(fork))
    status = 400 if form.errors else 200
    return render(request, "repositories/fork.html", context | {"form": form}, status=status)

"""Administration of what the site lets whom do to repositories."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.permissions import Permission
from core.errors import DomainError
from repos.policies import CHOICES, PolicyAction
from repos.selectors import policies as find
from repos.services import policies as change
from web.administration.forms import PoliciesForm
from web.frame.requests import WebRequest

WORDS = {
    Permission.SYS_ADMIN: "System administrators only",
    Permission.ADMIN: "Administrators of the site",
    Permission.PROJECT_ADMIN: "Administrators of the project",
    Permission.REPO_ADMIN: "Administrators of the repository",
}


@require_http_methods(["GET", "HEAD", "POST"])
def policies(request: WebRequest) -> HttpResponse:
    """/admin/repository-policies"""
    actor = request.actor
    people.may_configure_site(actor)
    shown = {act.name.lower(): find.needed(actor, act).name for act in PolicyAction}
    form = PoliciesForm(request.POST if request.method == "POST" else None, initial=shown)
    for act in PolicyAction:
        form.offer(act.name.lower(), [(one.name, WORDS[one]) for one in reversed(CHOICES)])
    if form.is_bound and form.is_valid():
        try:
            for act in PolicyAction:
                wanted = form.cleaned_data[act.name.lower()]
                if wanted != shown[act.name.lower()]:
                    change.set_needed(actor, act, wanted)
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(f"{request.path}?saved=1")
    context = {
        "form": form,
        "saved": "saved" in request.GET,
        "admin_page": "policies",
        "may_change": Permission.SYS_ADMIN in people.abilities(actor),
    }
    status = 400 if form.errors else 200
    return render(request, "administration/repository_policies.html", context, status=status)

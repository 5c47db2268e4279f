"""Profiles and avatars of users, and changing the own password."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors as people
from accounts.errors import NoSuchUser
from accounts.services import users as change_users
from core.errors import DomainError, Unauthenticated
from core.paging import PageRequest
from repos.errors import NoSuchProject
from repos.selectors import abilities, labels, projects, repositories
from web.account.forms import OwnPasswordForm
from web.frame.requests import WebRequest


@require_safe
def profile(request: WebRequest, slug: str) -> HttpResponse:
    """/users/{slug}: a person and the repositories of their personal project."""
    actor = request.actor
    user = people.get(actor, slug)
    wanted = PageRequest.read(request.GET)
    text = request.GET.get("filter", "")
    try:
        project = projects.get(actor, f"~{user.slug}")
        page = repositories.list_of_project(actor, project, wanted, text=text)
        labels.bring(actor, page.values)
        may_create = abilities.on_project(actor, project).may_create_repositories
    except NoSuchProject:
        page, may_create = None, actor.user == user
    context = {"person": user, "page": page, "filter": text, "may_create": may_create}
    return render(request, "account/public_profile.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: WebRequest) -> HttpResponse:
    """/account/password: change one's own; all other sessions end."""
    actor = request.actor
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    form = OwnPasswordForm(request.POST or None)
    if form.is_bound and form.is_valid():
        fields = form.cleaned_data
        try:
            change_users.change_own_password(actor, fields["old_password"], fields["password"])
        except DomainError as error:
            form.refuse(error)
        else:
            update_session_auth_hash(request, actor.user)
            return redirect(reverse("own-password", query={"saved": "1"}))
    context = {"form": form, "saved": "saved" in request.GET}
    status = 400 if form.is_bound and form.errors else 200
    return render(request, "account/password.html", context, status=status)


@require_safe
def avatar(request: WebRequest, slug: str) -> HttpResponse:
    """/users/{slug}/avatar.png: the uploaded avatar, or a generated one, also for unknown users."""
    if len(slug) > 255:
        raise NoSuchUser(slug[:50])
    actor = request.actor
    return HttpResponse(
        people.avatar(actor, slug, request.GET.get("s")),
        content_type="image/png",
        headers={"Cache-Control": "private, max-age=60, stale-while-revalidate=86400"},
    )

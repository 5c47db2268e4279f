"""Sign in, sign out, the theme, pictures of people, profiles."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as people
from accounts.errors import NoSuchUser
from accounts.services import sign_in
from accounts.services import users as change_users
from core.errors import DomainError, Unauthenticated
from core.paging import PageRequest
from repos.errors import NoSuchProject
from repos.selectors import abilities, labels, projects, repositories
from web import cloning
from web.forms import LoginForm, OwnPasswordForm
from web.frame import THEME_COOKIE, THEMES, inside

ONE_YEAR = 365 * 24 * 3600


@never_cache
@require_safe
def login(request: HttpRequest) -> HttpResponse:
    """/login"""
    wanted = inside(request.GET.get("next", ""))
    if request.actor.user is not None:  # type: ignore[attr-defined]
        return redirect(wanted)
    return render(request, "login.html", {"form": LoginForm(), "next": wanted})


@never_cache
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """/j_atl_security_check, where Bitbucket's login form is sent to."""
    wanted = inside(request.POST.get("next", ""))
    form = LoginForm(request.POST)
    if form.is_valid():
        try:
            sign_in.sign_in(
                request.actor,  # type: ignore[attr-defined]
                request,
                name=form.cleaned_data["j_username"],
                password=form.cleaned_data["j_password"],
                remember=form.cleaned_data["_atl_remember_me"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect(wanted)
    return render(request, "login.html", {"form": form, "next": wanted}, status=401)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    """/j_atl_security_logout: at once for who asks from here, for who comes by a link from elsewhere after a question."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.user is not None and request.method != "POST" and not _comes_from_here(request):
        return render(request, "logout.html")
    sign_in.sign_out(actor, request)
    return redirect("login")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember which theme this browser shows; anything else follows the system."""
    response = redirect(inside(request.POST.get("next", "")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


@require_POST
def clone_way(request: HttpRequest) -> HttpResponse:
    """Remember by which way this browser's clone menu shows addresses."""
    response = redirect(inside(request.POST.get("next", "")))
    way = request.POST.get("way", "")
    if way in cloning.WAYS:
        response.set_cookie(cloning.COOKIE, way, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    return response


@require_safe
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """/users/{slug}: a person and the repositories of their personal project."""
    actor = request.actor  # type: ignore[attr-defined]
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
    return render(request, "profile.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """/account/password: change one's own; all other sessions end."""
    actor = request.actor  # type: ignore[attr-defined]
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
    return render(request, "password.html", context, status=status)


@require_safe
def avatar(request: HttpRequest, slug: str) -> HttpResponse:
    """/users/{slug}/avatar.png: somebody's own picture, or one made for the name, whether somebody bears it or not."""
    if len(slug) > 255:
        raise NoSuchUser(slug[:50])
    actor = request.actor  # type: ignore[attr-defined]
    return HttpResponse(
        people.avatar(actor, slug, request.GET.get("s")),
        content_type="image/png",
        headers={"Cache-Control": "private, max-age=60, stale-while-revalidate=86400"},
    )


def _comes_from_here(request: HttpRequest) -> bool:
    """Whether a person followed a link of ours or typed the address: no picture, frame or page of another site.

    Browsers tell by Sec-Fetch headers, but not over plain HTTP; there the Referer has to say it.
    """
    headers = request.headers
    if "Sec-Fetch-Site" in headers:
        is_ours = headers["Sec-Fetch-Site"] in {"same-origin", "none"}
        is_ahead = "Sec-Purpose" in headers  # fetched before the person has pressed anything
        return is_ours and headers.get("Sec-Fetch-Dest") == "document" and not is_ahead
    here = f"{request.scheme}://{request.get_host()}/"
    wants_page = "text/html" in headers.get("Accept", "")
    return wants_page and headers.get("Referer", "").startswith(here)

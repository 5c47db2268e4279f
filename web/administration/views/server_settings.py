"""Administration of the server itself: its name and address, the banner, how people and programs come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import site_administration
from core import site_settings
from core.errors import DomainError
from repos.services import repositories
from web.administration.forms import AuthenticationForm, BannerForm, ServerForm
from web.frame.forms import Form
from web.frame.requests import WebRequest


@require_http_methods(["GET", "HEAD", "POST"])
def authentication(request: WebRequest) -> HttpResponse:
    """/admin/authentication"""
    actor = request.actor
    people.may_configure_site(actor)
    shown = {
        "blocks_passwords": site_settings.read(site_settings.BASIC_PASSWORDS_BLOCKED),
        "allowed_users": "\n".join(site_settings.read(site_settings.BASIC_ALLOWED_USERS)),
        "allowed_paths": "\n".join(site_settings.read(site_settings.BASIC_ALLOWED_PATHS)),
        "shows_warning": site_settings.read(site_settings.BASIC_WARNING_SHOWN),
        "longest_token_days": site_settings.read(site_settings.LONGEST_TOKEN_DAYS),
        "administrators_follow_password_rules": site_settings.read(
            site_settings.PASSWORD_RULES_FOR_ADMINISTRATORS
        ),
    }
    form = AuthenticationForm(request.POST or None, initial=shown)

    def save(wanted: dict[str, Any]) -> None:
        wanted["allowed_users"] = _lines(wanted["allowed_users"])
        wanted["allowed_paths"] = _lines(wanted["allowed_paths"])
        wanted["longest_token_days"] = wanted["longest_token_days"] or 0
        site_administration.change_authentication(actor, **wanted)

    if _saved(form, save):
        return redirect(f"{request.path}?saved=1")
    context = {"form": form, "saved": "saved" in request.GET, "admin_page": "authentication"}
    status = 400 if form.errors else 200
    return render(request, "administration/authentication.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def server(request: WebRequest) -> HttpResponse:
    """/admin/server-settings"""
    actor = request.actor
    people.may_configure_site(actor)
    action = request.POST.get("action", "")
    shown = {
        "display_name": site_settings.read(site_settings.DISPLAY_NAME),
        "base_url": site_settings.read(site_settings.BASE_URL),
        "default_branch": site_settings.read(site_settings.DEFAULT_BRANCH).removeprefix(
            "refs/heads/"
        ),
    }
    form = ServerForm(request.POST if action == "server" else None, initial=shown)
    banner = BannerForm(
        request.POST if action == "banner" else None,
        initial=site_settings.read(site_settings.BANNER),
    )

    def save(wanted: dict[str, Any]) -> None:
        repositories.set_site_default_branch(actor, wanted.pop("default_branch"))
        site_administration.change_server(actor, **wanted)

    if _saved(form, save) or _saved(
        banner, lambda wanted: site_administration.set_banner(actor, **wanted)
    ):
        return redirect(f"{request.path}?saved=1")
    context = {
        "form": form,
        "banner_form": banner,
        "saved": "saved" in request.GET,
        "admin_page": "server",
    }
    failed = form.errors or banner.errors
    return render(
        request, "administration/server_settings.html", context, status=400 if failed else 200
    )


def _saved(form: Form, save: Callable[[dict[str, Any]], None]) -> bool:
    """Save the form if it was submitted; errors are shown in it."""
    if not form.is_bound or not form.is_valid():
        return False
    try:
        save(form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return False
    return True


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]

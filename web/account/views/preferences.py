"""What a browser remembers: theme, clone protocol, sidebar, shortcuts, line wrapping."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from web.frame.context import (
    SHORTCUTS_COOKIE,
    SIDEBAR_COOKIE,
    THEME_COOKIE,
    THEMES,
    WRAP_COOKIE,
    inside,
)
from web.frame.requests import WebRequest
from web.repositories import clone_menu

ONE_YEAR = 365 * 24 * 3600


@require_POST
def theme(request: WebRequest) -> HttpResponse:
    """Remember which theme this browser shows; anything else follows the system."""
    response = redirect(inside(request.POST.get("next", "")))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


@require_POST
def clone_way(request: WebRequest) -> HttpResponse:
    """Remember by which way this browser's clone menu shows addresses."""
    response = redirect(inside(request.POST.get("next", "")))
    way = request.POST.get("way", "")
    if way in clone_menu.WAYS:
        response.set_cookie(clone_menu.COOKIE, way, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    return response


ONE_YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: WebRequest) -> HttpResponse:
    """/-/keyboard: every shortcut, and the switch for those of a single key."""
    if request.method == "POST":
        response = redirect("keyboard")
        return _remember(response, SHORTCUTS_COOKIE, "off", is_set="shortcuts" not in request.POST)
    is_part = bool(request.htmx)
    return render(request, "account/_shortcuts.html" if is_part else "account/keyboard.html")


@require_POST
def sidebar(request: WebRequest) -> HttpResponse:
    """Remember whether the sidebar of a repository shows icons alone."""
    response = redirect(inside(request.POST.get("next", "")))
    is_narrow = request.POST.get("sidebar") == "narrow"
    return _remember(response, SIDEBAR_COOKIE, "narrow", is_set=is_narrow)


@require_POST
def wrap(request: WebRequest) -> HttpResponse:
    """Remember whether long lines of code are broken, or scrolled."""
    response = redirect(inside(request.POST.get("next", "")))
    return _remember(response, WRAP_COOKIE, "on", is_set=request.POST.get("wrap") == "on")


def _remember(response: HttpResponse, name: str, value: str, *, is_set: bool) -> HttpResponse:
    if is_set:
        response.set_cookie(name, value, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(name)
    return response

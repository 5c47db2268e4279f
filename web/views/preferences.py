"""How this browser shows pages: the sidebar, long lines, and the shortcuts of the keyboard."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from web.frame import SHORTCUTS_COOKIE, SIDEBAR_COOKIE, WRAP_COOKIE, inside

ONE_YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def keyboard(request: HttpRequest) -> HttpResponse:
    """/-/keyboard: every shortcut, and the switch for those of a single key."""
    if request.method == "POST":
        response = redirect("keyboard")
        return _remember(response, SHORTCUTS_COOKIE, "off", is_set="shortcuts" not in request.POST)
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "parts/shortcuts.html" if is_part else "keyboard.html")


@require_POST
def sidebar(request: HttpRequest) -> HttpResponse:
    """Remember whether the sidebar of a repository shows icons alone."""
    response = redirect(inside(request.POST.get("next", "")))
    is_narrow = request.POST.get("sidebar") == "narrow"
    return _remember(response, SIDEBAR_COOKIE, "narrow", is_set=is_narrow)


@require_POST
def wrap(request: HttpRequest) -> HttpResponse:
    """Remember whether long lines of code are broken, or scrolled."""
    response = redirect(inside(request.POST.get("next", "")))
    return _remember(response, WRAP_COOKIE, "on", is_set=request.POST.get("wrap") == "on")


def _remember(response: HttpResponse, name: str, value: str, *, is_set: bool) -> HttpResponse:
    if is_set:
        response.set_cookie(name, value, max_age=ONE_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(name)
    return response

"""Error pages: not found, server error, unavailable."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from core.errors import Unavailable
from web.frame.middleware import refusal_page


def not_found(request: HttpRequest) -> HttpResponse:
    """Say that there is no such page."""
    return refusal_page(request, 404, "There is no page at this URL.")


def forbidden_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came without proof that it is ours (Django's CSRF failure view)."""
    message = "The form has expired. Go back, reload the page and send it again."
    return refusal_page(request, 403, message)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something broke, with an id for the administrator; without help of the database."""
    context = {
        "request_id": getattr(request, "request_id", ""),
        "home": settings.SERVER_CONTEXT_PATH or "/",
    }
    return HttpResponse(render_to_string("frame/server_error.html", context), status=500)


def unavailable(request: HttpRequest, refusal: Unavailable) -> HttpResponse:
    """Say that it has to wait; without help of the database."""
    context = {"home": settings.SERVER_CONTEXT_PATH or "/", "message": refusal.message}
    html = render_to_string("frame/unavailable.html", context)
    return HttpResponse(html, status=refusal.status, headers=refusal.headers)


def components(request: HttpRequest) -> HttpResponse:
    """/-/components: every component in one place, for those who build pages."""
    return render(request, "frame/components.html")

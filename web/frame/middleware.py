"""A refusal becomes a page here, so that no view needs a `try`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import credentials
from core import links
from core.errors import DomainError, Unauthenticated, refusal_of
from repos.errors import Moved

Handler = Callable[[HttpRequest], HttpResponse]
SAFE = ("GET", "HEAD")


class ErrorPages:
    """Show what a view refuses: a page with the sentence, or the way to the login page."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: Any
    ) -> HttpResponse | None:
        """Let scripts read pages with Basic or Bearer, as REST does; no session begins, and forms need one."""
        is_page = view.__module__.startswith("web.")
        if not is_page or "HTTP_AUTHORIZATION" not in request.META or request.method not in SAFE:
            return None
        try:
            request.actor = credentials.from_header_of_page(request)  # type: ignore[attr-defined]
        except DomainError as error:
            return self.process_exception(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; leave accidents to handler500."""
        refusal = refusal_of(error)
        if refusal is None:
            return None
        if isinstance(refusal, Moved):
            return redirect(_new_address(request, refusal))
        if isinstance(refusal, Unauthenticated):
            return _ask_who(request, refusal)
        return refusal_page(request, refusal.status, refusal.message)


def _ask_who(request: HttpRequest, error: Unauthenticated) -> HttpResponse:
    """Answer a script in the way it understands, and a person with the login page."""
    if "HTTP_AUTHORIZATION" not in request.META:
        return to_login(request)
    response = HttpResponse(f"{error.message}\n", status=error.status, content_type="text/plain")
    for name, value in error.headers.items():
        response[name] = value
    return response


def to_login(request: HttpRequest) -> HttpResponse:
    """Redirect anonymous visitors to the login page, and back afterwards."""
    wanted = request.get_full_path() if request.method in SAFE else ""
    query = urlencode({"next": wanted}) if wanted else ""
    return redirect(f"{reverse('login')}?{query}" if query else reverse("login"))


def refusal_page(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Show a refusal as a page."""
    titles = {
        401: "Permission denied",
        403: "Bad request",
        404: "Not found",
        503: "Not just now",
    }
    title = titles.get(status, "Request failed")
    context = {"status": status, "title": title, "message": message}
    return render(request, "frame/error.html", context, status=status)


def _new_address(request: HttpRequest, moved: Moved) -> str:
    new = f"/projects/{links.segment(moved.project_key)}"
    if moved.project_key.startswith("~"):
        new = f"/users/{links.segment(moved.project_key[1:])}"
    old_length = 2
    if moved.slug is not None:
        new += f"/repos/{links.segment(moved.slug)}"
        old_length = 4
    rest = request.path_info.lstrip("/").split("/", old_length)[old_length:]
    query = request.META.get("QUERY_STRING", "")
    path = "/".join([new, *(links.path_segments(part) for part in rest)])
    return links.absolute(path + (f"?{query}" if query else ""))

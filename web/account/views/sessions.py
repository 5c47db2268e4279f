"""A person's own sessions: where they are signed in, ended one by one or all at once."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.services import sessions
from accounts.sessions import hashed
from core.errors import Unauthenticated
from core.paging import PageRequest
from web.frame.requests import WebRequest

SHOWN_AT_ONCE = 50
# The order matters: most browsers name several others beside themselves.
BROWSERS = ("Edg", "OPR", "Firefox", "Chromium", "Chrome", "Safari", "curl")
NAMES = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_sessions(request: WebRequest) -> HttpResponse:
    """/account/sessions"""
    actor = request.actor
    if actor.user is None:
        raise Unauthenticated("Sign in first.")
    key = request.session.session_key
    if request.POST.get("action") == "end":
        sessions.end(actor, request.POST.get("id", ""))
        return redirect("sessions")
    if request.POST.get("action") == "end-others":
        sessions.end_others(actor, key)
        return redirect("sessions")
    page = people.sessions(actor, PageRequest.read(request.GET, default=SHOWN_AT_ONCE))
    rows = [(one, browser_of(one.user_agent)) for one in page.values]
    context = {"page": page, "rows": rows, "current": hashed(key or "")}
    return render(request, "account/sessions.html", context)


def browser_of(user_agent: str) -> str:
    """Say in words which browser on which system this is; what it calls itself where we do not know."""
    found = next((one for one in BROWSERS if re.search(rf"\b{one}/", user_agent)), None)
    system = next((one for one in SYSTEMS if one in user_agent), None)
    if found is None:
        return user_agent[:60] or "unknown browser"
    name = NAMES.get(found, found)
    return f"{name} on {system}" if system else name

"""Flash messages: a sentence that is shown once after a redirect."""

from __future__ import annotations

from django.http import HttpRequest

NOTICE = "notice"


def leave(request: HttpRequest, address: str, sentence: str) -> None:
    """Let the page at this address say it."""
    request.session[NOTICE] = [address, sentence]


def take(request: HttpRequest, address: str) -> str:
    """What the page at this address has to say; nothing the next time."""
    left = request.session.get(NOTICE)
    if not left or left[0] != address:
        return ""
    del request.session[NOTICE]
    return str(left[1])

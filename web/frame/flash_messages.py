"""Flash messages: a sentence that is shown once after a redirect."""

from __future__ import annotations

from web.frame.requests import WebRequest

NOTICE = "notice"


def leave(request: WebRequest, address: str, sentence: str) -> None:
    """Let the page at this address say it."""
    request.session[NOTICE] = [address, sentence]


def take(request: WebRequest, address: str) -> str:
    """What the page at this address has to say; nothing the next time."""
    left = request.session.get(NOTICE)
    if not left or left[0] != address:
        return ""
    del request.session[NOTICE]
    return str(left[1])

"""Answers of the event loop itself, to requests that never reach the application."""

from __future__ import annotations

import orjson
from django.conf import settings

from core.errors import DomainError

BUSY = (503, "Service Unavailable", "The server is busy. Try again in a moment.")
HEAD_TOO_LARGE = (431, "Request Header Fields Too Large", "The request headers are too large.")
TOO_SLOW = (408, "Request Timeout", "The request timed out. Send it again.")


def answer(refusal: tuple[int, str, str], target: str = "") -> bytes:
    """Give a whole answer, as REST clients or as people read it, after which the connection ends."""
    status, reason, sentence = refusal
    if target.removeprefix(settings.SERVER_CONTEXT_PATH).startswith("/rest/"):
        kind = "application/json;charset=UTF-8"
        content = orjson.dumps({"errors": DomainError(sentence).as_json()})
    else:
        kind, content = "text/plain;charset=UTF-8", f"{sentence}\n".encode()
    again = "Retry-After: 10\r\n" if refusal is BUSY else ""
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n{again}"
        f"Connection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content

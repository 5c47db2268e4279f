"""The head of a request, as far as the event loop has to know it; gunicorn's parser judges it later.

Whatever is malformed here is left to that parser, so that it is refused in one place and one way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import unquote

from django.conf import settings

from core import request_bodies
from gitengine.upload import MOST_REQUEST_BYTES

_REQUEST_LINE = re.compile(rb"(?:\r\n)?([^ \r\n]+) ([^ \r\n]+) HTTP/1\.([01])\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_HAS_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:", re.IGNORECASE)
_ENCODING = re.compile(rb"\r\ntransfer-encoding[ \t]*:([^\r\n]*)", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:([^\r\n]*)\r\n", re.IGNORECASE)
_AUTHORIZATION = re.compile(rb"\r\nauthorization:([^\r\n]*)", re.IGNORECASE)
_SESSION = re.compile(
    rb"\r\ncookie:[^\r\n]*\b" + settings.SESSION_COOKIE_NAME.encode() + rb"=([^;\r\n]*)",
    re.IGNORECASE,
)
_FORWARDED = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.IGNORECASE)

_PUSH = "/git-receive-pack"


@dataclass(frozen=True)
class Head:
    """What a head says of its request."""

    # Path and query as they were sent.
    target: str
    # Of the body, in bytes; None where it is chunked.
    length: int | None
    # Whether the client waits to be told before it sends the body.
    expects: bool
    # So much of the body is read before a thread has the request; of a larger one nothing.
    most_ahead: int
    # Of a larger body the rest may be read in a thread: its sender is judged by the head.
    is_push: bool
    # What proxies say for whom they call.
    forwarded: str
    # A digest of what says who calls, which is not verified here; empty where nothing does.
    credential: bytes


def read(data: bytes) -> Head | None:
    """Read a head, with the empty line at its end; None where gunicorn's parser has to refuse it."""
    line = _REQUEST_LINE.match(data)
    encoding, expectation = _ENCODING.search(data), _EXPECTS.search(data)
    length = _LENGTH.search(data)
    if line is None or (expectation and expectation[1].strip(b" \t").lower() != b"100-continue"):
        return None
    if encoding is not None and (b"chunked" not in encoding[1].lower() or _HAS_LENGTH.search(data)):
        return None
    if length is None and _HAS_LENGTH.search(data):
        return None
    target = line[2].decode("latin-1")
    path = unquote(target.partition("?")[0].partition("#")[0]).rstrip("/")
    path = path.removeprefix(settings.SERVER_CONTEXT_PATH)
    is_push = path.endswith(_PUSH)
    credential = _AUTHORIZATION.search(data) or _SESSION.search(data)
    return Head(
        target=target,
        length=None if encoding else int(length[1]) if length else 0,
        expects=expectation is not None and line[3] == b"1",
        most_ahead=_most_ahead(path, is_push, _AUTHORIZATION.search(data) is not None),
        is_push=is_push,
        # Fields of one name are one list, in their order (RFC 9110, 5.3).
        forwarded=",".join(one.decode("latin-1").strip() for one in _FORWARDED.findall(data)),
        credential=blake2b(credential[1].strip(), digest_size=16).digest() if credential else b"",
    )


def _most_ahead(path: str, is_push: bool, is_authorized: bool) -> int:
    if is_push:
        # Who says not even who they are may not push, and is told so at once.
        return int(settings.HTTP_PUSH_AHEAD_BYTES) if is_authorized else 0
    if path.startswith(request_bodies.GIT):
        return MOST_REQUEST_BYTES
    return request_bodies.most_bytes(path)

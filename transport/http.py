"""Git over HTTP: info/refs, git-upload-pack, git-receive-pack (gitprotocol-http(5)); nothing else is served."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts import credentials
from accounts.actor import Actor
from core import links
from core.errors import DomainError, Forbidden, Invalid, NotFound, refusal_of
from gitengine import errors
from gitengine.pktlines import FLUSH_PACKET, line
from gitengine.upload import MOST_REQUEST_BYTES
from repos.errors import Moved
from repos.models import Repository
from transport import request_bodies, session
from transport.session import Service

logger = logging.getLogger(__name__)

NO_CACHE = {
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
    "X-Accel-Buffering": "no",
}


SERVICES = {Service.UPLOAD_PACK.value, Service.RECEIVE_PACK.value}


class WrongMediaType(DomainError):
    """A body that is not what this service takes."""

    status = 415


@csrf_exempt
def info_refs(request: HttpRequest, key: str, slug: str) -> HttpResponseBase:
    """Answer the first request of a clone, fetch or push."""
    try:
        if request.method not in {"GET", "HEAD"}:
            return _wrong_method("GET, HEAD")
        service = _service_of_query(request)
        actor = _actor(request)
        repository = session.find(actor, key, slug)
        version = session.version_asked(request.META.get("HTTP_GIT_PROTOCOL", ""))
        answer = session.advertise(actor, repository, service, version=version)
        return _stream(_announced(service, answer), f"application/x-{service.value}-advertisement")
    except Moved as moved:
        return _sent_on(request, moved, "info/refs")
    except (DomainError, errors.GitError) as error:
        return refusal(error)


@csrf_exempt
def upload_pack(request: HttpRequest, key: str, slug: str) -> HttpResponseBase:
    """Answer one round of a clone or fetch."""
    return _serve(request, key, slug, Service.UPLOAD_PACK, MOST_REQUEST_BYTES)


@csrf_exempt
def receive_pack(request: HttpRequest, key: str, slug: str) -> HttpResponseBase:
    """Take a push."""
    return _serve(request, key, slug, Service.RECEIVE_PACK, settings.GIT_MAX_PACK_BYTES)


@csrf_exempt
def nothing_here(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer for every other path of a repository: its files are never served as files."""
    return _text("Not found.", 404)


def _serve(
    request: HttpRequest, key: str, slug: str, service: Service, most_bytes: int
) -> HttpResponseBase:
    try:
        if request.method != "POST":
            return _wrong_method("POST")
        if request.content_type != f"application/x-{service.value}-request":
            raise WrongMediaType(f"Send application/x-{service.value}-request.")
        actor = _actor(request)
        repository: Repository = session.find(actor, key, slug)
        body = request_bodies.of(request.META, most_bytes=most_bytes)
        version = session.version_asked(request.META.get("HTTP_GIT_PROTOCOL", ""))
        answer = session.serve(actor, repository, service, body, version=version)
        return _stream(answer, f"application/x-{service.value}-result")
    except Moved as moved:
        return _sent_on(request, moved, service.value)
    except (DomainError, errors.GitError) as error:
        return refusal(error)


def _actor(request: HttpRequest) -> Actor:
    """Git brings its credentials with every request; a browser's cookie counts for nothing here."""
    origin = credentials.origin_of(request)
    header = request.META.get("HTTP_AUTHORIZATION", "")
    actor = credentials.from_header(header, origin, request.path_info)
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def _service_of_query(request: HttpRequest) -> Service:
    named = request.GET.getlist("service")
    if not named:
        raise NotFound("This server speaks git's smart protocol only.")
    if len(named) > 1 or named[0] not in SERVICES:
        raise Invalid("Ask for one service: git-upload-pack or git-receive-pack.")
    return Service(named[0])


def _announced(service: Service, answer: Iterator[bytes]) -> Iterator[bytes]:
    """Put before it what only HTTP says first (gitprotocol-http(5))."""
    pieces = _Answer(answer)  # a refusal comes before anything is said
    try:
        yield line(f"# service={service.value}") + FLUSH_PACKET
        yield from pieces
    finally:
        pieces.close()


class _Answer:
    """An answer whose first piece is made already, so that a refusal can still have its status."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces = pieces
        self._first: bytes | None = next(pieces, b"")

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._pieces)

    def close(self) -> None:
        """Called when the client has all, or is gone: whatever still works for it ends."""
        if hasattr(self._pieces, "close"):
            self._pieces.close()


def _stream(pieces: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    return StreamingHttpResponse(_Answer(pieces), content_type=content_type, headers=NO_CACHE)


def refusal(error: DomainError | errors.GitError) -> HttpResponse:
    """Show a refusal as git shows it to people: a status and a sentence."""
    found = refusal_of(error)
    if found is None:
        logger.error("git could not serve a request", exc_info=error)
        return _text(
            "The server could not complete the request. The administrator can find the reason in the log.",
            500,
        )
    if isinstance(found, Forbidden):
        # Not 401: git's credential helpers would forget a password that is right.
        return _text("You are not permitted to push to this repository.", 403)
    response = _text(found.message, found.status)
    for name, value in found.headers.items():
        response[name] = value
    return response


def _sent_on(request: HttpRequest, moved: Moved, rest: str) -> HttpResponse:
    key = links.segment(moved.project_key.lower())
    path = f"/scm/{key}/{links.segment(moved.slug or '')}.git/{rest}"
    query = request.META.get("QUERY_STRING", "")
    response = _text(moved.message, moved.status)
    response["Location"] = links.absolute(path) + (f"?{query}" if query else "")
    return response


def _wrong_method(allowed: str) -> HttpResponse:
    response = _text("This method is not served here.", 405)
    response["Allow"] = allowed
    return response


def _text(sentence: str, status: int) -> HttpResponse:
    response = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain;charset=UTF-8")
    for name, value in NO_CACHE.items():
        response[name] = value
    return response

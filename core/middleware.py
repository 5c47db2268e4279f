"""Middleware for all requests: request IDs, metrics, clean paths, trusted proxies."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import log_levels, metrics, request_bodies, request_ids, site_settings
from core.api import envelope
from core.errors import Invalid, TooLarge
from core.networks import Proxies

Handler = Callable[[HttpRequest], HttpResponse]

DOORS = {request_bodies.GIT: "git", "/rest/": "rest", settings.WHITENOISE_STATIC_PREFIX: "asset"}
METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}

access_log = logging.getLogger("access")


class RequestIds:
    """Give each request an id, count it, and write a line about it."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response
        self.working = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Make the id, and send it back in `X-AREQUESTID`."""
        log_levels.follow()
        self.working += 1
        begun = time.monotonic()
        request_id = request_ids.new(self.working)
        request.request_id = request_id  # type: ignore[attr-defined]
        request_ids.begin(request_id)
        try:
            with site_settings.read_once():
                response = self.get_response(request)
        finally:
            self.working -= 1
        response["X-AREQUESTID"] = request_id
        self._note(request, response, time.monotonic() - begun)
        return response

    def _note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        # Of a stream, until it began; the path alone, for queries may hold what is nobody's business.
        path = request.path_info
        door = next((name for start, name in DOORS.items() if path.startswith(start)), "page")
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(door, method, str(response.status_code)).inc()
        metrics.REQUEST_SECONDS.labels(door).observe(seconds)
        if settings.ACCESS_LOG:
            access_log.info(
                "%s %s %d in %d ms",
                request.method,
                path,
                response.status_code,
                seconds * 1000,
                extra={
                    "method": request.method,
                    "path": path,
                    "status": response.status_code,
                    "milliseconds": round(seconds * 1000),
                    "user": response.get("X-AUSERNAME", ""),
                    "address": request.META.get("REMOTE_ADDR", ""),
                },
            )


class CleanPaths:
    """Refuse NUL before anything else reads it, and accept a trailing slash without a redirect."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on under its clean path."""
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "%00" in query or "\x00" in query:
            return envelope.of(Invalid("The address holds a NUL character."))
        if not request.path_info.startswith(request_bodies.GIT) and self._is_too_large(request):
            return envelope.of(TooLarge("The request is too large."))
        if len(request.path_info) > 1 and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/") or "/"
        return self.get_response(request)

    def _is_too_large(self, request: HttpRequest) -> bool:
        """Whether the declared body is larger than the limit."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        return not length.isdigit() or int(length[:20]) > request_bodies.most_bytes(
            request.path_info
        )


class TrustedProxies:
    """Use `X-Forwarded-*` headers only from trusted proxies."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response
        self.proxies = Proxies(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace the address of the proxy with that of the client."""
        meta = request.META
        meta["REMOTE_ADDR"] = self.proxies.client(
            meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", "")
        )
        for name in [name for name in meta if name.startswith("HTTP_X_FORWARDED")]:
            del meta[name]
        if settings.SERVER_SECURE:
            meta["wsgi.url_scheme"] = "https"
        if settings.SERVER_PROXY_NAME:
            meta["HTTP_HOST"] = urlsplit(settings.SITE_DEFAULTS["base_url"]).netloc
        return self.get_response(request)

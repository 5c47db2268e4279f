"""What every request passes, whoever makes it: an id, a clean path, no NUL."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.api import envelope
from core.errors import Invalid, TooLarge

Handler = Callable[[HttpRequest], HttpResponse]

GIT = "/scm/"

_instance = f"{os.getpid():x}{int(time.time()) & 0xFFFF:x}".upper()
_numbers = itertools.count(1)


class RequestIds:
    """Name each request as Bitbucket does: `@instance x minute of the day x number x requests at work`."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response
        self.working = 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Make the id, and send it back in `X-AREQUESTID`."""
        self.working += 1
        now = time.localtime()
        minute = now.tm_hour * 60 + now.tm_min
        request.request_id = f"@{_instance}x{minute}x{next(_numbers)}x{self.working}"  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            self.working -= 1
        response["X-AREQUESTID"] = request.request_id  # type: ignore[attr-defined]
        return response


class CleanPaths:
    """Refuse NUL before anything else reads it, and accept a trailing slash without a redirect."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on under its clean path."""
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "%00" in query or "\x00" in query:
            return envelope.of(Invalid("The address holds a NUL character."))
        if not request.path_info.startswith(GIT) and self._is_too_large(request):
            return envelope.of(TooLarge("The request is too large."))
        if len(request.path_info) > 1 and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/") or "/"
        return self.get_response(request)

    def _is_too_large(self, request: HttpRequest) -> bool:
        """Whether the body is larger than any that we take, before anybody begins to read it."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        most: int = next(
            (
                most
                for path, most in settings.LARGER_REQUESTS.items()
                if re.fullmatch(path, request.path_info)
            ),
            settings.REQUEST_MAX_BYTES,
        )
        return not length.isdigit() or int(length[:20]) > most


class TrustedProxies:
    """Believe `X-Forwarded-*` only from configured proxies; from anybody else it is as if unsaid."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response
        self.networks = [ip_network(text, strict=False) for text in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the client's own address in the place of the proxy's."""
        meta = request.META
        if self._is_trusted(meta.get("REMOTE_ADDR", "")):
            # From the nearest backwards: the first that is no proxy of ours is who called.
            for address in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                meta["REMOTE_ADDR"] = address.strip() or meta["REMOTE_ADDR"]
                if not self._is_trusted(address.strip()):
                    break
        for name in [name for name in meta if name.startswith("HTTP_X_FORWARDED")]:
            del meta[name]
        if settings.SERVER_SECURE:
            meta["wsgi.url_scheme"] = "https"
        if settings.SERVER_PROXY_NAME:
            meta["HTTP_HOST"] = urlsplit(settings.SITE_DEFAULTS["base_url"]).netloc
        return self.get_response(request)

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

"""Authentication class of REST framework that uses `accounts.credentials`."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import credentials
from accounts.actor import Actor, Via
from core.errors import XsrfFailed

UNGUARDED = {"GET", "HEAD", "OPTIONS", "TRACE"}


class ActorAuthentication(BaseAuthentication):
    """Make the Actor; a write that comes by cookie must prove that it comes from our own page."""

    def authenticate(self, request: Request) -> tuple[Any, Actor]:
        """Give the user and the actor; raises what the credentials raise."""
        actor = credentials.from_request(request._request)
        request._request.actor = actor  # type: ignore[attr-defined]
        if actor.via is Via.SESSION and request.method not in UNGUARDED:
            _check_xsrf(request)
        return actor.user, actor

    def authenticate_header(self, request: Request) -> str:
        """Ask for Basic."""
        return 'Basic realm="Bitbucket"'


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def _check_xsrf(request: Request) -> None:
    if request.META.get("HTTP_X_ATLASSIAN_TOKEN", "").strip().lower() in {
        "no-check",
        "nocheck",
    }:
        return
    check = _Csrf(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request._request)
    if check.process_view(request._request, None, (), {}):  # type: ignore[arg-type]
        raise XsrfFailed("XSRF check failed")

"""Any secret becomes an Actor here: for REST, for pages, for Git."""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import caches
from django.http import HttpRequest

from accounts import access, throttle
from accounts.actor import Actor, Origin, Via
from accounts.errors import NoAccess, WrongPassword
from accounts.models import User

VERIFIED_SECONDS = 20


def origin_of(request: HttpRequest) -> Origin:
    """Give where a request comes from; `REMOTE_ADDR` is already the client's behind a trusted proxy."""
    return Origin(
        address=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:500],
        request_id=getattr(request, "request_id", ""),
    )


def from_request(request: HttpRequest) -> Actor:
    """Give the actor of a REST request: by its Authorization header, else by its session, else nobody.

    A header is never ignored in favour of a cookie. Raises WrongPassword, NoAccess or
    TooManyFailures for a header that is not good.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return from_header(header, origin_of(request)) if header else from_session(request)


def from_session(request: HttpRequest) -> Actor:
    """Give the actor of a page: by the session alone, since a page takes no password in a header."""
    user = request.user
    if isinstance(user, User) and user.is_active:
        actor = Actor(user=user, via=Via.SESSION, origin=origin_of(request))
        if access.site_permission(actor) is not None:
            return actor
    return Actor.anonymous(origin_of(request))


def from_header(header: str, origin: Origin) -> Actor:
    """Give the actor of an Authorization header; an empty one is nobody's."""
    if not header:
        return Actor.anonymous(origin)
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        raise WrongPassword
    name, password = _name_and_password(value)
    return Actor(user=_verified(name, password, origin), via=Via.PASSWORD, origin=origin)


def from_password(name: str, password: str, origin: Origin) -> User:
    """Judge a name and password, for the login page; the same work is done for a name that is nobody's."""
    throttle.check(name, origin)
    user = _find(name)
    right = check_password(password, user.password) if user else _waste_time(password)
    if not right or user is None or not user.is_active or user.type != User.Type.NORMAL:
        throttle.failed(name, origin)
        raise WrongPassword
    throttle.succeeded(name)
    if access.site_permission(Actor(user=user, via=Via.PASSWORD)) is None:
        raise NoAccess
    return user


def _name_and_password(encoded: str) -> tuple[str, str]:
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise WrongPassword from None
    name, colon, password = decoded.partition(":")
    if not colon or not name or "\x00" in decoded:
        raise WrongPassword
    return name, password


def _verified(name: str, password: str, origin: Origin) -> User:
    """Judge a password that comes with every request: a right one is remembered for seconds.

    What is remembered is bound to the stored hash, so a changed password counts at once; the
    user's row is read each time, so a deactivated user is out at once.
    """
    remembered = caches["memory"]
    key = (
        "basic:"
        + hmac.new(
            settings.SECRET_KEY.encode(), f"{name}\x00{password}".encode(), sha256
        ).hexdigest()
    )
    stored_hash = remembered.get(key)
    if stored_hash is not None:
        user = _find(name)
        if user and user.is_active and hmac.compare_digest(user.password, stored_hash):
            if access.site_permission(Actor(user=user, via=Via.PASSWORD)) is None:
                raise NoAccess
            return user
    user = from_password(name, password, origin)
    remembered.set(key, user.password, VERIFIED_SECONDS)
    return user


def _find(name: str) -> User | None:
    return User.objects.filter(name__iexact=name).first()


def _waste_time(password: str) -> bool:
    # An unknown name takes as long as a known one.
    make_password(password)
    return False

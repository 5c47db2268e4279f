"""Any secret becomes an Actor here: for REST, for pages, for Git."""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fnmatch import fnmatchcase
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import access, ceilings, public_keys, throttle
from accounts.actor import Actor, Grants, Origin, Via
from accounts.errors import NoAccess, PasswordsBlocked, WrongPassword
from accounts.events import SignInFailed
from accounts.models import (
    AccessToken,
    AppPassword,
    OAuthAccessToken,
    OAuthAuthorisation,
    SshKey,
    User,
)
from accounts.permissions import Scope
from accounts.sessions import SessionStore
from core import events, site
from core.errors import Unavailable

VERIFIED_SECONDS = 20
USE_COUNTS_AFTER = timedelta(minutes=1)
# Recognisable, so that scanners find a secret that was committed by mistake.
MARKS = ("BBAP-", "BBDC-")
OAUTH_ACCESS_MARK = "BBOA-"
OAUTH_REFRESH_MARK = "BBOR-"
PREFIX_LENGTH = 15
HASHES_AT_ONCE = 2
LONGEST_WAIT = 10.0
_places = threading.BoundedSemaphore(HASHES_AT_ONCE)
# What git sends as the user of a project's or repository's token.
TOKEN_USER = "x-token-auth"


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
    if not header:
        return from_session(request)
    return from_header(header, origin_of(request), request.path_info)


def from_session(request: HttpRequest) -> Actor:
    """Give the actor of a page: by the session alone, since a page takes no password in a header."""
    user = request.user
    if isinstance(user, User) and user.is_active:
        actor = Actor(user=user, via=Via.SESSION, origin=origin_of(request))
        if access.site_permission(actor) is not None:
            if isinstance(request.session, SessionStore):
                request.session.note_use()
            return actor
    return Actor.anonymous(origin_of(request))


def from_header(header: str, origin: Origin, path: str = "") -> Actor:
    """Give the actor of an Authorization header that came for a path; an empty one is nobody's."""
    if not header:
        return Actor.anonymous(origin)
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        text = value.strip()
        if text.startswith(OAUTH_ACCESS_MARK):
            return _from_oauth_token(text, origin)
        return _from_secret(None, text, origin)
    if scheme.lower() != "basic":
        raise WrongPassword
    name, password = _name_and_password(value)
    if password.startswith(OAUTH_ACCESS_MARK):
        # Git's helpers send it under many names: the owner's, `x-token-auth`, `oauth2`.
        return _from_oauth_token(password, origin)
    if password.startswith(MARKS):
        return _from_secret(name, password, origin)
    if not _are_passwords_taken(name, path):
        raise PasswordsBlocked
    return Actor(user=_verified(name, password, origin), via=Via.PASSWORD, origin=origin)


def from_password(name: str, password: str, origin: Origin) -> User:
    """Judge a name and password, for the login page; the same work is done for a name that is nobody's."""
    with throttle.turn(name):
        return _judged(name, password, origin)


def _judged(name: str, password: str, origin: Origin) -> User:
    throttle.check(name, origin)
    user = _find(name)
    with _hashing():
        right = check_password(password, user.password) if user else _waste_time(password)
    if not right or user is None or not user.is_active or user.type != User.Type.NORMAL:
        _failed(name, origin, Via.PASSWORD, user)
        raise WrongPassword
    throttle.succeeded(name)
    if access.site_permission(Actor(user=user, via=Via.PASSWORD)) is None:
        raise NoAccess
    return user


def from_ssh_key(fingerprint: str, origin: Origin, *, is_proved: bool = True) -> Actor:
    """Give the actor of an SSH key: its user, or an access key; `is_proved` when its owner has shown to hold it.

    Read from the rows each time, so what was taken away is gone at the next command. Raises
    WrongPassword, or NoAccess for a user who may not use this server.
    """
    key = SshKey.objects.select_related("user").filter(fingerprint=fingerprint).first()
    if key is None or key.has_expired or not public_keys.is_allowed(key.algorithm, key.bit_length):
        raise WrongPassword
    if key.user is None:
        if not site.read(site.SSH_ACCESS_KEYS_ENABLED):
            raise WrongPassword
        grants = Grants(access_key=key.pk)
        scopes = frozenset({Scope.REPOSITORY})
        actor = Actor(user=None, grants=grants, scopes=scopes, via=Via.ACCESS_KEY, origin=origin)
    else:
        actor = Actor(user=key.user, via=Via.SSH_KEY, origin=origin)
        if not key.user.is_active:
            raise WrongPassword
        if access.site_permission(actor) is None:
            raise NoAccess
    if is_proved:
        _note_use(key)
    return actor


def _from_secret(name: str | None, text: str, origin: Origin) -> Actor:
    """Judge an app password or access token: as the password of its owner, or a token alone as Bearer.

    The rows are read each time, so what was revoked, or whose owner was deactivated, is out at once.
    """
    # By the secret, not by the name: who guesses somebody's password does not stop their programs.
    subject = text[:PREFIX_LENGTH]
    throttle.check(subject, origin)
    secret = _find_secret(text)
    is_token = isinstance(secret, AccessToken)
    owner = secret.user if secret else None
    fits = owner is not None and (name is None or name.lower() in _names_of(owner))
    if (
        secret is None
        or owner is None
        or not fits
        or not owner.is_active
        or (name is None and not is_token)
        or (isinstance(secret, AccessToken) and secret.has_expired)
    ):
        _failed(subject, origin, Via.ACCESS_TOKEN if is_token else Via.APP_PASSWORD, owner)
        raise WrongPassword
    table = ceilings.ACCESS_TOKEN if is_token else ceilings.APP_PASSWORD
    grants, scopes = ceilings.of(secret.permissions, table)
    via = Via.ACCESS_TOKEN if is_token else Via.APP_PASSWORD
    actor = Actor(user=owner, grants=grants, scopes=scopes, via=via, origin=origin)
    if owner.type == User.Type.NORMAL and access.site_permission(actor) is None:
        raise NoAccess
    _note_use(secret)
    return actor


def _from_oauth_token(text: str, origin: Origin) -> Actor:
    """Judge an OAuth access token; what its owner or its application lost, it lost too."""
    subject = text[:PREFIX_LENGTH]
    throttle.check(subject, origin)
    rows = OAuthAccessToken.objects.select_related(
        "authorisation__user", "authorisation__application"
    )
    token = rows.filter(prefix=subject).first()
    if token is None or not hmac.compare_digest(token.digest, digest_of(text)):
        _failed(subject, origin, Via.OAUTH, None)
        raise WrongPassword
    allowed = token.authorisation
    if token.has_expired or not allowed.user.is_active:
        # No guess: tokens expire every two hours, and whole teams come from one address.
        raise WrongPassword
    grants, scopes = ceilings.of_oauth(token.scopes, allowed.application.scopes)
    actor = Actor(user=allowed.user, grants=grants, scopes=scopes, via=Via.OAUTH, origin=origin)
    if access.site_permission(actor) is None:
        raise NoAccess
    _note_use(allowed)
    return actor


def digest_of(text: str) -> str:
    """Give the hash under which a secret is kept; they are long and random, so a plain one is enough."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def _failed(subject: str, origin: Origin, via: Via, user: User | None) -> None:
    """Count a failure, and tell of it; of a name that is nobody's only that: it may be a slip, a password."""
    with transaction.atomic():
        throttle.failed(subject, origin)
        name = user.name if user else ""
        events.publish(SignInFailed(actor=Actor.anonymous(origin), name=name, via=via))


def _are_passwords_taken(name: str, path: str) -> bool:
    """Whether a password may come in an Authorization header; an administrator may want secrets alone."""
    if not site.read(site.BASIC_PASSWORDS_BLOCKED):
        return True
    users = {user.lower() for user in site.read(site.BASIC_ALLOWED_USERS)}
    return name.lower() in users or any(
        path == allowed or path.startswith(f"{allowed.rstrip('/')}/") or fnmatchcase(path, allowed)
        for allowed in site.read(site.BASIC_ALLOWED_PATHS)
    )


def _names_of(owner: User) -> set[str]:
    """The names under which a secret of this user may come in the place of a password."""
    names = {owner.name.lower()}
    return names | {TOKEN_USER} if owner.type == User.Type.SERVICE else names


def _find_secret(text: str) -> AccessToken | AppPassword | None:
    kind: type[AccessToken] | type[AppPassword] = (
        AppPassword if text.startswith(MARKS[0]) else AccessToken
    )
    found = kind.objects.select_related("user").filter(prefix=text[:PREFIX_LENGTH]).first()
    right = found is not None and hmac.compare_digest(found.digest, digest_of(text))
    return found if right else None


def _note_use(secret: AccessToken | AppPassword | OAuthAuthorisation | SshKey) -> None:
    """Write down when it was used last, at most once a minute."""
    now = timezone.now()
    if secret.last_used_at is None or now - secret.last_used_at > USE_COUNTS_AFTER:
        type(secret).objects.filter(pk=secret.pk).update(last_used_at=now)


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
    user = _remembered(name, remembered.get(key))
    if user is not None:
        return user
    with throttle.turn(name):
        # Whoever waited may find that the same password was judged meanwhile.
        user = _remembered(name, remembered.get(key)) or _judged(name, password, origin)
    remembered.set(key, user.password, VERIFIED_SECONDS)
    return user


def _remembered(name: str, stored_hash: str | None) -> User | None:
    if stored_hash is None:
        return None
    user = _find(name)
    if user is None or not user.is_active or not hmac.compare_digest(user.password, stored_hash):
        return None
    if access.site_permission(Actor(user=user, via=Via.PASSWORD)) is None:
        raise NoAccess
    return user


def _find(name: str) -> User | None:
    """Find a user by name in any case, as Python tells cases apart and the throttle counts them.

    A database may take more letters for the same, such as the dotless i: those are other names.
    """
    found = User.objects.filter(name__iexact=name)
    return next((user for user in found if user.name.lower() == name.lower()), None)


@contextmanager
def _hashing() -> Iterator[None]:
    """Compute few hashes at a time: each is dear in memory and time, and anybody may ask for one."""
    if not _places.acquire(timeout=LONGEST_WAIT):
        raise Unavailable("Too many people sign in at this moment. Try again.")
    try:
        yield
    finally:
        _places.release()


def _waste_time(password: str) -> bool:
    # An unknown name takes as long as a known one.
    make_password(password)
    return False

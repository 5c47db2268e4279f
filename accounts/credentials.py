"""Any secret becomes an Actor here, for REST, pages and Git: read it, guard it, verify it."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from django.db import transaction
from django.http import HttpRequest

from accounts import (
    access,
    authorization_header,
    credential_verifiers,
    password_cache,
    secret_permissions,
    sign_in_throttle,
)
from accounts.actor import Actor, Origin, Via
from accounts.authorization_header import Credentials, OAuthToken, Password, Token
from accounts.credential_verifiers import WrongSecret
from accounts.errors import PasswordsBlocked, WrongPassword
from accounts.events import SignInFailed
from accounts.models import User
from accounts.password_cache import CachedVerdict
from accounts.sessions import SessionStore
from accounts.sign_in_throttle import SignInGuard
from accounts.token_format import prefix_of
from core import events, site_settings


def origin_of(request: HttpRequest) -> Origin:
    """Give where a request comes from; `REMOTE_ADDR` is already the client's behind a trusted proxy."""
    return Origin(
        address=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:500],
        request_id=getattr(request, "request_id", ""),
    )


def from_request(request: HttpRequest) -> Actor:
    """Return the actor of a REST request, from its Authorization header or its session.

    A header is never ignored in favour of a cookie. Raises WrongPassword, NoAccess or
    TooManyFailures for a header that is not good.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return from_session(request)
    return from_header(header, origin_of(request), request.path_info)


def from_header_of_page(request: HttpRequest) -> Actor:
    """Give the actor of a page that is read with an Authorization header. Raises as `from_request`.

    App passwords and tokens open what READ opens. Settings stay closed to them: their pages show
    more than one scope covers.
    """
    actor = from_request(request)
    return replace(actor, grants=secret_permissions.for_reading(actor.grants))


def from_session(request: HttpRequest) -> Actor:
    """Return the actor of a session, anonymous without one."""
    user = request.user
    if isinstance(user, User) and user.is_active:
        actor = Actor(user=user, via=Via.SESSION, origin=origin_of(request))
        if access.site_permission(actor) is not None:
            if isinstance(request.session, SessionStore):
                request.session.note_use()
            return actor
    return Actor.anonymous(origin_of(request))


def from_header(header: str, origin: Origin, path: str = "") -> Actor:
    """Return the actor of an Authorization header for a path; anonymous if it is empty."""
    credentials = authorization_header.read(header)
    if credentials is None:
        return Actor.anonymous(origin)
    if isinstance(credentials, Password) and not _are_passwords_taken(credentials.name, path):
        raise PasswordsBlocked
    return authenticate(credentials, origin)


def authenticate(credentials: Credentials, origin: Origin) -> Actor:
    """Give the actor of credentials. Raises WrongPassword, NoAccess, TooManyFailures or Unavailable.

    What a person chose is guarded before it is verified. What we issued cannot be guessed: it is
    verified first, so a right one is let in whatever others tried.
    """
    if isinstance(credentials, Password):
        return _by_password(credentials, origin)
    try:
        if isinstance(credentials, OAuthToken):
            return credential_verifiers.by_oauth_token(credentials, origin)
        return credential_verifiers.by_token(credentials, origin)
    except WrongSecret as wrong:
        if not wrong.is_expired:
            _count_wrong_token(credentials, wrong, origin)
        raise WrongPassword from None


def from_password(name: str, password: str, origin: Origin) -> User:
    """Judge a name and password, for the login page. Raises as `authenticate`."""
    user = authenticate(Password(name, password), origin).user
    assert user is not None
    return user


def from_ssh_key(fingerprint: str, origin: Origin, *, is_proved: bool = True) -> Actor:
    """Give the actor of an SSH key; see `verifiers.by_ssh_key`."""
    return credential_verifiers.by_ssh_key(fingerprint, origin, is_proved=is_proved)


def _by_password(credentials: Password, origin: Origin) -> Actor:
    if not credentials.text:
        # libcurl sends an empty one first for http://name@host: a question, no attempt.
        raise WrongPassword
    guard = SignInGuard(credentials.name, origin)
    user = _judged_from_cache(credentials, guard)
    if user is None:
        with sign_in_throttle.turn(guard, credentials.name):
            # Whoever waited may find that the same password was judged meanwhile, or others failed.
            guard = SignInGuard(credentials.name, origin)
            user = _judged_from_cache(credentials, guard)
            if user is None:
                user = _judged_by_hash(credentials, guard, origin)
    actor = Actor(user=user, via=Via.PASSWORD, origin=origin)
    credential_verifiers.require_license(actor)
    return actor


def _judged_from_cache(credentials: Password, guard: SignInGuard) -> User | None:
    """Give the user of a password that is cached as right, or None for one that has to be hashed.

    Raises WrongPassword for one that is cached as wrong: it tells a guesser nothing new, so a
    program that goes on sending an old password is no guesser and is not counted. Raises
    TooManyFailures for whatever else comes from somebody who has to wait.
    """
    if guard.wait and not guard.reserve_comparison():
        raise guard.refusal()
    user = credential_verifiers.find_user(credentials.name)
    stored_hash = user.password if user else ""
    verdict = password_cache.look_up(credentials.name, credentials.text, stored_hash)
    if (
        verdict is CachedVerdict.RIGHT
        and user is not None
        and credential_verifiers.may_use_passwords(user)
    ):
        if guard.wait:
            guard.return_comparison()
        guard.note_proof()
        return user
    if verdict is CachedVerdict.WRONG:
        if guard.wait:
            guard.return_comparison()
        raise WrongPassword
    if guard.wait:
        raise guard.refusal()
    return None


def _judged_by_hash(credentials: Password, guard: SignInGuard, origin: Origin) -> User:
    user = credential_verifiers.find_user(credentials.name)
    is_right = credential_verifiers.is_password_of(user, credentials.text)
    if user is not None and is_right and credential_verifiers.may_use_passwords(user):
        password_cache.store(credentials.name, credentials.text, user.password, is_right=True)
        guard.count_success()
        return user
    if not is_right:
        # Right for somebody who is switched off is not wrong: they may be switched on again.
        stored_hash = user.password if user else ""
        password_cache.store(credentials.name, credentials.text, stored_hash, is_right=False)
    with transaction.atomic():
        guard.count_failure()
        _publish_failure(user, origin, Via.PASSWORD)
    raise WrongPassword


def _count_wrong_token(credentials: Token | OAuthToken, wrong: WrongSecret, origin: Origin) -> None:
    with transaction.atomic():
        sign_in_throttle.count_wrong_secret(prefix_of(credentials.text), origin)
        _publish_failure(wrong.owner, origin, wrong.via)


def _publish_failure(user: User | None, origin: Origin, via: Via) -> None:
    """Publish a failed sign-in; an unknown name is not included, since it may be a mistyped password."""
    name = user.name if user else ""
    events.publish(SignInFailed(actor=Actor.anonymous(origin), name=name, via=via))


def _are_passwords_taken(name: str, path: str) -> bool:
    """Whether a password may come in an Authorization header; an administrator may want secrets alone."""
    if not site_settings.read(site_settings.BASIC_PASSWORDS_BLOCKED):
        return True
    users = {user.lower() for user in site_settings.read(site_settings.BASIC_ALLOWED_USERS)}
    return name.lower() in users or any(
        path == allowed or path.startswith(f"{allowed.rstrip('/')}/") or fnmatchcase(path, allowed)
        for allowed in site_settings.read(site_settings.BASIC_ALLOWED_PATHS)
    )

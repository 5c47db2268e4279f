"""One verifier for each kind of secret: returns the Actor, or raises why it is not accepted."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from accounts import access, public_keys, secret_permissions
from accounts.actor import Actor, Grants, Origin, Via
from accounts.authorization_header import OAuthToken, Token
from accounts.errors import NoAccess, WrongPassword
from accounts.models import (
    AccessToken,
    AppPassword,
    OAuthAccessToken,
    OAuthAuthorisation,
    SshKey,
    User,
)
from accounts.permissions import Scope
from accounts.token_format import TOKEN_USER, digest_of, prefix_of
from core import site_settings
from core.errors import Unavailable

USE_COUNTS_AFTER = timedelta(minutes=1)
HASHES_AT_ONCE = 2
LONGEST_WAIT = 10.0
_hash_slots = threading.BoundedSemaphore(HASHES_AT_ONCE)


class WrongSecret(Exception):
    """The secret is wrong. `owner` is the claimed user; an expired secret does not count as a guess."""

    def __init__(self, via: Via, owner: User | None = None, *, is_expired: bool = False):
        super().__init__(via.value)
        self.via = via
        self.owner = owner
        self.is_expired = is_expired


def find_user(name: str) -> User | None:
    """Find a user by name in any case, as Python tells cases apart and the throttle counts them.

    A database may take more letters for the same, such as the dotless i: those are other names.
    """
    found = User.objects.filter(name__iexact=name)
    return next((user for user in found if user.name.lower() == name.lower()), None)


def may_use_passwords(user: User) -> bool:
    """Whether this user signs in by password at all."""
    return user.is_active and user.type == User.Type.NORMAL


def is_password_of(user: User | None, password: str) -> bool:
    """Check a password; takes equally long for unknown users. Raises Unavailable when too many are being hashed."""
    with _hash_slot():
        if user is None:
            make_password(password)
            return False
        return check_password(password, user.password)


def by_token(token: Token, origin: Origin) -> Actor:
    """Give the actor of an app password or HTTP access token. Raises WrongSecret, NoAccess.

    The rows are read each time, so what was revoked, or whose owner was deactivated, is out at once.
    """
    kind: type[AppPassword] | type[AccessToken] = (
        AppPassword if token.is_app_password else AccessToken
    )
    via = Via.APP_PASSWORD if token.is_app_password else Via.ACCESS_TOKEN
    secret = kind.objects.select_related("user").filter(prefix=prefix_of(token.text)).first()
    if secret is None or not hmac.compare_digest(secret.digest, digest_of(token.text)):
        raise WrongSecret(via)
    owner = secret.user
    comes_alone = token.name is None
    if not owner.is_active or (comes_alone and token.is_app_password):
        raise WrongSecret(via, owner)
    if token.name is not None and token.name.lower() not in _names_of(owner):
        raise WrongSecret(via, owner)
    if isinstance(secret, AccessToken) and secret.has_expired:
        raise WrongSecret(via, owner)
    table = (
        secret_permissions.APP_PASSWORD
        if token.is_app_password
        else secret_permissions.ACCESS_TOKEN
    )
    grants, scopes = secret_permissions.of(secret.permissions, table)
    actor = Actor(user=owner, grants=grants, scopes=scopes, via=via, origin=origin)
    if owner.type == User.Type.NORMAL:
        require_license(actor)
    _note_use(secret)
    return actor


def by_oauth_token(token: OAuthToken, origin: Origin) -> Actor:
    """Give the actor of an OAuth access token; what its owner or its application lost, it lost too.

    Raises WrongSecret, NoAccess.
    """
    rows = OAuthAccessToken.objects.select_related(
        "authorisation__user", "authorisation__application"
    )
    found = rows.filter(prefix=prefix_of(token.text)).first()
    if found is None or not hmac.compare_digest(found.digest, digest_of(token.text)):
        raise WrongSecret(Via.OAUTH)
    allowed = found.authorisation
    if found.has_expired or not allowed.user.is_active:
        # No guess: tokens expire every two hours, and whole teams come from one address.
        raise WrongSecret(Via.OAUTH, allowed.user, is_expired=True)
    grants, scopes = secret_permissions.of_oauth(found.scopes, allowed.application.scopes)
    actor = Actor(user=allowed.user, grants=grants, scopes=scopes, via=Via.OAUTH, origin=origin)
    require_license(actor)
    _note_use(allowed)
    return actor


def by_ssh_key(fingerprint: str, origin: Origin, *, is_proved: bool) -> Actor:
    """Give the actor of an SSH key: its user, or an access key; `is_proved` when its owner has shown to hold it.

    Read from the rows each time, so what was taken away is gone at the next command. Raises
    WrongPassword, or NoAccess for a user who may not use this server.
    """
    key = SshKey.objects.select_related("user").filter(fingerprint=fingerprint).first()
    if key is None or key.has_expired or not public_keys.is_allowed(key.algorithm, key.bit_length):
        raise WrongPassword
    if key.user is None:
        if not site_settings.read(site_settings.SSH_ACCESS_KEYS_ENABLED):
            raise WrongPassword
        grants = Grants(access_key=key.pk)
        scopes = frozenset({Scope.REPOSITORY})
        actor = Actor(user=None, grants=grants, scopes=scopes, via=Via.ACCESS_KEY, origin=origin)
    else:
        if not key.user.is_active:
            raise WrongPassword
        actor = Actor(user=key.user, via=Via.SSH_KEY, origin=origin)
        require_license(actor)
    if is_proved:
        _note_use(key)
    return actor


def require_license(actor: Actor) -> None:
    """Raise NoAccess for users without a license."""
    if access.site_permission(actor) is None:
        raise NoAccess


def _names_of(owner: User) -> set[str]:
    """Return the usernames that are accepted with a secret of this user."""
    names = {owner.name.lower()}
    return names | {TOKEN_USER} if owner.type == User.Type.SERVICE else names


def _note_use(secret: AccessToken | AppPassword | OAuthAuthorisation | SshKey) -> None:
    """Write down when it was used last, at most once a minute."""
    now = timezone.now()
    if secret.last_used_at is None or now - secret.last_used_at > USE_COUNTS_AFTER:
        type(secret).objects.filter(pk=secret.pk).update(last_used_at=now)


@contextmanager
def _hash_slot() -> Iterator[None]:
    """Limit concurrent password hashes: each costs memory and time, and anyone can request one."""
    if not _hash_slots.acquire(timeout=LONGEST_WAIT):
        raise Unavailable("Too many sign-ins at the moment. Try again.")
    try:
        yield
    finally:
        _hash_slots.release()

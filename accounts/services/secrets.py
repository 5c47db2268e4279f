"""Issue and revoke secrets: shown once, kept as hashes, never by another secret."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import access, rank, secret_permissions, token_format
from accounts.actor import Actor
from accounts.errors import TooManySecrets, UnfitName
from accounts.events import SecretChanged, SecretIssued, SecretRevoked
from accounts.models import AccessToken, AppPassword, Secret, User
from accounts.permissions import Permission, Scope
from core import events, site_settings
from core.errors import Forbidden, Invalid

MOST_OF_A_USER = 200
SERVICE_NAME = "access-token-user"
SERVICE_DOMAIN = "tokens.invalid"
MOST_DAYS = 36_500


def create_app_password(
    actor: Actor, user: User, *, name: str, permissions: Collection[str]
) -> tuple[AppPassword, str]:
    """Make an app password; the text is given here and never again."""
    _require_own(actor, user)
    if user.app_passwords.count() >= MOST_OF_A_USER:
        raise TooManySecrets()
    text = _new_text(token_format.APP_PASSWORD_MARK)
    made = AppPassword(
        user=user,
        name=_judged_name(name),
        permissions=_judged_permissions(permissions, secret_permissions.APP_PASSWORD),
        **_hashed(text),
    )
    _issue(actor, made, user)
    return made, text


def create_access_token(
    actor: Actor,
    user: User,
    *,
    name: str,
    permissions: Collection[str],
    expiry_days: int | None = None,
) -> tuple[AccessToken, str]:
    """Make an HTTP access token; it ends after `expiry_days`, or after the site's longest time."""
    _require_own(actor, user)
    if user.access_tokens.count() >= MOST_OF_A_USER:
        raise TooManySecrets()
    text = _new_text(token_format.ACCESS_TOKEN_MARK)
    days = _judged_days(expiry_days)
    made = AccessToken(
        user=user,
        name=_judged_name(name),
        permissions=_judged_permissions(permissions, secret_permissions.ACCESS_TOKEN),
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
        **_hashed(text),
    )
    _issue(actor, made, user)
    return made, text


def update_access_token(
    actor: Actor,
    token: AccessToken,
    *,
    name: str | None = None,
    permissions: Collection[str] | None = None,
) -> AccessToken:
    """Change an access token's name or permissions; the secret stays what it is."""
    _require_own(actor, token.user)
    _change(actor, token, name, permissions)
    return token


def create_service_token(
    actor: Actor, *, name: str, permissions: Collection[str], expiry_days: int | None
) -> tuple[AccessToken, str]:
    """Create a token with its service user; the caller has checked the permission."""
    text = _new_text(token_format.ACCESS_TOKEN_MARK)
    days = _judged_days(expiry_days)
    number = secrets.token_hex(8)
    user = User(
        name=f"{SERVICE_NAME}-{number}",
        slug=f"{SERVICE_NAME}-{number}",
        display_name=_judged_name(name),
        email_address=f"{number}@{SERVICE_DOMAIN}",
        type=User.Type.SERVICE,
    )
    user.set_unusable_password()
    made = AccessToken(
        user=user,
        name=_judged_name(name),
        permissions=_judged_permissions(permissions, secret_permissions.ACCESS_TOKEN),
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
        **_hashed(text),
    )
    with transaction.atomic():
        user.save()
        _issue(actor, made, user)
    return made, text


def change_service_token(
    actor: Actor,
    token: AccessToken,
    *,
    name: str | None = None,
    permissions: Collection[str] | None = None,
) -> None:
    """Change the token of a service user; the caller has checked the permission."""
    with transaction.atomic():
        _change(actor, token, name, permissions)
        token.user.display_name = token.name
        token.user.save(update_fields=["display_name"])


def end_service_token(actor: Actor, token: AccessToken) -> None:
    """Revoke a token with its service user; the caller has checked the permission."""
    with transaction.atomic():
        events.publish(SecretRevoked(actor=actor, user=token.user, name=token.name))
        token.user.delete()


def revoke(actor: Actor, secret: AppPassword | AccessToken) -> None:
    """End a secret: it is refused at the next request."""
    rank.require_own_or_administration(actor, secret.user, scope=Scope.CREDENTIALS)
    with transaction.atomic():
        events.publish(SecretRevoked(actor=actor, user=secret.user, name=secret.name))
        secret.delete()


def _new_text(mark: str) -> str:
    return mark + secrets.token_urlsafe(32)


def _hashed(text: str) -> dict[str, str]:
    return {
        "prefix": text[: token_format.PREFIX_LENGTH],
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def _issue(actor: Actor, secret: Secret, user: User) -> None:
    with transaction.atomic():
        secret.save()
        events.publish(SecretIssued(actor=actor, user=user, name=secret.name))


def _change(
    actor: Actor, token: AccessToken, name: str | None, permissions: Collection[str] | None
) -> None:
    old = {"name": token.name, "permissions": token.permissions}
    if name is not None:
        token.name = _judged_name(name)
    if permissions is not None:
        token.permissions = _judged_permissions(permissions, secret_permissions.ACCESS_TOKEN)
    new = {"name": token.name, "permissions": token.permissions}
    with transaction.atomic():
        token.save(update_fields=["name", "permissions"])
        events.publish(SecretChanged(actor=actor, user=token.user, old=old, new=new))


def _require_own(actor: Actor, user: User) -> None:
    """Only the owner makes and changes secrets, and never by means of another secret."""
    access.require(actor, Permission.LICENSED_USER, scope=Scope.CREDENTIALS)
    if actor.user is None or actor.user.pk != user.pk:
        raise Forbidden()


def _judged_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 255 or not name.isprintable():
        raise UnfitName("Use 1 to 255 characters for the name.", context="name")
    return name


def _judged_permissions(wanted: Collection[str], table: Collection[str]) -> list[str]:
    names = sorted({name.strip().upper() for name in wanted})
    for name in names:
        if name not in table:
            raise Invalid(f'"{name}" is not a permission of a secret.', context="permissions")
    if not names:
        raise Invalid("Choose at least one permission.", context="permissions")
    return names


def _judged_days(wanted: int | None) -> int | None:
    longest = site_settings.read(site_settings.LONGEST_TOKEN_DAYS)
    if wanted is None:
        return int(longest) if longest else None
    if not 1 <= wanted <= MOST_DAYS:
        raise Invalid("The expiryDays must be at least 1.", context="expiryDays")
    if longest and wanted > longest:
        raise Invalid(f"A token may last {longest} days at most here.", context="expiryDays")
    return wanted

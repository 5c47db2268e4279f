"""Users and groups as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import host_keys, public_keys
from accounts.models import (
    AccessToken,
    AppPassword,
    GlobalGrant,
    Group,
    OAuthApplication,
    RateLimit,
    Secret,
    SshKey,
    User,
)
from accounts.permissions import Permission
from core import links, site_settings

_NOBODY = {
    "name": "former-service-user",
    "displayName": "Former service user",
    "slug": "former-service-user",
    "active": False,
    "type": "SERVICE",
}


def avatar_address(user: User) -> str:
    """Where the picture of a user is."""
    return links.absolute(f"/users/{links.segment(user.slug)}/avatar.png")


def represent_user_with_address(user: User) -> dict[str, Any]:
    """A user as Bitbucket shows them to people who are signed in."""
    return {
        "name": user.name,
        "emailAddress": user.email_address,
        "active": user.is_active,
        "displayName": user.display_name,
        "id": user.pk,
        "slug": user.slug,
        "type": user.type,
        "links": {"self": [{"href": links.absolute(f"/users/{links.segment(user.slug)}")}]},
    }


def represent_person(user: User | None, *, with_addresses: bool) -> dict[str, Any]:
    """Who did something; without the address for who only sees what is public.

    None stands for who did it by the token of a project or repository that is gone.
    """
    if user is None:
        return dict(_NOBODY)
    shown = represent_user_with_address(user)
    if not with_addresses:
        del shown["emailAddress"]
    return shown


def represent_detailed_user(user: User) -> dict[str, Any]:
    """A user as administrators see them."""
    shown = represent_user_with_address(user) | {
        "directoryName": "Bitbucket Internal Directory",
        "deletable": True,
        "mutableDetails": True,
        "mutableGroups": True,
        "createdTimestamp": _milliseconds(user.created_at),
    }
    if user.last_login is not None:
        shown["lastAuthenticationTimestamp"] = _milliseconds(user.last_login)
    return shown


def represent_detailed_group(group: Group) -> dict[str, Any]:
    """A group as administrators see it."""
    return {"name": group.name, "deletable": True}


def represent_global_grant(grant: GlobalGrant) -> dict[str, Any]:
    """A user or a group with what they hold on the whole site."""
    holder = (
        {"user": represent_user_with_address(grant.user)}
        if grant.user
        else {"group": {"name": grant.group.name if grant.group else ""}}
    )
    return holder | {"permission": Permission(grant.permission).name}


def represent_group(group: Group) -> dict[str, Any]:
    """A group where only its name matters."""
    return {"name": group.name}


def represent_app_password(secret: AppPassword, text: str | None = None) -> dict[str, Any]:
    """An app password; its text only in the answer to its making."""
    return _represent_secret(secret, secret.user, text)


def represent_access_token(token: AccessToken, text: str | None = None) -> dict[str, Any]:
    """An HTTP access token; its text only in the answer to its making."""
    shown = _represent_secret(token, token.user, text)
    if token.expires_at is not None:
        shown["expiryDate"] = _milliseconds(token.expires_at)
    return shown


def represent_ssh_key(key: SshKey) -> dict[str, Any]:
    """A public SSH key."""
    shown: dict[str, Any] = {
        "id": key.pk,
        "text": key.sent_text or f"{key.text} {key.label}",
        "label": key.label,
        "algorithmType": key.algorithm,
        "bitLength": key.bit_length,
        "fingerprint": key.fingerprint,
        "createdDate": _milliseconds(key.created_at),
    }
    if key.last_used_at is not None:
        shown["lastAuthenticated"] = str(_milliseconds(key.last_used_at))
    if key.expires_at is not None:
        shown["expiryDays"] = (key.expires_at - key.created_at).days
    if not public_keys.is_allowed(key.algorithm, key.bit_length):
        shown["warning"] = f"{key.algorithm}_NOT_ALLOWED"
    return shown


def represent_ssh_settings() -> dict[str, Any]:
    """How this server speaks SSH."""
    algorithm, fingerprint = host_keys.shown()
    return {
        "enabled": links.offers_ssh(),
        "accessKeysEnabled": site_settings.read(site_settings.SSH_ACCESS_KEYS_ENABLED),
        "baseUrl": links.ssh_base_url(),
        "port": settings.SSH_PORT,
        "fingerprint": {"algorithm": algorithm, "value": fingerprint},
    }


def represent_ssh_key_settings() -> dict[str, Any]:
    """Which SSH keys are taken."""
    return {
        "keyTypeRestrictions": list(public_keys.restrictions().values()),
        "maxExpiryDays": site_settings.read(site_settings.LONGEST_SSH_KEY_DAYS),
    }


def represent_rate_limit_settings() -> dict[str, Any]:
    """The default rate limit as JSON."""
    return {
        "enabled": site_settings.read(site_settings.RATE_LIMIT_ENABLED),
        "defaultSettings": {
            "capacity": site_settings.read(site_settings.RATE_LIMIT_CAPACITY),
            "fillRate": site_settings.read(site_settings.RATE_LIMIT_FILL_RATE),
        },
    }


def represent_rate_limit(limit: RateLimit) -> dict[str, Any]:
    """How many REST requests one user may make."""
    shown: dict[str, Any] = {
        "user": represent_user_with_address(limit.user),
        "whitelisted": limit.is_exempt,
    }
    if not limit.is_exempt:
        shown["settings"] = {"capacity": limit.capacity, "fillRate": limit.fill_rate}
    return shown


def represent_refused_requests(row: dict[str, Any]) -> dict[str, Any]:
    """How often a user's requests were refused."""
    return {
        "user": represent_user_with_address(row["user"]),
        "rejectCount": row["count"],
        "lastRejectTime": _milliseconds(row["last_at"]),
    }


def represent_login_options() -> dict[str, Any]:
    """The ways in through a browser: so far the login form alone."""
    form = {
        "id": 0,
        "type": "LOGIN_FORM",
        "buttonText": "Log in",
        "loginLink": links.absolute("/login"),
    }
    return {"results": [form], "start": 0, "limit": 50, "size": 1, "isLastPage": True}


def represent_basic_auth() -> dict[str, Any]:
    """Whether REST and Git take passwords, and from whom and where nevertheless."""
    return {
        "block-requests": site_settings.read(site_settings.BASIC_PASSWORDS_BLOCKED),
        "allowed-users": site_settings.read(site_settings.BASIC_ALLOWED_USERS),
        "allowed-paths": site_settings.read(site_settings.BASIC_ALLOWED_PATHS),
        "show-warning-message": site_settings.read(site_settings.BASIC_WARNING_SHOWN),
    }


def represent_oauth_application(
    application: OAuthApplication, secret: str | None = None
) -> dict[str, Any]:
    """An incoming link; its secret only in the answer to its making."""
    shown = {
        "id": str(application.pk),
        "clientId": application.client_id,
        "name": application.name,
        "redirects": application.redirect_uris,
        "scopes": application.scopes,
        "confidential": application.is_confidential,
        "createdDate": _milliseconds(application.created_at),
    }
    return shown if secret is None else shown | {"clientSecret": secret}


def _represent_secret(secret: Secret, user: User, text: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(secret.pk),
        "name": secret.name,
        "createdDate": _milliseconds(secret.created_at),
        "permissions": secret.permissions,
        "user": represent_user_with_address(user),
    }
    if secret.last_used_at is not None:
        shown["lastAuthenticated"] = _milliseconds(secret.last_used_at)
    return shown if text is None else shown | {"token": text}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)

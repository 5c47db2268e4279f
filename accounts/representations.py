"""Users and groups as Bitbucket's JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import (
    AccessToken,
    AppPassword,
    GlobalGrant,
    Group,
    OAuthApplication,
    Secret,
    User,
)
from accounts.permissions import Permission
from core import links


def represent_user(user: User) -> dict[str, Any]:
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


def represent_detailed_user(user: User) -> dict[str, Any]:
    """A user as administrators see them."""
    shown = represent_user(user) | {
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
        {"user": represent_user(grant.user)}
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
        "user": represent_user(user),
    }
    if secret.last_used_at is not None:
        shown["lastAuthenticated"] = _milliseconds(secret.last_used_at)
    return shown if text is None else shown | {"token": text}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)

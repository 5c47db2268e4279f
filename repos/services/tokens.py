"""HTTP access tokens of projects and repositories: each acts as a service user of its own."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from django.db import transaction

from accounts.actor import Actor
from accounts.models import AccessToken, User
from accounts.permissions import Permission, Scope
from accounts.services import secrets
from core.errors import Invalid
from repos import access
from repos.models import Project, ProjectGrant, Repository, RepositoryGrant, TokenPlace

Subject = Project | Repository

# The step that a token's permission needs on its project.
ON_PROJECT = {
    "REPO_READ": Permission.PROJECT_READ,
    "REPO_WRITE": Permission.PROJECT_WRITE,
    "REPO_ADMIN": Permission.PROJECT_ADMIN,
    "PROJECT_READ": Permission.PROJECT_READ,
    "PROJECT_WRITE": Permission.PROJECT_WRITE,
    "PROJECT_ADMIN": Permission.PROJECT_ADMIN,
}
ON_REPOSITORY = {
    "REPO_READ": Permission.REPO_READ,
    "REPO_WRITE": Permission.REPO_WRITE,
    "REPO_ADMIN": Permission.REPO_ADMIN,
}


def create(
    actor: Actor,
    subject: Subject,
    *,
    name: str,
    permissions: Collection[str],
    expiry_days: int | None = None,
) -> tuple[AccessToken, str]:
    """Make a token of a project or repository; the text is given here and never again."""
    _require_administration(actor, subject)
    step = _step(subject, permissions)
    with transaction.atomic():
        token, text = secrets.create_service_token(
            actor, name=name, permissions=permissions, expiry_days=expiry_days
        )
        TokenPlace.objects.create(token=token, **_key_of(subject))
        _grant(subject, token.user, step)
    return token, text


def update(
    actor: Actor,
    subject: Subject,
    token: AccessToken,
    *,
    name: str | None = None,
    permissions: Collection[str] | None = None,
) -> AccessToken:
    """Change a token's name or permissions; the secret stays what it is."""
    _require_administration(actor, subject)
    changed = copy.copy(token)
    with transaction.atomic():
        if permissions is not None:
            _grant(subject, token.user, _step(subject, permissions))
        secrets.change_service_token(actor, changed, name=name, permissions=permissions)
    return changed


def revoke(actor: Actor, subject: Subject, token: AccessToken) -> None:
    """End a token, and the service user that it acted as."""
    _require_administration(actor, subject)
    secrets.end_service_token(actor, token)


def _require_administration(actor: Actor, subject: Subject) -> None:
    needed = Permission.PROJECT_ADMIN if isinstance(subject, Project) else Permission.REPO_ADMIN
    access.require(actor, needed, subject, scope=Scope.CREDENTIALS)


def _step(subject: Subject, permissions: Collection[str]) -> Permission:
    table = ON_PROJECT if isinstance(subject, Project) else ON_REPOSITORY
    names = [name.strip().upper() for name in permissions]
    for name in names:
        if name not in table:
            raise Invalid(f'"{name}" cannot be given to this token.', context="permissions")
    if not names:
        raise Invalid("Choose at least one permission.", context="permissions")
    return max(table[name] for name in names)


def _grant(subject: Subject, user: User, step: Permission) -> None:
    grants: Any = ProjectGrant if isinstance(subject, Project) else RepositoryGrant
    grants.objects.update_or_create(user=user, **_key_of(subject), defaults={"permission": step})


def _key_of(subject: Subject) -> dict[str, Any]:
    return {"project" if isinstance(subject, Project) else "repository": subject}

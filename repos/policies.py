"""What the site lets whom do to repositories, beyond administering them: archive, and delete."""

from __future__ import annotations

import enum

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Ladder, Permission
from core import site_settings
from core.errors import Forbidden
from repos import access
from repos.models import Repository

CHOICES = (
    Permission.SYS_ADMIN,
    Permission.ADMIN,
    Permission.PROJECT_ADMIN,
    Permission.REPO_ADMIN,
)


class PolicyAction(enum.Enum):
    """What a policy is about, by the name of its setting."""

    ARCHIVE = site_settings.ARCHIVE_POLICY
    DELETE = site_settings.DELETE_POLICY


def needed(act: PolicyAction) -> Permission:
    """Give the permission that the site asks for."""
    return Permission[site_settings.read(act.value)]


def may(actor: Actor, act: PolicyAction, repository: Repository) -> bool:
    """Whether the actor has the permission that the policy requires."""
    step = needed(act)
    if step.ladder is Ladder.SITE:
        return site_access.may(actor, step)
    if step.ladder is Ladder.PROJECT:
        return access.may(actor, step, repository.project)
    return access.may(actor, step, repository)


def require(actor: Actor, act: PolicyAction, repository: Repository) -> None:
    """Raise for repository administrators without the permission that the policy requires."""
    if not may(actor, act, repository):
        raise Forbidden(
            f"{needed(act).name} is required to {act.name.lower()} repositories on this server."
        )

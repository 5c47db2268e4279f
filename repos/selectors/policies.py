"""What the site lets whom do to repositories."""

from __future__ import annotations

from accounts import access as site_access
from accounts.actor import Actor
from accounts.permissions import Permission
from repos import policies
from repos.models import Repository
from repos.policies import PolicyAction


def needed(actor: Actor, act: PolicyAction) -> Permission:
    """The permission that is needed for it, for who may sign in."""
    site_access.require(actor, Permission.LICENSED_USER)
    return policies.needed(act)


def may(actor: Actor, act: PolicyAction, repository: Repository) -> bool:
    """Whether the site lets the actor do it to a repository that they administer."""
    return policies.may(actor, act, repository)

"""Who may what on the whole site; projects and repositories are judged in `repos.access`."""

from __future__ import annotations

from django.db.models import Max, Q

from accounts.actor import Actor
from accounts.models import GlobalGrant, User
from accounts.permissions import Permission, Scope
from core.errors import Forbidden, Unauthenticated


def held_by(user: User) -> Q:
    """Select the global grants of a user, directly or through groups."""
    return Q(user=user) | Q(group__members=user)


def site_permission(actor: Actor) -> Permission | None:
    """Return the highest global permission of the actor's user, regardless of the secret."""
    if actor.is_system:
        return Permission.SYS_ADMIN
    if actor.user is None or not actor.user.is_active:
        return None
    highest = GlobalGrant.objects.filter(held_by(actor.user)).aggregate(highest=Max("permission"))[
        "highest"
    ]
    return None if highest is None else Permission(highest)


def open_permission(actor: Actor) -> Permission | None:
    """Return the highest global permission of the actor, limited by the secret."""
    held = site_permission(actor)
    if held is None:
        return None
    steps = [step for step in Permission if held.implies(step) and actor.grants.ceiling(step)]
    return max(steps, default=None)


def may(actor: Actor, needed: Permission, *, scope: Scope | None = None) -> bool:
    """Whether the actor has this global permission, limited by the secret."""
    held = site_permission(actor)
    if held is None or not held.implies(needed) or not actor.grants.ceiling(needed):
        return False
    return scope is None or scope in actor.scopes


def require(actor: Actor, needed: Permission, *, scope: Scope | None = None) -> None:
    """Raise Forbidden unless `may`, or Unauthenticated for anonymous actors."""
    if may(actor, needed, scope=scope):
        return
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    raise Forbidden()

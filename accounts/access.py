"""Who may what on the whole site; projects and repositories are judged in `repos.access`."""

from __future__ import annotations

from django.db.models import Max, Q

from accounts.actor import Actor
from accounts.models import GlobalGrant, User
from accounts.permissions import Permission, Scope
from core.errors import Forbidden, Unauthenticated


def held_by(user: User) -> Q:
    """Select the grants that a user holds, alone or through a group."""
    return Q(user=user) | Q(group__members=user)


def site_permission(actor: Actor) -> Permission | None:
    """Give the highest step on the site's ladder that the actor holds, whatever their secret allows."""
    if actor.is_system:
        return Permission.SYS_ADMIN
    if actor.user is None or not actor.user.is_active:
        return None
    highest = GlobalGrant.objects.filter(held_by(actor.user)).aggregate(highest=Max("permission"))[
        "highest"
    ]
    return None if highest is None else Permission(highest)


def open_permission(actor: Actor) -> Permission | None:
    """Give the highest step on the site's ladder that the actor holds and their secret leaves room for."""
    held = site_permission(actor)
    if held is None:
        return None
    steps = [step for step in Permission if held.implies(step) and actor.grants.ceiling(step)]
    return max(steps, default=None)


def may(actor: Actor, needed: Permission, *, scope: Scope | None = None) -> bool:
    """Whether the actor holds this step on the site's ladder and their secret leaves room for it."""
    held = site_permission(actor)
    if held is None or not held.implies(needed) or not actor.grants.ceiling(needed):
        return False
    return scope is None or scope in actor.scopes


def require(actor: Actor, needed: Permission, *, scope: Scope | None = None) -> None:
    """Refuse unless `may`; somebody unknown is asked who they are."""
    if may(actor, needed, scope=scope):
        return
    if actor.is_anonymous:
        raise Unauthenticated("You must sign in to do this.")
    raise Forbidden()

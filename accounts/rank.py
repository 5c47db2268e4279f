"""Rules for managing users: no one changes users with higher permissions, grants more than they have, or removes their own last permission."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max

from accounts import access
from accounts.actor import Actor
from accounts.models import GlobalGrant, Group, User
from accounts.permissions import Permission, Scope
from core.errors import Conflict, Refused

TOO_HIGH = "This requires a higher permission than yours."
OWN_LOSS = "This would remove your own permission. Ask another administrator to do it."


def require_above(actor: Actor, subjects: Iterable[User | Group | Permission]) -> None:
    """Raise if a target has, or is, a permission above the actor's own, limited by the secret."""
    own = access.open_permission(actor) or 0
    for subject in subjects:
        if _step(subject) > own:
            raise Refused(TOO_HIGH)


def require_own_or_administration(actor: Actor, user: User, *, scope: Scope) -> None:
    """Refuse who is neither this user nor an administrator of at least their rank."""
    if actor.user is not None and actor.user.pk == user.pk:
        access.require(actor, Permission.LICENSED_USER, scope=scope)
    else:
        access.require(actor, Permission.ADMIN, scope=scope)
        require_above(actor, [user])


def judge_in_turn(actor: Actor, subjects: Iterable[User | Group | Permission]) -> None:
    """Serialize changes that lower permissions until their transactions end, and check again.

    Two system administrators who lower each other at the same moment would otherwise leave none:
    each was still somebody when they began. Forbidden, Refused.
    """
    list(GlobalGrant.objects.select_for_update().filter(permission=Permission.SYS_ADMIN))
    if actor.user is not None:
        actor.user.refresh_from_db(fields=["is_active"])
    access.require(actor, Permission.ADMIN)
    require_above(actor, subjects)


def refuse_own_loss(actor: Actor, held_before: Permission | None) -> None:
    """Judge after a change, inside its transaction: what is raised undoes it."""
    if (access.site_permission(actor) or 0) < (held_before or 0):
        raise Conflict(OWN_LOSS)


def _step(subject: User | Group | Permission) -> int:
    if isinstance(subject, Permission):
        return int(subject)
    if isinstance(subject, User):
        # What they would hold if they were active: a rank is not lost by being switched off.
        grants = GlobalGrant.objects.filter(access.held_by(subject))
    else:
        grants = GlobalGrant.objects.filter(group=subject)
    highest: int | None = grants.aggregate(highest=Max("permission"))["highest"]
    return highest or 0

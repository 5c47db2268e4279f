"""Grant and revoke what people may on the whole site."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from accounts import access, rank
from accounts.actor import Actor
from accounts.events import GlobalPermissionChanged
from accounts.models import GlobalGrant, Group, User
from accounts.permissions import Ladder, Permission, Scope
from core import events
from core.errors import Invalid


def grant(actor: Actor, holders: Collection[User | Group], permission: Permission) -> None:
    """Let users and groups hold exactly this step on the site."""
    if permission.ladder is not Ladder.SITE:
        raise Invalid(f"{permission.name} is not a global permission.", context="permission")
    _change(actor, holders, permission)


def revoke(actor: Actor, holders: Collection[User | Group]) -> None:
    """Revoke global grants of users and groups."""
    _change(actor, holders, None)


def _change(actor: Actor, holders: Collection[User | Group], permission: Permission | None) -> None:
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    touched = [*holders, *([permission] if permission else [])]
    rank.require_above(actor, touched)
    before = access.site_permission(actor)
    with transaction.atomic():
        rank.judge_in_turn(actor, touched)
        for holder in holders:
            column = "user" if isinstance(holder, User) else "group"
            held = GlobalGrant.objects.filter(**{column: holder})
            old = held.values_list("permission", flat=True).first()
            if permission is None:
                held.delete()
            else:
                key: dict[str, Any] = {column: holder}
                GlobalGrant.objects.update_or_create(**key, defaults={"permission": permission})
            events.publish(
                GlobalPermissionChanged(
                    actor=actor,
                    holder=holder.name,
                    old=Permission(old).name if old else None,
                    new=permission.name if permission else None,
                )
            )
        rank.refuse_own_loss(actor, before)

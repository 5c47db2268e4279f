"""Create and delete groups, change who belongs to them."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction

from accounts import access, rank
from accounts.actor import Actor
from accounts.errors import NameTaken
from accounts.events import GroupChanged, MembersChanged
from accounts.models import Group, User
from accounts.permissions import Permission, Scope
from accounts.services.users import check_text
from core import events


def create(actor: Actor, name: str) -> Group:
    """Make an empty group."""
    _require(actor)
    check_text("name", name)
    try:
        with transaction.atomic():
            group = Group.objects.create(name=name)
            events.publish(GroupChanged(actor=actor, group=name, is_there=True))
    except IntegrityError:
        raise NameTaken("group", name) from None
    return group


def delete(actor: Actor, group: Group) -> None:
    """Delete a group, with everything that was granted to it."""
    _require(actor, group)
    before = access.site_permission(actor)
    with transaction.atomic():
        rank.judge_in_turn(actor, [group])
        events.publish(GroupChanged(actor=actor, group=group.name, is_there=False))
        group.delete()
        rank.refuse_own_loss(actor, before)


def add(actor: Actor, groups: Collection[Group], users: Collection[User]) -> None:
    """Let all of these users belong to all of these groups."""
    _require(actor, *groups)
    rank.require_above(actor, users)
    with transaction.atomic():
        for group in groups:
            group.members.add(*users)
            events.publish(MembersChanged(actor=actor, group=group.name, joined=tuple(users)))


def remove(actor: Actor, group: Group, user: User) -> None:
    """Let a user belong to a group no more."""
    _require(actor, group)
    rank.require_above(actor, [user])
    before = access.site_permission(actor)
    with transaction.atomic():
        rank.judge_in_turn(actor, [group, user])
        group.members.remove(user)
        events.publish(MembersChanged(actor=actor, group=group.name, left=(user,)))
        rank.refuse_own_loss(actor, before)


def _require(actor: Actor, *groups: Group) -> None:
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    rank.require_above(actor, groups)

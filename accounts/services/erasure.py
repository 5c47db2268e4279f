"""Erase what tells who a removed user was: irreversible, and only for who is removed already."""

from __future__ import annotations

import secrets

from django.db import transaction

from accounts import access, rank, sign_in_throttle
from accounts.actor import Actor
from accounts.errors import NoSuchUser
from accounts.events import UserErased
from accounts.models import RateLimit, RefusedRequests, User, UserAvatar, UserSettings
from accounts.permissions import Permission, Scope
from core import events
from core.errors import Conflict


def check(actor: Actor, name: str) -> User:
    """Give the removed user of that name; NoSuchUser, or Conflict for one who is not removed."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    user = User.objects.filter(name__iexact=name, type=User.Type.NORMAL).first()
    if user is None:
        raise NoSuchUser(name)
    rank.require_above(actor, [user])
    if user.removed_at is None:
        raise Conflict(f'User "{user.name}" is not deleted. Delete the user first, then erase.')
    return user


def erase(actor: Actor, name: str) -> User:
    """Replace name, address, picture and settings of a removed user by a name that says nothing."""
    user = check(actor, name)
    with transaction.atomic():
        sign_in_throttle.reset(user.name)
        user.name = user.slug = user.display_name = f"user-{secrets.token_hex(5)}"
        user.email_address = user.time_zone = user.language = ""
        user.set_unusable_password()
        user.last_login = None
        user.save()
        for kind in (UserAvatar, UserSettings, RateLimit, RefusedRequests):
            kind._default_manager.filter(user=user).delete()
        events.publish(UserErased(actor=actor, user=user))
    return user

"""Change what people say of themselves: their picture, how times are written for them, settings of their programs."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.db import transaction

from accounts import rank
from accounts.actor import Actor
from accounts.events import UserModified
from accounts.languages import LANGUAGES
from accounts.models import User, UserAvatar, UserSettings
from accounts.permissions import Scope
from core import events
from core.errors import Invalid
from infrastructure import images

MOST_SETTINGS = 200
LONGEST_SETTING = 4000


def require_own_or_administration(actor: Actor, user: User) -> None:
    """Refuse who is neither this user nor an administrator of at least their rank."""
    is_own = actor.user is not None and actor.user.pk == user.pk
    scope = Scope.ACCOUNT_WRITE if is_own else Scope.ADMINISTRATION
    rank.require_own_or_administration(actor, user, scope=scope)


def set_avatar(actor: Actor, user: User, content: bytes) -> None:
    """Give the user a picture: an image of at most 1 MiB."""
    require_own_or_administration(actor, user)
    picture = images.normalised(content)
    with transaction.atomic():
        UserAvatar.objects.update_or_create(user=user, defaults={"content": picture})
        _tell(actor, user, {"avatar": "replaced"})


def delete_avatar(actor: Actor, user: User) -> None:
    """Take the user's picture away; the one made for their name takes its place."""
    require_own_or_administration(actor, user)
    with transaction.atomic():
        deleted, _ = UserAvatar.objects.filter(user=user).delete()
        if deleted:
            _tell(actor, user, {"avatar": "deleted"})


def set_way_of_times(actor: Actor, user: User, *, time_zone: str, language: str) -> None:
    """Say how times are written for a user; empty is the server's own way."""
    require_own_or_administration(actor, user)
    if time_zone and time_zone not in zoneinfo.available_timezones():
        raise Invalid("Unknown time zone.", context="timeZone")
    if language and language not in LANGUAGES:
        raise Invalid("Unsupported language.", context="language")
    user.time_zone, user.language = time_zone, language
    user.save(update_fields=["time_zone", "language"])


def update_settings(actor: Actor, user: User, values: dict[str, Any]) -> None:
    """Merge names and values into what is kept for the user's programs; null takes a name out."""
    require_own_or_administration(actor, user)
    for name, value in values.items():
        _judge(name, value)
    with transaction.atomic():
        UserSettings.objects.get_or_create(user=user)
        row = UserSettings.objects.select_for_update().get(user=user)
        merged = row.values | values
        row.values = {name: value for name, value in merged.items() if value is not None}
        if len(row.values) > MOST_SETTINGS:
            raise Invalid(f"At most {MOST_SETTINGS} settings are kept for a user.")
        row.save(update_fields=["values"])


def _judge(name: str, value: object) -> None:
    if not name or len(name) > 255:
        raise Invalid("The name of a setting must have 1 to 255 characters.")
    if not isinstance(value, str | int | float | bool | None):
        raise Invalid("A setting must be a string, a number, true or false.", context=name)
    if isinstance(value, str) and (len(value) > LONGEST_SETTING or "\0" in value):
        raise Invalid(f"A string must have at most {LONGEST_SETTING} characters.", context=name)


def _tell(actor: Actor, user: User, new: dict[str, str]) -> None:
    events.publish(UserModified(actor=actor, user=user, old={}, new=new))

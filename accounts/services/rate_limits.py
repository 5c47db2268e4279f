"""Change rate limits: the default, and those of users."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from accounts import access, rank, rate_limits
from accounts.actor import Actor
from accounts.events import SiteSettingChanged
from accounts.models import RateLimit, User
from accounts.permissions import Permission, Scope
from accounts.services import site_administration
from core import events, site_settings
from core.errors import Invalid

MOST = 1_000_000


def change(
    actor: Actor,
    *,
    enabled: bool | None = None,
    capacity: int | None = None,
    fill_rate: int | None = None,
) -> None:
    """Turn rate limits on or off, or change the default."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    site_administration.write(
        actor,
        {
            site_settings.RATE_LIMIT_ENABLED: enabled,
            site_settings.RATE_LIMIT_CAPACITY: _judged(capacity, "capacity"),
            site_settings.RATE_LIMIT_FILL_RATE: _judged(fill_rate, "fillRate"),
        },
    )


def set_for(
    actor: Actor,
    users: Collection[User],
    *,
    is_exempt: bool = False,
    capacity: int | None = None,
    fill_rate: int | None = None,
) -> list[RateLimit]:
    """Give users a limit of their own, or none at all with `is_exempt`."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    if not users:
        raise Invalid("Specify at least one user.", context="usernames")
    if not is_exempt and (capacity is None or fill_rate is None):
        raise Invalid(
            "Specify a capacity and a fillRate, or whitelist the user.", context="settings"
        )
    fields = {
        "is_exempt": is_exempt,
        "capacity": None if is_exempt else _judged(capacity, "capacity"),
        "fill_rate": None if is_exempt else _judged(fill_rate, "fillRate"),
    }
    rank.require_above(actor, list(users))
    made = []
    with transaction.atomic():
        for user in users:
            row, _ = RateLimit.objects.update_or_create(user=user, defaults=fields)
            made.append(row)
            new = "no limit" if is_exempt else f"{capacity} and {fill_rate} a second"
            _tell(actor, user, new)
    return made


def reset_for(actor: Actor, user: User) -> None:
    """Reset a user to the default rate limit."""
    access.require(actor, Permission.ADMIN, scope=Scope.ADMINISTRATION)
    rank.require_above(actor, [user])
    with transaction.atomic():
        RateLimit.objects.filter(user=user).delete()
        _tell(actor, user, None)


def _tell(actor: Actor, user: User, new: str | None) -> None:
    name = f"rate_limit of {user.name}"
    events.publish(SiteSettingChanged(actor=actor, name=name, old=None, new=new))
    transaction.on_commit(lambda: rate_limits.forget(user.pk))


def _judged(number: int | None, context: str) -> int | None:
    if number is not None and not 1 <= number <= MOST:
        raise Invalid(f"Use a number from 1 to {MOST}.", context=context)
    return number

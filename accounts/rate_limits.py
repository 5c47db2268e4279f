"""Rate limits of REST requests, checked once per request."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import caches
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts.actor import Actor
from accounts.errors import OverBudget
from accounts.models import RateLimit, RefusedRequests
from core import site_settings
from infrastructure import token_buckets

REMEMBERED_SECONDS = 10
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Budget:
    """What is left for the caller."""

    capacity: int
    fill_rate: int
    remaining: int

    @property
    def headers(self) -> dict[str, str]:
        """Tell the caller, on every answer."""
        return {
            "X-RateLimit-Limit": str(self.capacity),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-FillRate": str(self.fill_rate),
            "X-RateLimit-Interval-Seconds": "1",
        }


def spend(actor: Actor) -> Budget | None:
    """Take one request out of the caller's budget; None for who has no limit, OverBudget when it is used up.

    Somebody unknown shares the budget of their address.
    """
    if not site_settings.read(site_settings.RATE_LIMIT_ENABLED):
        return None
    found = _limits_of(actor)
    if found is None:
        return None
    capacity, fill_rate = found
    name = f"user {actor.user.pk}" if actor.user else f"address {actor.origin.address}"
    taken = token_buckets.take(name, capacity=capacity, fill_rate=fill_rate)
    if taken.untold and actor.user is not None:
        _write_down(actor.user.pk, taken.untold)
    budget = Budget(capacity, fill_rate, int(taken.tokens))
    if not taken.is_allowed:
        wait = math.ceil((1 - taken.tokens) / fill_rate)
        raise OverBudget(max(wait, 1), budget.headers)
    return budget


def forget(user_id: int) -> None:
    """Clear the cached limit of a user."""
    caches["memory"].delete(_key(user_id))


def sweep() -> None:
    """Remove expired rows of refused requests."""
    RefusedRequests.objects.filter(hour__lt=timezone.now() - KEPT).delete()
    token_buckets.sweep()


def _limits_of(actor: Actor) -> tuple[int, int] | None:
    usual = (
        int(site_settings.read(site_settings.RATE_LIMIT_CAPACITY)),
        int(site_settings.read(site_settings.RATE_LIMIT_FILL_RATE)),
    )
    if actor.user is None:
        return usual
    own = caches["memory"].get_or_set(
        _key(actor.user.pk), lambda: _read(actor.user.pk), REMEMBERED_SECONDS
    )
    if own == "exempt":
        return None
    return own or usual


def _read(user_id: int) -> tuple[int, int] | str:
    row = RateLimit.objects.filter(user=user_id).first()
    if row is None:
        return ""
    if row.is_exempt:
        return "exempt"
    return (row.capacity or 1, row.fill_rate or 1)


def _key(user_id: int) -> str:
    return f"rate-limit:{user_id}"


def _write_down(user_id: int, count: int) -> None:
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = RefusedRequests.objects.filter(user=user_id, hour=hour)
    if row.update(count=F("count") + count, last_at=now):
        return
    try:
        with transaction.atomic():
            RefusedRequests.objects.create(user_id=user_id, hour=hour, count=count, last_at=now)
    except IntegrityError:
        row.update(count=F("count") + count, last_at=now)

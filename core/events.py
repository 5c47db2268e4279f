"""Publish and subscribe, at once and inside the caller's transaction.

An event is a frozen dataclass in the past tense, in the `events.py` of the app where the thing
happened. Subscribers write rows and schedule jobs, nothing slow; what they write stands or falls
with the change itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

E = TypeVar("E")
Subscriber = Callable[[Any], None]

_subscribers: dict[type, list[Subscriber]] = defaultdict(list)


def subscribe(
    event_type: type[E],
) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a listener for all events of this type; listeners run in the order of registration."""

    def register(subscriber: Callable[[E], None]) -> Callable[[E], None]:
        _subscribers[event_type].append(subscriber)
        return subscriber

    return register


def publish(event: object) -> None:
    """Tell every subscriber now; RuntimeError outside a transaction, where nothing would bind them."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} was published outside a transaction")
    for subscriber in _subscribers[type(event)]:
        subscriber(event)

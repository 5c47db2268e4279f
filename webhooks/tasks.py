"""Jobs about webhooks."""

from __future__ import annotations

from celery import shared_task

from accounts.actor import Actor
from webhooks.services import deliveries


@shared_task(name="webhooks.deliver")
def deliver(number: int) -> None:
    """Attempt one delivery."""
    deliveries.attempt(Actor.system(), number)


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Forget what is old."""
    deliveries.forget_the_old(Actor.system())

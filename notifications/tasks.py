"""Jobs about mail."""

from __future__ import annotations

from celery import shared_task

from accounts.actor import Actor
from notifications.services import notices


@shared_task(name="notifications.send")
def send(number: int) -> None:
    """Send one notice."""
    notices.send(Actor.system(), number)


@shared_task(name="notifications.send_digest")
def send_digest(user_id: int) -> None:
    """Send the pending notifications of a user."""
    notices.send_digest(Actor.system(), user_id)


@shared_task(name="notifications.begin_digests")
def begin_digests() -> None:
    """Enqueue all summaries."""
    notices.begin_digests(Actor.system())


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Forget what is old."""
    notices.forget_the_old(Actor.system())

"""What the audit log does later: forget what is old enough."""

from __future__ import annotations

from celery import shared_task

from accounts.actor import Actor
from audit import services


@shared_task(name="audit.sweep")
def sweep() -> None:
    """Forget the old."""
    services.forget_the_old(Actor.system())

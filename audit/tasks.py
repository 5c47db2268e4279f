"""What the audit log does later: forget what is old enough."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from accounts.actor import Actor
from audit import services
from core import jobs

SWEEP = "audit.sweep"
SWEPT_EVERY = timedelta(days=1)


@shared_task(name=SWEEP)
def sweep() -> None:
    """Forget the old, now and again tomorrow."""
    jobs.enqueue(SWEEP, unique_key=SWEEP, delay=SWEPT_EVERY)
    services.forget_the_old(Actor.system())

"""What accounts do later: forget what is over."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from accounts import rate_limits, throttle
from accounts.actor import Actor
from accounts.services import authorisations, sessions
from core import jobs

SWEEP = "accounts.sweep"
SWEPT_EVERY = timedelta(hours=1)


@shared_task(name=SWEEP)
def sweep() -> None:
    """Forget what ended: codes and tokens of applications, sessions, failures, refusals; again in an hour."""
    # Asked for first: what fails now is tried again, and comes back in an hour all the same.
    jobs.enqueue(SWEEP, unique_key=SWEEP, delay=SWEPT_EVERY)
    authorisations.sweep(Actor.system())
    sessions.sweep(Actor.system())
    throttle.sweep()
    rate_limits.sweep()

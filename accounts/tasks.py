"""What accounts do later: forget what is over."""

from __future__ import annotations

from celery import shared_task

from accounts import rate_limits, sign_in_throttle
from accounts.actor import Actor
from accounts.services import authorisations, sessions


@shared_task(name="accounts.sweep")
def sweep() -> None:
    """Forget what ended: codes and tokens of applications, sessions, failures, refusals."""
    authorisations.sweep(Actor.system())
    sessions.sweep(Actor.system())
    sign_in_throttle.sweep()
    rate_limits.sweep()

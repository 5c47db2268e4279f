"""What accounts do later: forget what applications were given and may not use any more."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from accounts.actor import Actor
from accounts.services import authorisations
from core import jobs

SWEEP_OAUTH = "accounts.sweep_oauth"
SWEPT_EVERY = timedelta(hours=1)


@shared_task(name=SWEEP_OAUTH)
def sweep_oauth() -> None:
    """Forget expired codes and tokens, now and again in an hour."""
    # Asked for first: what fails now is tried again, and comes back in an hour all the same.
    jobs.enqueue(SWEEP_OAUTH, unique_key=SWEEP_OAUTH, delay=SWEPT_EVERY)
    authorisations.sweep(Actor.system())

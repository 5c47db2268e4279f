"""Leases of jobs at work: short, so that a kill delays little, and renewed for as long as the work takes."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from infrastructure.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
RENEWED_EVERY = settings.JOB_LEASE_SECONDS / 4

_held: set[int] = set()
_changing = threading.Lock()
# The process that has one.
_keeper: int | None = None


@contextmanager
def lease(job_id: int) -> Iterator[None]:
    """Renew the lease of a job that this process has claimed, until its work is done."""
    with _changing:
        _held.add(job_id)
        _start_keeper()
    try:
        yield
    finally:
        with _changing:
            _held.discard(job_id)


def _start_keeper() -> None:
    """One thread for all jobs of a process; a child of a fork needs its own."""
    global _keeper
    if _keeper != os.getpid():
        _keeper = os.getpid()
        threading.Thread(target=_keep, name="job-leases", daemon=True).start()


def _keep() -> None:
    """Renew while there is work, and end some time after there is none."""
    global _keeper
    while True:
        time.sleep(RENEWED_EVERY)
        with _changing:
            held = list(_held)
            if not held:
                _keeper = None
                return
        try:
            Job.objects.filter(pk__in=held).update(leased_until=timezone.now() + LEASE)
        except Exception:
            logger.exception("leases could not be renewed; trying again")
        finally:
            close_old_connections()

"""The durable queue: the only way to do something later.

A job is a row, written in the transaction that asked for it: never lost, never run for something
that was rolled back. Its body is a Celery task, found by name. Without a broker the loop of
`manage.py run_jobs` runs it; with one, workers do, and the loop's sweep picks up what was lost on
the way. Retries live in the row. A job may run twice (a kill between work and record), so bodies
must bear being repeated.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core import keeping, metrics, request_ids
from core.models import Job

logger = logging.getLogger(__name__)

ATTEMPTS = 12
# The sweep finds what nobody was told of.
MOST_HINTS = 100
LONGEST_WAIT = timedelta(hours=1)

_looking_for_tasks = threading.Lock()
_wakers: list[Callable[[], None]] = []


def enqueue(
    task: str,
    *arguments: Any,
    unique_key: str | None = None,
    delay: timedelta = timedelta(0),
) -> None:
    """Ask for a task by name, with JSON arguments, after `delay`.

    With a `unique_key`, a pending job of the same key is left to do the work of both.
    """
    asked = {
        "task": task,
        "arguments": list(arguments),
        "due_at": timezone.now() + delay,
        "request_id": request_ids.current()[:64],
    }
    with transaction.atomic():
        if unique_key is None:
            job = Job.objects.create(**asked)
        else:
            job, _ = Job.objects.get_or_create(unique_key=unique_key, defaults=asked)
        if not delay:
            transaction.on_commit(partial(_hint, job.pk), robust=True)


def wake_on_enqueue(waker: Callable[[], None]) -> None:
    """Call `waker` in this process whenever a job that is due at once has been committed."""
    _wakers.append(waker)


def put_forward(rows: QuerySet[Job]) -> int:
    """Let these be run at once, with all their attempts before them; gives how many there were.

    What is at work is left to it.
    """
    with transaction.atomic():
        wanted = list(rows.filter(_free(timezone.now())).values_list("pk", flat=True))
        count = Job.objects.filter(pk__in=wanted).update(
            state=Job.State.PENDING, attempts=0, due_at=timezone.now()
        )
        for job_id in wanted[:MOST_HINTS]:
            transaction.on_commit(partial(_hint, job_id), robust=True)
    return count


def due_ids(limit: int = 100) -> list[int]:
    """Find jobs that are due and not being worked on, oldest first."""
    now = timezone.now()
    return list(
        Job.objects.filter(_free(now), state=Job.State.PENDING, due_at__lte=now)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def run(job_id: int) -> bool:
    """Claim the job and do it now; False if somebody else has it, it is not due, or it is done."""
    now = timezone.now()
    claimed = Job.objects.filter(
        _free(now), pk=job_id, state=Job.State.PENDING, due_at__lte=now
    ).update(leased_until=now + keeping.LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    job = Job.objects.get(pk=job_id)
    if job.unique_key is not None:
        # From here on the same request is a new one: what it asks for may come too late for this run.
        Job.objects.filter(pk=job.pk).update(unique_key=None)
    with request_ids.working_for(job.request_id), keeping.lease(job.pk):
        try:
            _body_of(job).apply(args=job.arguments, throw=True)
        except Exception as error:
            logger.exception("%s failed, attempt %d", job, job.attempts)
            metrics.JOBS.labels(job.task, "failed").inc()
            _put_back(job, error)
        else:
            metrics.JOBS.labels(job.task, "done").inc()
            job.delete()
    return True


def forget_connections() -> None:
    """Give the thread's database connection back; a long-lived thread calls this between jobs."""
    connections.close_all()


@shared_task(name="core.run_job", ignore_result=True, acks_late=True)
def run_job(job_id: int) -> None:
    """Run one job by its id, in a Celery worker."""
    run(job_id)


def _free(now: Any) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=now)


def _body_of(job: Job) -> Any:
    with _looking_for_tasks:
        if job.task not in current_app.tasks:
            # Outside a worker, nobody has asked Celery to look for tasks yet.
            current_app.loader.import_default_modules()
    return current_app.tasks[job.task]


def _put_back(job: Job, error: Exception) -> None:
    wait = min(LONGEST_WAIT, timedelta(seconds=2**job.attempts))
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.PENDING if job.attempts < ATTEMPTS else Job.State.FAILED,
        leased_until=None,
        due_at=timezone.now() + wait,
        last_error=f"{type(error).__name__}: {error}"[:2000].replace("\x00", ""),
    )


def _hint(job_id: int) -> None:
    if settings.REDIS_URL:
        run_job.delay(job_id)
    for waker in _wakers:
        waker()

"""The durable queue: the only way to do something later.

A job is a row, written in the transaction that asked for it: never lost, never run for something
that was rolled back. Its body is a Celery task, found by name. Without a broker the loop of
`manage.py run_jobs` runs it; with one, workers do, and `sweep` finds what was lost on the way.
Retries live in the row. A job may run twice (a kill between work and record), so bodies must bear
being repeated.

Jobs with the same ordering key start one after another, in the order in which they were enqueued: none starts
before the first attempt of the one before it has ended, well or badly. What failed is tried again
aside, and holds up nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import KombuError, OperationalError

from core import metrics, request_ids
from infrastructure import job_leases, job_notifications
from infrastructure.models import Job

logger = logging.getLogger(__name__)

ATTEMPTS = 12
LONGEST_WAIT = timedelta(hours=1)
# A worker goes on with the next job of the same ordering key, and yields after so many.
MOST_OF_A_LANE = 50
# The sweep finds what nobody was told of.
MOST_HINTS = 100
# A hint that waits longer has been given again by the sweep, or its work is done.
HINT_SECONDS = 60
# What waits longer was lost on its way to a worker.
LOST_AFTER = timedelta(seconds=5)
# While the broker is away, nobody waits for it with each job.
LEFT_ALONE_SECONDS = 5.0

_looking_for_tasks = threading.Lock()
_broker_away_until = 0.0
_changing = threading.Lock()
# What is postponed in this process, by what it waits for.
_waiting: dict[str, dict[int, None]] = {}


class Postponed(Exception):
    """Raised by a body: it is not the time. The job comes again after the wait as if never begun.

    Or before: when this process calls `let_go_on` with what it `waits_for`.
    """

    def __init__(self, wait: timedelta, waits_for: str = ""):
        super().__init__()
        self.wait = wait
        self.waits_for = waits_for


class RetryLater(Exception):
    """Raised by a body that failed as it must expect to: the job comes again after the wait, without end."""

    def __init__(self, reason: str, wait: timedelta):
        super().__init__(reason)
        self.wait = wait


class PermanentFailure(Exception):
    """Raised by a body that would fail in the same way each time: the job is not tried again."""


def enqueue(
    task: str,
    *arguments: Any,
    unique_key: str | None = None,
    ordering_key: str = "",
    delay: timedelta = timedelta(0),
) -> None:
    """Ask for a task by name, with JSON arguments, after `delay`, in order where it has an ordering key.

    With a `unique_key`, a pending job of the same key is left to do the work of both.
    """
    asked = {
        "task": task,
        "arguments": list(arguments),
        "ordering_key": ordering_key,
        "due_at": timezone.now() + delay,
        "request_id": request_ids.current()[:64],
    }
    with transaction.atomic():
        job = Job.objects.create(**asked) if unique_key is None else _joined(unique_key, asked)
        if not delay:
            transaction.on_commit(partial(_hint, job.pk, task), robust=True)


def let_go_on(waits_for: str) -> None:
    """Let the next job that was postponed in this process until then be run at once."""
    while (number := _first_that_waits(waits_for)) is not None:
        job = Job.objects.filter(pk=number, leased_until=None, state=Job.State.PENDING)
        # What was done by others meanwhile leaves its turn to the next.
        if job.update(due_at=timezone.now()):
            _hint(number, job.values_list("task", flat=True).first() or "")
            return


def put_forward(rows: QuerySet[Job]) -> int:
    """Let these be run at once, with all their attempts before them; gives how many there were.

    What is at work is left to it.
    """
    with transaction.atomic():
        wanted = list(rows.filter(_free(timezone.now())).values_list("pk", "task"))
        count = Job.objects.filter(pk__in=[pk for pk, _ in wanted]).update(
            state=Job.State.PENDING, attempts=0, due_at=timezone.now()
        )
        for job_id, task in wanted[:MOST_HINTS]:
            transaction.on_commit(partial(_hint, job_id, task), robust=True)
    return count


def due_ids(
    limit: int = 100, *, calling: bool | None = None, waiting_for: timedelta = timedelta(0)
) -> list[int]:
    """Find jobs that are due since `waiting_for` and not being worked on, oldest first.

    `calling` chooses those that call other machines, or those that do not.
    """
    rows = _due(timezone.now(), waiting_for)
    if calling is not None:
        tasks = Q(task__in=settings.CALLING_TASKS)
        rows = rows.filter(tasks if calling else ~tasks)
    return list(rows.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def run(job_id: int) -> bool:
    """Do the job now, and then the jobs that wait behind it under its ordering key.

    False if somebody else has it, it is not due, it is not its turn, or it is done.
    """
    job = _claim(job_id)
    if job is None:
        return False
    for _ in range(MOST_OF_A_LANE):
        _work(job)
        if not job.ordering_key:
            return True
        following = _following(job.ordering_key)
        claimed = _claim(following) if following is not None else None
        if claimed is None:
            return True
        job = claimed
    _work(job)
    if (following := _following(job.ordering_key)) is not None:
        _hint(following, job.task)
    return True


def forget_connections() -> None:
    """Give the thread's database connection back; a long-lived thread calls this between jobs."""
    connections.close_all()


@shared_task(name="core.run_job", ignore_result=True, acks_late=True)
def run_job(job_id: int) -> None:
    """Run one job by its id, in a Celery worker."""
    run(job_id)


@shared_task(name="infrastructure.sweep", ignore_result=True)
def sweep() -> None:
    """Enqueue due jobs for the workers again: messages that Redis lost, and retries. Called by beat."""
    rows = _due(timezone.now(), LOST_AFTER).order_by("due_at", "pk").values_list("pk", "task")
    for job_id, task in rows[:MOST_HINTS]:
        _hint(job_id, task)


def _work(job: Job) -> None:
    with request_ids.working_for(job.request_id), job_leases.lease(job.pk):
        try:
            _body_of(job).apply(args=job.arguments, throw=True)
        except Postponed as wish:
            _put_back(job, wish.wait, attempts=job.attempts - 1)
            if wish.waits_for:
                with _changing:
                    _waiting.setdefault(wish.waits_for, {})[job.pk] = None
        except RetryLater as failure:
            metrics.JOBS.labels(job.task, "failed").inc()
            _put_back(job, failure.wait, last_error=_shown(failure))
        except PermanentFailure as reason:
            logger.warning("%s is given up: %s", job, reason)
            metrics.JOBS.labels(job.task, "given up").inc()
            _put_back(
                job, timedelta(0), state=Job.State.FAILED, last_error=f"Given up: {_shown(reason)}"
            )
        except Exception as error:
            logger.exception("%s failed, attempt %d", job, job.attempts)
            metrics.JOBS.labels(job.task, "failed").inc()
            _put_back(
                job,
                min(LONGEST_WAIT, timedelta(seconds=2**job.attempts)),
                state=Job.State.PENDING if job.attempts < ATTEMPTS else Job.State.FAILED,
                last_error=f"{type(error).__name__}: {_shown(error)}",
            )
        else:
            metrics.JOBS.labels(job.task, "done").inc()
            job.delete()


def _first_that_waits(waits_for: str) -> int | None:
    with _changing:
        waiting = _waiting.get(waits_for, {})
        number = next(iter(waiting), None)
        if number is not None:
            del waiting[number]
        if not waiting:
            _waiting.pop(waits_for, None)
        return number


def _joined(unique_key: str, asked: dict[str, Any]) -> Job:
    """The pending job of this key, held until our transaction ends, or a new one.

    Held, so that whoever claims it waits until what we did can be seen.
    """
    while True:
        job, is_new = Job.objects.get_or_create(unique_key=unique_key, defaults=asked)
        if is_new or _held(job.pk, unique_key):
            return job


def _held(number: int, unique_key: str) -> bool:
    """Whether the job still waits under its key; it is not begun before the transaction is over.

    A lock that others may share, since two transactions may ask for the same jobs in any order. SQLite
    has one writer at a time and needs none.
    """
    if connection.vendor != "postgresql":
        return Job.objects.filter(pk=number, unique_key=unique_key).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {Job._meta.db_table} WHERE id = %s AND unique_key = %s FOR SHARE",
            [number, unique_key],
        )
        return cursor.fetchone() is not None


def _claim(job_id: int) -> Job | None:
    """Take the job, for as long as the lease is renewed."""
    now = timezone.now()
    claimed = (
        _due(now)
        .filter(pk=job_id)
        .update(leased_until=now + job_leases.LEASE, attempts=F("attempts") + 1)
    )
    if not claimed:
        return None
    job = Job.objects.get(pk=job_id)
    if job.unique_key is not None:
        # From here on the same request is a new one: what it asks for may come too late for this run.
        Job.objects.filter(pk=job.pk).update(unique_key=None)
    return job


def _due(now: datetime, waiting_for: timedelta = timedelta(0)) -> QuerySet[Job]:
    """What may be begun: free, due, and under its ordering key the first that has no attempt behind it."""
    before = Job.objects.filter(
        ordering_key=OuterRef("ordering_key"), pk__lt=OuterRef("pk"), last_error=""
    )
    rows = Job.objects.filter(_free(now), state=Job.State.PENDING, due_at__lte=now - waiting_for)
    return rows.filter(Q(ordering_key="") | ~Q(last_error="") | ~Exists(before))


def _following(ordering_key: str) -> int | None:
    """The next job under an ordering key that has no attempt behind it, whether it may be begun or not."""
    rows = Job.objects.filter(ordering_key=ordering_key, last_error="").order_by("pk")
    return rows.values_list("pk", flat=True).first()


def _free(now: datetime) -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=now)


def _body_of(job: Job) -> Any:
    with _looking_for_tasks:
        if job.task not in current_app.tasks:
            # Outside a worker, nobody has asked Celery to look for tasks yet.
            current_app.loader.import_default_modules()
    return current_app.tasks[job.task]


def _put_back(job: Job, wait: timedelta, **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(leased_until=None, due_at=timezone.now() + wait, **changes)


def _shown(error: Exception) -> str:
    return str(error)[:2000].replace("\x00", "") or type(error).__name__


def _hint(job_id: int, task: str) -> None:
    """Tell who works that there is something; the row is there in any case."""
    global _broker_away_until
    if not settings.REDIS_URL:
        job_notifications.notify()
    elif time.monotonic() >= _broker_away_until:
        queue = settings.CALLING_QUEUE if task in settings.CALLING_TASKS else None
        try:
            run_job.apply_async((job_id,), queue=queue, expires=HINT_SECONDS)
        except (KombuError, OperationalError, OSError) as error:
            _broker_away_until = time.monotonic() + LEFT_ALONE_SECONDS
            logger.warning("the broker is away, the sweep will find what is to do: %s", error)

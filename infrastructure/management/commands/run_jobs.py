"""`manage.py run_jobs`: the embedded worker that runs the jobs of the queue."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import log_levels
from infrastructure import jobs, schedule
from infrastructure.job_notifications import JobListener

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
# So often at most, however often it rings.
SHORTEST_PAUSE = 0.02
SWEEP_SECONDS = 15.0
ROUNDS_SECONDS = 60.0


class Command(BaseCommand):
    """Run due jobs until the process is stopped."""

    help = (
        "Runs due jobs until it is told to stop. With REDIS_URL, Celery workers do the work and this "
        "loop only picks up what was lost; without, it does everything."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of threads."""
        parser.add_argument(
            "--threads", type=int, default=2, help="jobs at the same time (default 2)"
        )
        parser.add_argument(
            "--calling-threads",
            type=int,
            default=settings.CALLING_THREADS,
            help="webhooks and mail at the same time (default: CALLING_THREADS)",
        )
        parser.add_argument("--once", action="store_true", help="run what is due now, then end")

    def handle(
        self, *args: Any, threads: int, calling_threads: int, once: bool, **options: Any
    ) -> None:
        """Loop: find what is due, hand it to the threads, wait."""
        stop = threading.Event()
        bell = JobListener()

        def end(*_: Any) -> None:
            stop.set()
            bell.ring()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        for task in settings.JOBS_AT_START:
            _tried(partial(jobs.enqueue, task, unique_key=task))
        pause = SWEEP_SECONDS if settings.REDIS_URL else POLL_SECONDS
        rounds_at = 0.0
        crews = [
            _Crew(threads, bell, calling=False),
            _Crew(calling_threads, bell, calling=True),
        ]
        while not stop.is_set():
            log_levels.follow()
            if time.monotonic() >= rounds_at:
                _tried(schedule.enqueue_due_tasks)
                rounds_at = time.monotonic() + ROUNDS_SECONDS
            is_busy = any([crew.take_what_is_due() for crew in crews])
            if once and not is_busy:
                break
            stop.wait(SHORTEST_PAUSE)
            bell.wait(POLL_SECONDS if once else pause)
        for crew in crews:
            crew.end()
        bell.close()


class _Crew:
    """Threads for one kind of job."""

    def __init__(self, threads: int, bell: JobListener, *, calling: bool):
        self._threads = threads
        self._calling = calling
        self._bell = bell
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="call" if calling else "job")
        self._working: set[int] = set()

    def take_what_is_due(self) -> bool:
        """Hand it to idle threads; whether there is anything to do."""
        idle = self._threads - len(self._working)
        if idle > 0:
            # With workers, only what none of them took.
            lost = jobs.LOST_AFTER if settings.REDIS_URL else timedelta(0)
            # Those that were handed over and not begun yet are due as well.
            most = self._threads + idle
            due = _tried(lambda: jobs.due_ids(most, calling=self._calling, waiting_for=lost))
            new = [job_id for job_id in due or [] if job_id not in self._working]
            for job_id in new[:idle]:
                self._working.add(job_id)
                self._pool.submit(self._run, job_id)
        return bool(self._working)

    def end(self) -> None:
        """Let what is at work end."""
        self._pool.shutdown()

    def _run(self, job_id: int) -> None:
        try:
            jobs.run(job_id)
        except Exception:
            logger.exception("job %d could not be run", job_id)
        finally:
            jobs.forget_connections()
            self._working.discard(job_id)
            # There is a thread again, and maybe something that waited for it.
            self._bell.ring()


def _tried(ask: Callable[[], Any]) -> Any:
    """Ask the database; None when it does not answer, and the next turn asks again."""
    try:
        return ask()
    except Exception:
        logger.exception("the queue could not be read; trying again")
        jobs.forget_connections()
        return None

"""`manage.py run_jobs`: the embedded loop that does what the durable queue holds."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import jobs, rounds

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
SWEEP_SECONDS = 15.0
ROUNDS_SECONDS = 60.0


class Command(BaseCommand):
    """Run due jobs until told to stop."""

    help = (
        "Runs due jobs until it is told to stop. With REDIS_URL, Celery workers do the work and this "
        "loop only picks up what was lost on the way; without, it does everything."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the number of threads."""
        parser.add_argument(
            "--threads", type=int, default=2, help="jobs at the same time (default 2)"
        )
        parser.add_argument("--once", action="store_true", help="run what is due now, then end")

    def handle(self, *args: Any, threads: int, once: bool, **options: Any) -> None:
        """Loop: find what is due, hand it to the threads, wait."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        for task in settings.JOBS_AT_START:
            jobs.enqueue(task, unique_key=task)
        pause = SWEEP_SECONDS if settings.REDIS_URL else POLL_SECONDS
        working: set[int] = set()
        rounds_at = 0.0
        with ThreadPoolExecutor(threads, thread_name_prefix="job") as pool:
            while not stop.is_set():
                if time.monotonic() >= rounds_at:
                    self._tried(rounds.begin_due)
                    rounds_at = time.monotonic() + ROUNDS_SECONDS
                ids = [
                    job_id for job_id in self._tried(jobs.due_ids) or [] if job_id not in working
                ]
                for job_id in ids:
                    working.add(job_id)
                    pool.submit(self._run, job_id, working)
                if once and not ids and not working:
                    return
                stop.wait(0.05 if once else pause)

    def _tried(self, ask: Callable[[], Any]) -> Any:
        """Ask the database; None when it does not answer, and the next turn asks again."""
        try:
            return ask()
        except Exception:
            logger.exception("the queue could not be read; trying again")
            jobs.forget_connections()
            return None

    def _run(self, job_id: int, working: set[int]) -> None:
        try:
            jobs.run(job_id)
        except Exception:
            logger.exception("job %d could not be run", job_id)
        finally:
            jobs.forget_connections()
            working.discard(job_id)
